/**
 * Calibration `denque-loop`: what a message between objects of one thread costs with nothing but a queue.
 *
 * A ring of 1,024 plain objects, 64 messages in flight: shift a message, call the receiver, which pushes the next.
 * No proxies, no priorities, no counting, no error handling. Milliseconds per message.
 */
import Denque from 'denque';
import type { Calibration } from '../sampling.ts';

export const ringSize = 1024;
export const tokenCount = 64;

interface Message {
  readonly to: Receiver;
  readonly hopsLeft: number;
}

class Receiver {
  readonly index: number;
  readonly #ring: readonly Receiver[];
  readonly #queue: Denque<Message>;

  constructor(index: number, ring: readonly Receiver[], queue: Denque<Message>) {
    this.index = index;
    this.#ring = ring;
    this.#queue = queue;
  }

  pass(hopsLeft: number): void {
    if (hopsLeft === 0) return;
    this.#queue.push({ to: this.#ring[(this.index + 1) % ringSize]!, hopsLeft: hopsLeft - 1 });
  }
}

const queue = new Denque<Message>();
const ring: Receiver[] = [];
for (let index = 0; index < ringSize; index++) ring.push(new Receiver(index, ring, queue));

function run(count: number): number {
  const start = performance.now();
  const hops = count / tokenCount - 1;
  for (let token = 0; token < tokenCount; token++) {
    queue.push({ to: ring[(token * ringSize) / tokenCount]!, hopsLeft: hops });
  }
  for (let message = queue.shift(); message !== undefined; message = queue.shift()) message.to.pass(message.hopsLeft);
  return performance.now() - start;
}

export const denqueLoop: Calibration = { name: 'denque-loop', step: tokenCount, run };
