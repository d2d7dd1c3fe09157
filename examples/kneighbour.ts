/**
 * K-neighbour: each chare of a ring exchanges messages with its k nearest neighbours on either side, again and again.
 * It is how the cost of communication is measured where there is little to compute.
 *
 * A chare has a channel to each of its 2k neighbours. In each iteration it sends its value into all of them, takes one
 * value of each in whatever order they come, and adds them to its own. Neighbours can be up to one iteration
 * ahead of each other; channels keep that apart.
 *
 * Values are counted modulo a prime. Each goes into 2k + 1 new ones, so the total after n iterations is the first times
 * (2k + 1)^n: any message lost, doubled or taken for another iteration's shows.
 */
import { type Callback, Chare, type Charm, Reducer, readonly } from 'charm4ts';
import { settingsFrom } from './support/settings.ts';

const defaults = { elements: 16, k: 3, iterations: 200, bytes: 64 };
/** Chares, neighbours on either side, iterations, and bytes of a message. */
export const settings = readonly<typeof defaults>();

/** Small enough that a sum of products stays exact. */
const prime = 1_000_003;

export class Node extends Chare<number> {
  async run(total: Callback<number>): Promise<void> {
    const { elements, k, iterations, bytes } = this.charm.get(settings);
    const near = Array.from({ length: 2 * k }, (_, i) => (i < k ? i - k : i - k + 1));
    const neighbours = near.map((offset) =>
      this.channel<Float64Array>(this.array.at((this.index + offset + elements) % elements)),
    );
    let value = this.index;
    for (let i = 0; i < iterations; i++) {
      const message = new Float64Array(Math.max(1, bytes / 8)).fill(value);
      for (const neighbour of neighbours) neighbour.send(message);
      const received = await Promise.all(neighbours.map((neighbour) => neighbour.recv()));
      for (const [theirs] of received) value += theirs!;
      value %= prime;
    }
    this.contribute(value, Reducer.sum, total);
  }
}

function powerModPrime(base: number, exponent: number): number {
  let power = 1;
  for (let i = 0; i < exponent; i++) power = (power * base) % prime;
  return power;
}

export default async function main(charm: Charm): Promise<void> {
  const { elements, k, iterations, bytes } = settingsFrom(charm.args, defaults);
  if (elements <= 2 * k) return charm.abort(`${k} neighbours on either side need more than ${2 * k} elements`);
  charm.set(settings, { elements, k, iterations, bytes });
  const ring = await charm.array(Node, { size: elements });
  const total = charm.future<number>();
  const start = charm.now();
  ring.all.run(total);
  const found = (await total.get()) % prime;
  const micros = ((charm.now() - start) * 1e6) / iterations;
  const perMessage = micros / (elements * 2 * k);
  console.log(`${iterations} iterations of ${elements} elements with ${2 * k} neighbours, the total is ${found}`);
  console.log(`${micros.toFixed(0)} us per iteration, ${perMessage.toFixed(2)} us per message`);
  const first = (elements * (elements - 1)) / 2;
  const expected = ((first % prime) * powerModPrime(2 * k + 1, iterations)) % prime;
  if (found !== expected) return charm.abort(`the total must be ${expected}`);
  charm.exit();
}
