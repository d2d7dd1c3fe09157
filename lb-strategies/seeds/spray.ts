/**
 * Every PE knows the average load of all, and sends new seeds to a random PE while its own load is well above it.
 *
 *  1. Each PE knows the load (messages that wait) of its subtree in a binary tree, and tells its parent when that has
 *     changed by a quarter, but at most once a period; an idle PE at once.
 *  2. PE 0 so knows the sum. When the average has changed by a quarter it goes down the tree.
 *  3. A seed stays unless the load here is 1.2 · (average + 10) or more.
 *
 * The average is a little old, and it may be missing the last small changes: nobody polls.
 */
import type { SeedBalancer, SeedHost, SeedStrategy } from '../../core/balance/seed-balancer.ts';

const Word = { subtree: 0, average: 1 } as const;
const periodMs = 1;
const loadsSpared = 10;
const overload = 1.2;
/** A change of a load below this is not told. */
const changeMin = 2;

class Spray implements SeedBalancer {
  readonly #host: SeedHost;
  readonly #parent: number;
  readonly #children: readonly number[];
  readonly #subtrees: number[];
  #average = 0;
  /** What the parent (on PE 0: the children) was told last. */
  #told = 0;
  #toldAt: number;

  constructor(host: SeedHost) {
    this.#host = host;
    this.#parent = (host.pe - 1) >> 1;
    this.#children = [2 * host.pe + 1, 2 * host.pe + 2].filter((child) => child < host.pes);
    this.#subtrees = this.#children.map(() => 0);
    this.#toldAt = host.now();
  }

  place(): number {
    const { pe, pes, load, random } = this.#host;
    return load < overload * (this.#average + loadsSpared) ? pe : Math.floor(random.next() * pes);
  }

  changed(): void {
    if (this.#isMuch(this.#subtree()) && this.#host.now() - this.#toldAt >= periodMs) this.#tell();
  }

  idle(): void {
    if (this.#isMuch(this.#subtree())) this.#tell();
  }

  receive(from: number, word: number, value: number): void {
    if (word === Word.average) return this.#learn(value);
    this.#subtrees[this.#children.indexOf(from)] = value;
    this.changed();
  }

  #subtree(): number {
    return this.#subtrees.reduce((sum, load) => sum + load, this.#host.load);
  }

  #isMuch(sum: number): boolean {
    return Math.abs(sum - this.#told) >= Math.max(changeMin, this.#told / 4);
  }

  #tell(): void {
    const sum = this.#subtree();
    this.#told = sum;
    this.#toldAt = this.#host.now();
    if (this.#host.pe === 0) this.#learn(sum / this.#host.pes);
    else this.#host.tell(this.#parent, Word.subtree, sum);
  }

  #learn(average: number): void {
    this.#average = average;
    for (const child of this.#children) this.#host.tell(child, Word.average, average);
  }
}

export const spray: SeedStrategy = (host) => new Spray(host);
