/**
 * Refinement by load alone, as RefineLB of the original does it, in O((N + moves) log N) a try.
 *
 * 1. A PE is heavy above tolerance·ideal load, light below the ideal. Unavailable PEs are heavy while they hold
 *    anything movable.
 * 2. The heaviest gives the largest object that fits some light PE below the tolerance; that PE takes it.
 * 3. No heavy PE left: the try succeeded. Nothing fits: it failed.
 * 4. Tolerances are tried from `start` in steps of 0.01: the least first, then by bisection, each time from the
 *    measured placement. The answer is the try with the least maximum, fewest migrations among equals.
 *
 * Invariant: a donor never receives in the same try (light is below the ideal, and a receiver stays below the
 * tolerance), so each donor's objects are sorted once and only ever taken off.
 */
import { IndexedHeap } from './indexed-heap.ts';
import { largestFirstByPe, type ObjectsByPe, type Placement } from './placement.ts';
import { RoomTree } from './room-tree.ts';

const toleranceStep = 0.01;

/** Changes `placement` (which must be as measured). */
export function refineLoad(placement: Placement, toleranceStart: number): void {
  if (placement.idealLoad === 0 && placement.objectCount === 0) return;
  const sorted = largestFirstByPe(placement);
  const measured = placement.at.slice();
  let low = 0;
  let high = Math.trunc((placement.maxLoad() / placement.idealLoad - toleranceStart) / toleranceStep + 1);
  const attempt = (index: number): boolean => {
    placement.become(measured);
    return new LoadRefiner(placement, sorted, (toleranceStart + index * toleranceStep) * placement.idealLoad).run();
  };
  if (attempt(0)) return;
  let best = new Candidate(placement);
  if (Number.isFinite(high)) {
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (attempt(middle)) high = middle;
      else low = middle;
      best = best.orBetter(placement);
    }
  }
  placement.become(best.at);
}

/** What a try came to. */
class Candidate {
  readonly at: Int32Array;
  readonly max: number;
  readonly migrations: number;
  readonly stranded: number;

  constructor(placement: Placement) {
    this.at = placement.at.slice();
    this.max = placement.maxLoad();
    this.migrations = placement.migrations;
    this.stranded = strandedCount(placement);
  }

  /** The later of two equals: a larger tolerance that gives the same maximum needs fewer migrations. */
  orBetter(placement: Placement): Candidate {
    const other = new Candidate(placement);
    if (other.stranded !== this.stranded) return other.stranded < this.stranded ? other : this;
    const slack = 1e-9 * this.max;
    if (other.max > this.max + slack) return this;
    return other.max < this.max - slack || other.migrations <= this.migrations ? other : this;
  }
}

/** Migratable objects left on unavailable PEs. */
function strandedCount({ at, isAvailable, isMigratable }: Placement): number {
  let count = 0;
  for (let object = 0; object < at.length; object++) {
    if (isAvailable[at[object]!] === 0 && isMigratable[object] === 1) count++;
  }
  return count;
}

/** One try at one tolerance. */
class LoadRefiner {
  readonly #placement: Placement;
  readonly #sorted: ObjectsByPe;
  readonly #limit: number;
  readonly #light: RoomTree;
  readonly #heavy: IndexedHeap;
  /** Donors with objects that did not fit when looked at, and may fit later: where their list begins. */
  readonly #first: Int32Array;
  readonly #nextUntaken: Int32Array;

  constructor(placement: Placement, sorted: ObjectsByPe, limit: number) {
    this.#placement = placement;
    this.#sorted = sorted;
    this.#limit = limit;
    this.#light = new RoomTree(placement.peCount);
    this.#heavy = new IndexedHeap(placement.peCount);
    this.#first = sorted.offset.slice();
    this.#nextUntaken = new Int32Array(sorted.object.length + 1);
    for (let i = 0; i < this.#nextUntaken.length; i++) this.#nextUntaken[i] = i;
    for (let pe = 0; pe < placement.peCount; pe++) this.#classify(pe);
  }

  run(): boolean {
    for (;;) {
      const donor = this.#heavy.peek();
      if (donor === -1) return true;
      const position = this.#largestThatFits(donor);
      if (position === -1) {
        if (this.#placement.isAvailable[donor] === 1) return false;
        // The rest of an unavailable PE is pinned, or too large for the tolerance; then it goes where it hurts least.
        if (!this.#dump(donor)) this.#heavy.remove(donor);
        continue;
      }
      const object = this.#sorted.object[position]!;
      this.#take(position);
      this.#give(object, donor, this.#light.lastWithAtLeast(this.#placement.work[object]!));
    }
  }

  #give(object: number, from: number, to: number): void {
    this.#placement.move(object, to);
    this.#classify(from);
    this.#classify(to);
  }

  #classify(pe: number): void {
    const { load, speed, isAvailable, idealLoad } = this.#placement;
    const limit = this.#limit;
    if (isAvailable[pe] === 0) {
      if (this.#firstMovable(pe) === -1) this.#heavy.remove(pe);
      else this.#heavy.set(pe, Number.NEGATIVE_INFINITY);
      return;
    }
    if (load[pe]! > limit) this.#heavy.set(pe, -load[pe]!);
    else this.#heavy.remove(pe);
    this.#light.set(pe, load[pe]! < idealLoad ? (limit - load[pe]!) * speed[pe]! : Number.NEGATIVE_INFINITY);
  }

  /** Position of the donor's largest migratable object with room on some light PE. */
  #largestThatFits(donor: number): number {
    const { work, isMigratable } = this.#placement;
    const room = this.#light.largest;
    const end = this.#sorted.offset[donor + 1]!;
    let position = this.#firstAtMost(donor, room);
    while (position < end) {
      const object = this.#sorted.object[position]!;
      if (isMigratable[object] === 1) return work[object] === 0 ? -1 : position;
      this.#take(position);
      position = this.#untaken(position);
    }
    return -1;
  }

  #firstMovable(pe: number): number {
    const end = this.#sorted.offset[pe + 1]!;
    for (let i = this.#untaken(this.#sorted.offset[pe]!); i < end; i = this.#untaken(i + 1)) {
      if (this.#placement.isMigratable[this.#sorted.object[i]!] === 1) return i;
      this.#take(i);
    }
    return -1;
  }

  /** By bisection: the list is sorted. */
  #firstAtMost(donor: number, room: number): number {
    const { work } = this.#placement;
    let low = this.#first[donor]!;
    let high = this.#sorted.offset[donor + 1]!;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (work[this.#sorted.object[middle]!]! <= room) high = middle;
      else low = middle + 1;
    }
    return this.#untaken(low);
  }

  #take(position: number): void {
    this.#nextUntaken[position] = position + 1;
  }

  /** First position from here on that was not taken, with path halving. May be in the list of the next PE. */
  #untaken(from: number): number {
    const next = this.#nextUntaken;
    let position = from;
    while (next[position] !== position) {
      next[position] = next[next[position]!]!;
      position = next[position]!;
    }
    return position;
  }

  /** Takes one object off an unavailable PE, to where the load is then least. */
  #dump(donor: number): boolean {
    const position = this.#firstMovable(donor);
    if (position === -1) return false;
    const { load, isAvailable, peCount } = this.#placement;
    const object = this.#sorted.object[position]!;
    let best = -1;
    let bestLoad = Number.POSITIVE_INFINITY;
    for (let pe = 0; pe < peCount; pe++) {
      const after = load[pe]! + this.#placement.sizeOn(object, pe);
      if (isAvailable[pe] === 1 && after < bestLoad) [best, bestLoad] = [pe, after];
    }
    if (best === -1) return false;
    this.#take(position);
    this.#give(object, donor, best);
    return true;
  }
}
