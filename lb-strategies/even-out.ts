/**
 * Brings PEs that are a little above a limit below it, where no object is of the right size to be simply moved: by
 * exchanging an object for a smaller one of another PE.
 *
 * For the heaviest PE above the limit, the lightest PEs are looked at. Of all moves and exchanges that leave it and its
 * partner below the limit, the one that adds the fewest external bytes is made; if there is none, the one that takes
 * off the most. Where that gets nowhere, because PEs hold objects of very different sizes, the excess is passed on: to
 * a PE that it talks to, which may be above the limit after it, but is less so than the heaviest was.
 *
 * Every step lowers the sum of the squares of loads, by a least amount, so it ends.
 */
import type { Affinity } from './affinity.ts';
import { IndexedHeap } from './indexed-heap.ts';
import { objectsByPe, type Placement } from './placement.ts';

export interface EvenOutBounds {
  /** In seconds. */
  readonly limit: number;
  readonly migrationsMax: number;
  /** PEs looked at for one step. */
  readonly partnersMax: number;
  readonly stepsMax: number;
  readonly looksMax: number;
}

/** @returns whether no available PE with movable objects is left above the limit. */
export function evenOut(affinity: Affinity, bounds: EvenOutBounds): boolean {
  return new Evener(affinity, bounds).run();
}

interface Step {
  readonly give: number;
  readonly take: number;
  readonly to: number;
  /** Seconds the heaviest is above the limit after it; 0 or less is enough. */
  readonly left: number;
  readonly bytes: number;
}

class Evener {
  readonly #affinity: Affinity;
  readonly #placement: Placement;
  readonly #bounds: EvenOutBounds;
  readonly #limit: number;
  readonly #members: Set<number>[];
  readonly #takes: (readonly number[] | undefined)[];
  readonly #heavy: IndexedHeap;
  readonly #light: IndexedHeap;
  #best: Step | undefined;
  #looks = 0;

  constructor(affinity: Affinity, bounds: EvenOutBounds) {
    const { placement } = affinity;
    this.#affinity = affinity;
    this.#placement = placement;
    this.#bounds = bounds;
    this.#limit = bounds.limit;
    const { offset, object } = objectsByPe(placement.peCount, placement.at);
    this.#members = Array.from(
      { length: placement.peCount },
      (_, pe) => new Set(object.subarray(offset[pe]!, offset[pe + 1]!)),
    );
    this.#takes = new Array<readonly number[] | undefined>(placement.peCount).fill(undefined);
    this.#heavy = new IndexedHeap(placement.peCount);
    this.#light = new IndexedHeap(placement.peCount);
    for (let pe = 0; pe < placement.peCount; pe++) this.#classify(pe);
  }

  run(): boolean {
    for (let step = 0; step < this.#bounds.stepsMax && this.#looks < this.#bounds.looksMax; step++) {
      const donor = this.#heavy.peek();
      if (donor === -1) return true;
      this.#best = undefined;
      for (const pe of this.#partners(donor)) this.#consider(donor, pe);
      const best = this.#isWorthIt(donor) ? this.#best : this.#passedOn(donor);
      if (best === undefined) return false;
      this.#move(best.give, donor, best.to);
      if (best.take !== -1) this.#move(best.take, best.to, donor);
      this.#classify(donor);
      this.#classify(best.to);
    }
    return this.#heavy.size === 0;
  }

  /** Whether the best step does, or does at least a tenth of what is needed. */
  #isWorthIt(donor: number): boolean {
    const excess = this.#placement.load[donor]! - this.#limit;
    return this.#best !== undefined && this.#best.left <= 0.9 * excess;
  }

  /** The step that leaves the larger of the two loads least, of those with PEs that the donor talks to. */
  #passedOn(donor: number): Step | undefined {
    const { load, work, isMigratable, isAvailable } = this.#placement;
    const fallback = this.#best;
    let best: Step | undefined;
    let least = load[donor]! - 1e-6 * this.#limit;
    for (const to of this.#neighbours(donor)) {
      if (isAvailable[to] === 0 || load[to]! >= least) continue;
      const takes = this.#takesOf(to);
      this.#looks += this.#members[donor]!.size;
      for (const give of this.#members[donor]!) {
        if (isMigratable[give] === 0) continue;
        const half = ((load[donor]! - load[to]!) * this.#placement.speed[donor]!) / 2;
        const near = firstAtLeast(takes, work, work[give]! - half);
        for (let i = Math.max(0, near - 1); i <= Math.min(near, takes.length - 1); i++) {
          const take = takes[i]!;
          const larger = this.#largerAfter(donor, give, to, take);
          if (larger >= least || !this.#isAllowed(give, donor, to, take)) continue;
          least = larger;
          best = { give, take, to, left: larger - this.#limit, bytes: 0 };
        }
      }
    }
    return best ?? fallback;
  }

  #largerAfter(donor: number, give: number, to: number, take: number): number {
    const { load, work, speed } = this.#placement;
    const difference = work[give]! - work[take]!;
    return Math.max(load[donor]! - difference / speed[donor]!, load[to]! + difference / speed[to]!);
  }

  /** PEs that a PE talks to, the lightest of them. */
  #neighbours(donor: number): number[] {
    const { offset, neighbour } = this.#affinity.graph;
    const { at, load } = this.#placement;
    const pes = new Set<number>();
    for (const object of this.#members[donor]!) {
      for (let i = offset[object]!; i < offset[object + 1]!; i++) pes.add(at[neighbour[i]!]!);
    }
    pes.delete(donor);
    return [...pes].sort((a, b) => load[a]! - load[b]! || a - b).slice(0, 2 * this.#bounds.partnersMax);
  }

  /** What a PE could give in exchange, smallest first. Kept until its members change. */
  #takesOf(pe: number): readonly number[] {
    const known = this.#takes[pe];
    if (known !== undefined) return known;
    const { work, isMigratable } = this.#placement;
    const takes: number[] = [];
    for (const object of this.#members[pe]!) if (isMigratable[object] === 1) takes.push(object);
    takes.sort((a, b) => work[a]! - work[b]! || a - b);
    this.#takes[pe] = takes;
    return takes;
  }

  #move(object: number, from: number, to: number): void {
    this.#members[from]!.delete(object);
    this.#members[to]!.add(object);
    this.#takes[from] = undefined;
    this.#takes[to] = undefined;
    this.#affinity.move(object, to);
  }

  #classify(pe: number): void {
    const { load, isAvailable } = this.#placement;
    if (isAvailable[pe] === 0) return;
    if (load[pe]! > this.#limit * (1 + 1e-12)) {
      this.#heavy.set(pe, -load[pe]!);
      this.#light.remove(pe);
    } else {
      this.#heavy.remove(pe);
      this.#light.set(pe, load[pe]!);
    }
  }

  /** The lightest PEs, lightest first. */
  #partners(donor: number): number[] {
    const found: number[] = [];
    const keys: number[] = [];
    while (found.length < this.#bounds.partnersMax && this.#light.size > 0) {
      keys.push(this.#light.keyOf(this.#light.peek()));
      found.push(this.#light.pop());
    }
    for (let i = 0; i < found.length; i++) this.#light.set(found[i]!, keys[i]!);
    return found.filter((pe) => pe !== donor);
  }

  #consider(donor: number, to: number): void {
    const { work, load, speed, isMigratable } = this.#placement;
    const takes = this.#takesOf(to);
    const takeBytes = takes.map((object) => this.#affinity.internal[object]! - this.#affinity.between(object, donor));
    const room = (this.#limit - load[to]!) * speed[to]!;
    this.#looks += this.#members[donor]!.size;
    const need = (load[donor]! - this.#limit) * speed[donor]!;
    for (const give of this.#members[donor]!) {
      if (isMigratable[give] === 0) continue;
      const giveBytes = this.#affinity.internal[give]! - this.#affinity.between(give, to);
      if (work[give]! <= room && this.#isAllowed(give, donor, to, -1)) this.#offer(donor, give, -1, to, giveBytes);
      // From the exchange that takes off the most to the first that is not enough: later ones are worse.
      for (let i = firstAtLeast(takes, work, work[give]! - room); i < takes.length; i++) {
        const take = takes[i]!;
        if (work[take]! >= work[give]!) break;
        if (!this.#isAllowed(give, donor, to, take)) continue;
        this.#offer(donor, give, take, to, giveBytes + takeBytes[i]!);
        if (work[give]! - work[take]! < need) break;
      }
    }
  }

  #isAllowed(give: number, donor: number, to: number, take: number): boolean {
    const { home, migrations } = this.#placement;
    let added = home[give] === donor ? 1 : home[give] === to ? -1 : 0;
    if (take !== -1) added += home[take] === to ? 1 : home[take] === donor ? -1 : 0;
    return added <= 0 || migrations + added <= this.#bounds.migrationsMax;
  }

  #offer(donor: number, give: number, take: number, to: number, bytes: number): void {
    const { work, load, speed } = this.#placement;
    const off = (work[give]! - (take === -1 ? 0 : work[take]!)) / speed[donor]!;
    const left = Math.max(0, load[donor]! - off - this.#limit * (1 + 1e-12));
    const best = this.#best;
    // Steps that take off next to nothing would go on for ever.
    if (off < 1e-6 * this.#limit && left > 0) return;
    if (best !== undefined && (left > best.left || (left === best.left && bytes >= best.bytes))) return;
    this.#best = { give, take, to, left, bytes };
  }
}

function firstAtLeast(sorted: readonly number[], work: Float64Array, least: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (work[sorted[middle]!]! >= least) high = middle;
    else low = middle + 1;
  }
  return low;
}
