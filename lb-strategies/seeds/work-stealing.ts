/**
 * Seeds stay where they are created, and PEs with nothing to do ask for some.
 *
 *  1. An idle PE asks one other PE, drawn at random from those that it may ask.
 *  2. One that has at least two seeds gives the older half of them: near the root of a tree search these are the large ones.
 *  3. One that has fewer says so, and remembers the hungry PE; who then asks the next one, but this one no more.
 *  4. As soon as a PE has two seeds, it gives to one of the hungry PEs that it remembers, and forgets it. The hungry PE may
 *     ask it again from then on.
 *
 * So between two gifts a PE asks every other one at most once: an idle job sends nothing, and nobody needs a timer.
 *
 * Not handled: a hungry PE that has found work elsewhere is remembered nevertheless, and may be given seeds that it
 * does not need.
 */
import type { SeedBalancer, SeedHost, SeedStrategy } from '../../core/balance/seed-balancer.ts';

const Word = { ask: 0, none: 1, given: 2 } as const;
/** Nobody gives its last seed: a PE without seeds would soon ask for it back, and among idle PEs it would wander for ever. */
const seedsToShare = 2;
const nobody = -1;

class WorkStealing implements SeedBalancer {
  readonly #host: SeedHost;
  /** PEs that do not remember us. */
  readonly #askable: number[];
  /** PEs that we remember. */
  readonly #hungry: number[] = [];
  #asked = nobody;

  constructor(host: SeedHost) {
    this.#host = host;
    this.#askable = Array.from({ length: host.pes }, (_, pe) => pe).filter((pe) => pe !== host.pe);
  }

  place(): number {
    return this.#host.pe;
  }

  idle(): void {
    if (this.#asked !== nobody || this.#askable.length === 0) return;
    this.#asked = this.#draw(this.#askable);
    this.#host.tell(this.#asked, Word.ask, 0);
  }

  receive(from: number, word: number): void {
    if (word === Word.ask) {
      if (this.#host.seeds >= seedsToShare) return this.#giveHalf(from);
      this.#hungry.push(from);
      this.#host.tell(from, Word.none, 0);
      return;
    }
    if (from === this.#asked) this.#asked = nobody;
    if (word === Word.given) this.#askable.push(from);
  }

  changed(): void {
    if (this.#hungry.length > 0 && this.#host.seeds >= seedsToShare) this.#giveHalf(this.#draw(this.#hungry));
  }

  #giveHalf(to: number): void {
    this.#host.give(this.#host.seeds >> 1, to);
    this.#host.tell(to, Word.given, 0);
  }

  #draw(list: number[]): number {
    const i = Math.floor(this.#host.random.next() * list.length);
    const drawn = list[i]!;
    list[i] = list[list.length - 1]!;
    list.pop();
    return drawn;
  }
}

export const workStealing: SeedStrategy = (host) => new WorkStealing(host);
