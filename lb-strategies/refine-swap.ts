/**
 * RefineSwap: the heaviest PE gives its largest object that fits below 1.01 times the average on the lightest PE that
 * takes it; where none fits, it exchanges an object for a smaller one of a light PE. A PE for which neither works is set
 * aside. Communication is not looked at.
 */
import type { Strategy } from '../core/balance/strategy.ts';
import { IndexedHeap } from './indexed-heap.ts';
import { objectsByPe, Placement } from './placement.ts';

const tolerance = 1.01;
/** Light PEs looked at for one exchange. */
const partnersMax = 16;

export const refineSwap: Strategy = (statistics) => {
  const placement = new Placement(statistics);
  new Swapper(placement).run();
  return placement.migrationList();
};

class Swapper {
  readonly #placement: Placement;
  readonly #limit: number;
  readonly #members: number[][];
  readonly #heavy: IndexedHeap;
  readonly #light: IndexedHeap;

  constructor(placement: Placement) {
    this.#placement = placement;
    this.#limit = tolerance * placement.idealLoad;
    const { offset, object } = objectsByPe(placement.peCount, placement.at);
    this.#members = Array.from({ length: placement.peCount }, (_, pe) => {
      const movable = object.subarray(offset[pe]!, offset[pe + 1]!).filter((o) => placement.isMigratable[o] === 1);
      return [...movable].sort((a, b) => placement.work[b]! - placement.work[a]! || a - b);
    });
    this.#heavy = new IndexedHeap(placement.peCount);
    this.#light = new IndexedHeap(placement.peCount);
    for (let pe = 0; pe < placement.peCount; pe++) this.#classify(pe);
  }

  run(): void {
    const { isAvailable } = this.#placement;
    for (let donor = this.#heavy.peek(); donor !== -1; donor = this.#heavy.peek()) {
      if (!this.#give(donor) && (isAvailable[donor] === 0 || !this.#swap(donor))) this.#heavy.remove(donor);
    }
  }

  #classify(pe: number): void {
    const { load, isAvailable, idealLoad } = this.#placement;
    this.#heavy.remove(pe);
    this.#light.remove(pe);
    if (isAvailable[pe] === 0) {
      if (this.#members[pe]!.length > 0) this.#heavy.set(pe, Number.NEGATIVE_INFINITY);
    } else if (load[pe]! > this.#limit) {
      this.#heavy.set(pe, -load[pe]!);
    } else if (load[pe]! < idealLoad) {
      this.#light.set(pe, load[pe]!);
    }
  }

  #give(donor: number): boolean {
    const { load, isAvailable } = this.#placement;
    const mustLeave = isAvailable[donor] === 0;
    // All others may have just their share, and what must leave still be there.
    const to = this.#light.size > 0 || !mustLeave ? this.#light.peek() : this.#lightestAvailable();
    if (to === -1) return false;
    const members = this.#members[donor]!;
    let index = members.findIndex((object) => load[to]! + this.#placement.sizeOn(object, to) <= this.#limit);
    if (index === -1 && mustLeave) index = members.length - 1;
    if (index === -1 || (this.#placement.work[members[index]!] === 0 && !mustLeave)) return false;
    this.#move(members[index]!, donor, to);
    return true;
  }

  /** -1 if no PE is available. */
  #lightestAvailable(): number {
    const { load, isAvailable, peCount } = this.#placement;
    let lightest = -1;
    for (let pe = 0; pe < peCount; pe++)
      if (isAvailable[pe] === 1 && (lightest === -1 || load[pe]! < load[lightest]!)) lightest = pe;
    return lightest;
  }

  #swap(donor: number): boolean {
    const { load, work, speed } = this.#placement;
    for (const to of this.#lightest()) {
      const room = (this.#limit - load[to]!) * speed[to]!;
      for (const give of this.#members[donor]!) {
        const take = this.#members[to]!.find(
          (other) => work[other]! < work[give]! && work[give]! - work[other]! <= room,
        );
        if (take === undefined || work[give]! - work[take]! < 1e-6 * this.#limit) continue;
        this.#move(give, donor, to);
        this.#move(take, to, donor);
        return true;
      }
    }
    return false;
  }

  #lightest(): number[] {
    const found: number[] = [];
    while (found.length < partnersMax && this.#light.size > 0) found.push(this.#light.pop());
    for (const pe of found) this.#light.set(pe, this.#placement.load[pe]!);
    return found;
  }

  #move(object: number, from: number, to: number): void {
    const { work } = this.#placement;
    const left = this.#members[from]!;
    left.splice(left.indexOf(object), 1);
    const joined = this.#members[to]!;
    const index = joined.findIndex((other) => work[other]! < work[object]!);
    joined.splice(index === -1 ? joined.length : index, 0, object);
    this.#placement.move(object, to);
    this.#classify(from);
    this.#classify(to);
  }
}
