/**
 * Refinement by load alone, as RefineLB of the original does it, in O((N + moves) log N) a try.
 *
 * 1. A PE is heavy above tolerance·ideal load, light below the ideal. Unavailable PEs are heavy while they hold
 *    anything movable.
 * 2. The heaviest gives the largest object that fits some light PE below the tolerance; that PE takes it.
 * 3. No heavy PE left: the try succeeded. Nothing fits: it failed.
 * 4. Tolerances are tried from `start` in steps of 0.01: the least first, then by bisection, each time from the
 *    measured placement. The answer is the successful try with the least maximum, or a failed one that is no worse
 *    in maximum and migrations.
 *
 * Invariant: a donor never receives in the same try (light is below the ideal, and a receiver stays below the
 * tolerance), so each donor's objects are sorted once and only ever taken off.
 */
import { IndexedHeap } from './indexed-heap.ts';
import { largestFirstByPe, type ObjectsByPe, type Placement } from './placement.ts';
import { RoomTree } from './room-tree.ts';

const toleranceStep = 0.01;

/** What a try came to. */
export interface RefinementTry {
  readonly at: Int32Array;
  /** No PE was left above the tolerance. */
  readonly isDone: boolean;
  /** Largest load of a PE, in seconds. */
  readonly max: number;
  readonly migrations: number;
  /** Migratable objects left on unavailable PEs. */
  readonly stranded: number;
}

/** Changes `placement` (which must be as measured) to the best try. */
export function refineLoad(placement: Placement, toleranceStart: number): void {
  placement.become(bestTry(refinementTries(placement, toleranceStart)).at);
}

/** All tries, in the order they were made. `placement`, which must be as measured, is left as the last. */
export function refinementTries(placement: Placement, toleranceStart: number): RefinementTry[] {
  const sorted = largestFirstByPe(placement);
  const measured = placement.at.slice();
  const worst = placement.maxLoad() / placement.idealLoad;
  const tries: RefinementTry[] = [];
  const attempt = (index: number): boolean => {
    const limit = (toleranceStart + index * toleranceStep) * placement.idealLoad;
    placement.become(measured);
    const isDone = new LoadRefiner(placement, sorted, limit).run();
    tries.push(outcome(placement, isDone));
    return isDone;
  };
  if (attempt(0) || !Number.isFinite(worst)) return tries;
  let low = 0;
  let high = Math.max(1, Math.trunc((worst - toleranceStart) / toleranceStep + 1));
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (attempt(middle)) high = middle;
    else low = middle;
  }
  if (!tries.some((made) => made.isDone)) attempt(high);
  return tries;
}

/** Nobody stranded, then success, then the least maximum; a failed try that is no worse in all counts is as good. */
export function bestTry(tries: readonly RefinementTry[]): RefinementTry {
  return tries.reduce((best, other) => {
    if (other.stranded !== best.stranded) return other.stranded < best.stranded ? other : best;
    const slack = 1e-9 * best.max;
    const isNoWorse = other.max <= best.max + slack && other.migrations <= best.migrations;
    if (other.isDone !== best.isDone) return other.isDone || isNoWorse ? other : best;
    return isNoWorse || other.max < best.max - slack ? other : best;
  });
}

function outcome(placement: Placement, isDone: boolean): RefinementTry {
  return {
    at: placement.at.slice(),
    isDone,
    max: placement.maxLoad(),
    migrations: placement.migrations,
    stranded: strandedCount(placement),
  };
}

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
  /** For each position of the list: the next that was not taken yet, or one on the way there. */
  readonly #nextUntaken: Int32Array;

  constructor(placement: Placement, sorted: ObjectsByPe, limit: number) {
    this.#placement = placement;
    this.#sorted = sorted;
    this.#limit = limit;
    this.#light = new RoomTree(placement.peCount);
    this.#heavy = new IndexedHeap(placement.peCount);
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
    let low = this.#sorted.offset[donor]!;
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
