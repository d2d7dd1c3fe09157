/**
 * Brings PEs that are a little above a limit below it, where no object is of the right size to be simply moved: by
 * exchanging an object for a smaller one of a lighter PE.
 *
 * For the heaviest PE above the limit, light PEs are looked at, the lightest and those it talks to. Of all moves and
 * exchanges that leave it and its partner below the limit, the one that adds the fewest external bytes is made; if
 * there is none, the one that takes off the most. Every step lowers the load of the heaviest and keeps its partner
 * below what the heaviest had, so it ends.
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
  readonly #heavy: IndexedHeap;
  readonly #light: IndexedHeap;
  #best: Step | undefined;

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
    this.#heavy = new IndexedHeap(placement.peCount);
    this.#light = new IndexedHeap(placement.peCount);
    for (let pe = 0; pe < placement.peCount; pe++) this.#classify(pe);
  }

  run(): boolean {
    for (let step = 0; step < this.#bounds.stepsMax; step++) {
      const donor = this.#heavy.peek();
      if (donor === -1) return true;
      this.#best = undefined;
      for (const pe of this.#partners(donor)) this.#consider(donor, pe);
      const best = this.#best as Step | undefined;
      if (best === undefined) return false;
      this.#move(best.give, donor, best.to);
      if (best.take !== -1) this.#move(best.take, best.to, donor);
      this.#classify(donor);
      this.#classify(best.to);
    }
    return this.#heavy.size === 0;
  }

  #move(object: number, from: number, to: number): void {
    this.#members[from]!.delete(object);
    this.#members[to]!.add(object);
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
    const takes = [...this.#members[to]!].filter((object) => isMigratable[object] === 1);
    takes.sort((a, b) => work[a]! - work[b]! || a - b);
    const takeBytes = takes.map((object) => this.#affinity.internal[object]! - this.#affinity.between(object, donor));
    const room = (this.#limit - load[to]!) * speed[to]!;
    for (const give of this.#members[donor]!) {
      if (isMigratable[give] === 0) continue;
      const giveBytes = this.#affinity.internal[give]! - this.#affinity.between(give, to);
      if (work[give]! <= room && this.#isAllowed(give, donor, to, -1)) this.#offer(donor, give, -1, to, giveBytes);
      for (let i = firstAtLeast(takes, work, work[give]! - room); i < takes.length; i++) {
        const take = takes[i]!;
        if (work[take]! >= work[give]!) break;
        if (!this.#isAllowed(give, donor, to, take)) continue;
        this.#offer(donor, give, take, to, giveBytes + takeBytes[i]!);
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
    if (off < 1e-7 * this.#limit && left > 0) return;
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
