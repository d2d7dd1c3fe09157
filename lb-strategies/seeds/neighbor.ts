/**
 * Seeds stay where they are created until a few neighbours turn out to have fewer.
 *
 *  1. Each PE tells its neighbours how many seeds it has: when that has changed by a quarter, but at most once a period;
 *     and at once when it has become idle. So an idle job says nothing.
 *  2. A PE that has more than the average of its neighbourhood gives the surplus to the neighbours below the average, as
 *     much as each of them lacks, at most once a period; but at once to one that is idle.
 *
 * Neighbours: the PEs before and after, and those a row before and after when PEs are laid out in rows of the square root of
 * their number.
 */
import type { SeedBalancer, SeedHost, SeedStrategy } from '../../core/balance/seed-balancer.ts';

const Word = { load: 0 } as const;
const periodMs = 1;
/** A change below this is not told. */
const changeMin = 4;

class Neighbor implements SeedBalancer {
  readonly #host: SeedHost;
  readonly #neighbors: readonly number[];
  /** Seeds of each neighbour, as far as known. */
  readonly #loads: number[];
  #told = 0;
  /** Seeds have come or gone since the neighbours were told that there are none. */
  #hasNews = false;
  #toldAt: number;
  #balancedAt: number;

  constructor(host: SeedHost) {
    this.#host = host;
    this.#neighbors = neighborsOf(host.pe, host.pes);
    this.#loads = this.#neighbors.map(() => 0);
    this.#toldAt = host.now();
    this.#balancedAt = this.#toldAt;
  }

  place(): number {
    return this.#host.pe;
  }

  changed(): void {
    this.#hasNews = true;
    const { seeds } = this.#host;
    const isMuch = Math.abs(seeds - this.#told) >= Math.max(changeMin, this.#told / 4);
    if (!isMuch && !(seeds > 1 && this.#loads.includes(0))) return;
    const now = this.#host.now();
    if (isMuch && now - this.#toldAt >= periodMs) {
      this.#toldAt = now;
      this.#tell(seeds);
    }
    if (now - this.#balancedAt < periodMs && !this.#loads.includes(0)) return;
    this.#balancedAt = now;
    this.#balance();
  }

  idle(): void {
    if (!this.#hasNews) return;
    this.#hasNews = false;
    this.#tell(0);
  }

  receive(from: number, _word: number, seeds: number): void {
    this.#loads[this.#neighbors.indexOf(from)] = seeds;
    if (seeds === 0) this.#balance();
  }

  #tell(seeds: number): void {
    this.#told = seeds;
    for (const neighbor of this.#neighbors) this.#host.tell(neighbor, Word.load, seeds);
  }

  #balance(): void {
    const { seeds } = this.#host;
    const average = this.#loads.reduce((sum, load) => sum + load, seeds) / (this.#loads.length + 1);
    let surplus = Math.floor(seeds - average);
    for (let i = 0; i < this.#loads.length && surplus > 0; i++) {
      const lacking = Math.min(surplus, Math.ceil(average - this.#loads[i]!));
      if (lacking <= 0) continue;
      const given = this.#host.give(lacking, this.#neighbors[i]!);
      this.#loads[i] = this.#loads[i]! + given;
      surplus -= given;
    }
  }
}

function neighborsOf(pe: number, pes: number): number[] {
  const row = Math.max(1, Math.round(Math.sqrt(pes)));
  const around = [1, -1, row, -row].map((step) => (((pe + step) % pes) + pes) % pes);
  return [...new Set(around)].filter((other) => other !== pe);
}

export const neighbor: SeedStrategy = (host) => new Neighbor(host);
