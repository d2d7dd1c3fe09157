/**
 * Fibonacci numbers by a tree of chares: each one makes two children and sends the sum of their answers to its
 * parent's callback. The children are seeds: they are made on any PE, and nobody waits for them.
 *
 *     charm4ts run examples/fib.ts --pes 2 -- 30
 */
import { type Callback, Chare, type Charm } from 'charm4ts';

/** Below this a chare computes alone: a message should carry more work than it costs. */
const sequentialBelow = 16;

export class Fib extends Chare {
  readonly #parent: Callback<number>;
  #sum = 0;
  #missing = 2;

  constructor(n: number, parent: Callback<number>) {
    super();
    this.#parent = parent;
    if (n < sequentialBelow) parent.send(fibonacci(n));
    else for (const child of [n - 1, n - 2]) this.charm.spawn(Fib, { args: [child, this.self.callback.add] });
  }

  add(part: number): void {
    this.#sum += part;
    this.#missing--;
    if (this.#missing === 0) this.#parent.send(this.#sum);
  }
}

function fibonacci(n: number): number {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

/** The n-th Fibonacci number by its closed form; exact up to n = 70. */
function closedForm(n: number): number {
  return Math.round(((1 + Math.sqrt(5)) / 2) ** n / Math.sqrt(5));
}

export default async function main(charm: Charm): Promise<void> {
  const n = Number(charm.args[0] ?? 27);
  const answer = charm.future<number>();
  charm.spawn(Fib, { args: [n, answer] });
  const found = await answer.get();
  console.log(`fib(${n}) = ${found}`);
  if (found !== closedForm(n)) charm.abort(`fib(${n}) is ${closedForm(n)}, not ${found}`);
  charm.exit();
}
