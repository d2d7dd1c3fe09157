/**
 * Completes what a runtime recorded. It records of an execution only the name of its message, since looking more up
 * would cost more than the message itself:
 *
 *  1. bytes and priority come from the send;
 *  2. the time of queueing is that of the send if it came from the same PE, else that of its arrival;
 *  3. the element and the PE to which a send went come from the execution.
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

export function complete(pes: readonly RecordedPe[]): void {
  const links = new MessageLinks({ pes: pes.map(({ trace }) => trace) });
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
      if (sends.kind[send] !== toOne || sends.to[send] !== none) continue;
      sends.to[send] = pe;
      // A result is sent for whoever waits, and has an entry method of its own.
      if (sends.entry[send] === entry[row]) sends.element[send] = element[row]!;
      if (Number.isNaN(enqueued[row]!) && source[row] === pe) enqueued[row] = Math.min(sends.time[send]!, begin[row]!);
    }
  }
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
