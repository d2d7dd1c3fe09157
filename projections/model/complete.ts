/**
 * Completes what a runtime recorded. It records of an execution only the name of its message, since looking more up
 * would cost more than the message itself:
 *
 *  1. bytes and priority come from the send;
 *  2. the time of queueing is that of the send if it came from the same PE, else that of its arrival;
 *  3. the element and the PE to which a send went come from the execution;
 *  4. the PEs of a multicast are those that executed it: the sender knows only the section.
 *
 * Cost: O(records).
 */
import type { Columns } from './columns.ts';
import { MessageLinks } from './links.ts';
import { none, type Schemas, sendKinds } from './schema.ts';
import type { PeTrace } from './trace.ts';

export type Arrivals = Columns<Schemas['arrivals']>;

export interface RecordedPe {
  readonly trace: PeTrace;
  readonly arrivals: Arrivals;
}

const toOne = sendKinds.indexOf('one');
const toSection = sendKinds.indexOf('multicast');

/** @returns the PEs, with what does not fit into the tables that were there. */
export function complete(pes: readonly RecordedPe[]): PeTrace[] {
  const links = new MessageLinks({ pes: pes.map(({ trace }) => trace) });
  const multicasts = new Map<number, Map<number, Set<number>>>();
  for (const { trace, arrivals } of pes) {
    const { pe, executions } = trace;
    const { source, message, element, entry, bytes, priority, enqueued, begin } = executions;
    const arrived = new ArrivalTimes(arrivals);
    for (let row = 0; row < source.length; row++) {
      if (message[row] === none) continue;
      const send = links.sendOf(source[row]!, message[row]!);
      const time = arrived.of(source[row]!, message[row]!);
      if (!Number.isNaN(time)) enqueued[row] = Math.min(time, begin[row]!);
      if (send === none) continue;
      const { sends } = links.pe(source[row]!)!;
      bytes[row] = sends.bytes[send]!;
      priority[row] = sends.priority[send]!;
      if (sends.kind[send] === toSection && sends.receivers[send] === 0)
        addReceiver(multicasts, source[row]!, send, pe);
      if (sends.kind[send] !== toOne || sends.to[send] !== none) continue;
      sends.to[send] = pe;
      // A result is sent for whoever waits, and has an entry method of its own.
      if (sends.entry[send] === entry[row]) sends.element[send] = element[row]!;
      if (Number.isNaN(enqueued[row]!) && source[row] === pe) enqueued[row] = Math.min(sends.time[send]!, begin[row]!);
    }
  }
  return pes.map(({ trace }) => withDestinations(trace, multicasts.get(trace.pe)));
}

function addReceiver(
  multicasts: Map<number, Map<number, Set<number>>>,
  source: number,
  send: number,
  receiver: number,
): void {
  const ofSource = multicasts.get(source) ?? new Map<number, Set<number>>();
  multicasts.set(source, ofSource);
  const receivers = ofSource.get(send);
  if (receivers === undefined) ofSource.set(send, new Set([receiver]));
  else receivers.add(receiver);
}

/** Behind the destinations that are there, those of each multicast of the PE, ascending. */
function withDestinations(trace: PeTrace, multicasts: ReadonlyMap<number, ReadonlySet<number>> | undefined): PeTrace {
  if (multicasts === undefined) return trace;
  const { sends, destinations } = trace;
  const pes = [...destinations.pe];
  for (const [send, receivers] of multicasts) {
    sends.to[send] = pes.length;
    sends.receivers[send] = receivers.size;
    pes.push(...[...receivers].sort((a, b) => a - b));
  }
  return { ...trace, destinations: { pe: Int32Array.from(pes) } };
}

/** Arrivals by the names of their messages: an open-addressing hash table, since there may be millions. */
class ArrivalTimes {
  readonly #arrivals: Arrivals;
  readonly #slots: Int32Array;
  readonly #mask: number;

  constructor(arrivals: Arrivals) {
    this.#arrivals = arrivals;
    const { source, message } = arrivals;
    let size = 8;
    while (size < source.length * 2) size *= 2;
    this.#slots = new Int32Array(size);
    this.#mask = size - 1;
    // The first arrival of a message counts.
    for (let row = 0; row < source.length; row++) {
      const slot = this.#find(source[row]!, message[row]!);
      if (this.#slots[slot] === 0) this.#slots[slot] = row + 1;
    }
  }

  of(source: number, message: number): number {
    const row = this.#slots[this.#find(source, message)]!;
    return row === 0 ? Number.NaN : this.#arrivals.time[row - 1]!;
  }

  #find(source: number, message: number): number {
    const { source: sources, message: messages } = this.#arrivals;
    let slot = (Math.imul(message, 0x9e3779b1) ^ Math.imul(source, 0x85ebca6b)) >>> 7;
    for (;;) {
      slot &= this.#mask;
      const row = this.#slots[slot]!;
      if (row === 0 || (messages[row - 1] === message && sources[row - 1] === source)) return slot;
      slot++;
    }
  }
}
