/**
 * Finds for every execution the send of its message.
 *
 * A message is named by its sender and a number that the sender counts. Numbers of a PE mostly ascend without gaps, so a
 * send is found by subtraction; where they do not, by a map. `linkMessages` also fills in where sends to one PE went, if
 * the recording did not know it.
 *
 * Links are not part of the trace: whoever needs them asks for `MessageLinks`. Cost: O(records), 4 B an execution.
 */
import { none, sendKinds } from './schema.ts';
import type { PeTrace, Sends, Trace } from './trace.ts';

const toOne = sendKinds.indexOf('one');

/** The row of the send with a number, among the sends of one PE. */
class SendIndex {
  readonly #numbers: Int32Array;
  /** Only where numbers do not ascend without gaps. */
  readonly #rows: Map<number, number> | undefined;

  constructor({ message }: Sends) {
    this.#numbers = message;
    const first = message[0] ?? 0;
    const isDense = message.every((number, row) => number === first + row);
    if (isDense) return;
    this.#rows = new Map();
    // The first send of a number counts.
    for (let row = message.length - 1; row >= 0; row--) if (message[row] !== none) this.#rows.set(message[row]!, row);
  }

  find(number: number): number {
    if (number === none) return none;
    if (this.#rows !== undefined) return this.#rows.get(number) ?? none;
    const row = number - (this.#numbers[0] ?? 0);
    return row >= 0 && row < this.#numbers.length ? row : none;
  }
}

export class MessageLinks {
  readonly #pes = new Map<number, { readonly trace: PeTrace; readonly sends: SendIndex }>();

  constructor(trace: Pick<Trace, 'pes'>) {
    for (const pe of trace.pes) this.#pes.set(pe.pe, { trace: pe, sends: new SendIndex(pe.sends) });
  }

  pe(pe: number): PeTrace | undefined {
    return this.#pes.get(pe)?.trace;
  }

  /** Row in the sends of PE `source`, or none if the message is not in the trace. */
  sendOf(source: number, message: number): number {
    return this.#pes.get(source)?.sends.find(message) ?? none;
  }

  /** Row of the execution of PE `pe` in which row `send` was sent, or none if it was sent outside. O(log executions). */
  senderOf(pe: number, send: number): number {
    const trace = this.#pes.get(pe)?.trace;
    if (trace === undefined) return none;
    const { firstSend, sends } = trace.executions;
    let low = 0;
    let high = firstSend.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (firstSend[middle]! <= send) low = middle + 1;
      else high = middle;
    }
    // Of executions with the same `firstSend` only the last one sent anything.
    const row = low - 1;
    return row >= 0 && send < firstSend[row]! + sends[row]! ? row : none;
  }
}

/** Fills `to` of sends to one PE where it is none, from the PEs that executed them. Changes the trace. */
export function linkMessages(trace: Pick<Trace, 'pes'>): MessageLinks {
  const links = new MessageLinks(trace);
  for (const { pe, executions } of trace.pes) {
    const { source, message, element } = executions;
    for (let row = 0; row < source.length; row++) {
      const sender = links.pe(source[row]!);
      const send = sender === undefined ? none : links.sendOf(source[row]!, message[row]!);
      if (sender === undefined || send === none) continue;
      const { sends } = sender;
      if (sends.kind[send] !== toOne || sends.to[send] !== none) continue;
      sends.to[send] = pe;
      sends.element[send] = element[row]!;
    }
  }
  return links;
}
