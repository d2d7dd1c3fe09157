/**
 * Messages whose sending and execution are both in a trace. Each gets a number from 1: a broadcast one for each execution,
 * since other formats know no message with several receivers.
 */
import { MessageLinks } from '../../model/links.ts';
import { none } from '../../model/schema.ts';
import type { Trace } from '../../model/trace.ts';

export class Flows {
  /** By PE: of each execution, its number; 0 for none. */
  readonly #ofExecution = new Map<number, Uint32Array>();
  /** By PE: of each sending, its last number; and for each number the one before of the same sending. */
  readonly #lastOfSend = new Map<number, Uint32Array>();
  readonly #before: number[] = [0];

  constructor(trace: Trace) {
    const links = new MessageLinks(trace);
    for (const { pe, sends } of trace.pes) this.#lastOfSend.set(pe, new Uint32Array(sends.time.length));
    for (const { pe, executions } of trace.pes) {
      const { source, message } = executions;
      const numbers = new Uint32Array(source.length);
      for (let row = 0; row < numbers.length; row++) {
        const send = message[row] === none ? none : links.sendOf(source[row]!, message[row]!);
        if (send === none) continue;
        const last = this.#lastOfSend.get(source[row]!)!;
        numbers[row] = this.#before.push(last[send]!) - 1;
        last[send] = numbers[row]!;
      }
      this.#ofExecution.set(pe, numbers);
    }
  }

  /** 0 for none. */
  ofExecution(pe: number, row: number): number {
    return this.#ofExecution.get(pe)![row]!;
  }

  /** Latest execution first. */
  ofSend(pe: number, row: number): number[] {
    const numbers: number[] = [];
    for (let flow = this.#lastOfSend.get(pe)![row]!; flow !== 0; flow = this.#before[flow]!) numbers.push(flow);
    return numbers;
  }
}
