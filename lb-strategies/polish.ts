/**
 * Improves a placement by moves and swaps of single objects, without giving anything up: no PE goes above the limit,
 * there are no more migrations than allowed, and every step lowers the external bytes, or keeps them and lowers the
 * number of migrations. So it ends.
 *
 * A move goes to a PE that the object talks to, or home. Where the object does not fit, it is exchanged for one of that
 * PE; a look at what an object could gain at most keeps the search short.
 */
import type { Affinity } from './affinity.ts';
import { isHub } from './communication-graph.ts';
import type { Placement } from './placement.ts';

export interface PolishBounds {
  /** No PE may be above this, in seconds. */
  readonly limit: number;
  readonly migrationsMax: number;
  readonly passesMax: number;
  /** Objects of another PE that are looked at for one exchange. */
  readonly exchangesMax: number;
}

export function polish(affinity: Affinity, bounds: PolishBounds): void {
  const polisher = new Polisher(affinity, bounds);
  for (let pass = 0; pass < bounds.passesMax; pass++) if (polisher.pass() === 0) return;
}

/** Below this, a difference in bytes is a rounding error. */
const bytesMin = 1e-3;

class Polisher {
  readonly #affinity: Affinity;
  readonly #placement: Placement;
  readonly #bounds: PolishBounds;
  readonly #limit: number;
  readonly #members: number[][];
  readonly #slot: Int32Array;
  #partner = -1;

  constructor(affinity: Affinity, bounds: PolishBounds) {
    const placement = affinity.placement;
    this.#affinity = affinity;
    this.#placement = placement;
    this.#bounds = bounds;
    this.#limit = bounds.limit * (1 + 1e-12);
    this.#members = Array.from({ length: placement.peCount }, () => []);
    this.#slot = new Int32Array(placement.objectCount);
    for (let object = 0; object < placement.objectCount; object++) this.#join(object, placement.at[object]!);
  }

  /** Looks at every object once. @returns how many steps were made. */
  pass(): number {
    const { internal, total } = this.#affinity;
    const { at, home, isMigratable, objectCount } = this.#placement;
    let steps = 0;
    for (let object = 0; object < objectCount; object++) {
      if (isMigratable[object] === 0) continue;
      if (at[object] === home[object] && internal[object]! >= total[object]!) continue;
      if (this.#improve(object)) steps++;
    }
    return steps;
  }

  #improve(object: number): boolean {
    const affinity = this.#affinity;
    const from = this.#placement.at[object]!;
    const home = this.#placement.home[object]!;
    affinity.scan(object);
    const stay = affinity.internal[object]!;
    let to = -1;
    let gain = 0;
    let wish = -1;
    let wishGain = 0;
    for (let i = -1; i < affinity.peCount; i++) {
      const pe = i === -1 ? home : affinity.pes[i]!;
      if (pe === from || this.#placement.isAvailable[pe] === 0) continue;
      const peGain = affinity.to(pe) - stay;
      const isBetter = peGain > gain + bytesMin || (to === -1 && pe === home && peGain > -bytesMin);
      if (isBetter && this.#mayMove(object, from, pe)) [to, gain] = [pe, peGain];
      if (wish === -1 || peGain > wishGain + bytesMin) [wish, wishGain] = [pe, peGain];
    }
    if (wish !== -1 && wishGain > gain + bytesMin && this.#exchange(object, wish, wishGain)) return true;
    if (to !== -1) {
      this.#move(object, to);
      return true;
    }
    return from !== home && wish !== home && this.#exchange(object, home, affinity.between(object, home) - stay);
  }

  #mayMove(object: number, from: number, to: number): boolean {
    const { load, home, migrations } = this.#placement;
    if (load[to]! + this.#placement.sizeOn(object, to) > this.#limit) return false;
    return from !== home[object] || migrations < this.#bounds.migrationsMax;
  }

  /** Exchanges `object` for one on `to`, if that is a gain. `gain` is what its move alone would be. */
  #exchange(object: number, to: number, gain: number): boolean {
    if (this.#placement.isAvailable[to] === 0) return false;
    const from = this.#placement.at[object]!;
    if (!this.#findPartner(object, to, gain)) return false;
    const partner = this.#partner;
    this.#move(object, to);
    this.#move(partner, from);
    return true;
  }

  #findPartner(object: number, to: number, gain: number): boolean {
    const { internal, total } = this.#affinity;
    const { at, work, load, speed, isMigratable, migrations } = this.#placement;
    const from = at[object]!;
    // What the partner's work may be for both PEs to stay below the limit.
    const workMax = work[object]! + (this.#limit - load[from]!) * speed[from]!;
    const workMin = work[object]! - (this.#limit - load[to]!) * speed[to]!;
    const members = this.#members[to]!;
    const count = Math.min(members.length, this.#bounds.exchangesMax);
    const moves = this.#migrationsAdded(object, from, to);
    let best = bytesMin;
    this.#partner = -1;
    // The latest to come are looked at first: they are the migrants.
    for (let i = members.length - 1; i >= members.length - count; i--) {
      const other = members[i]!;
      if (work[other]! > workMax || work[other]! < workMin || isMigratable[other] === 0) continue;
      if (isHub(this.#affinity.graph, other)) continue;
      if (gain + total[other]! - 2 * internal[other]! <= best - 2 * bytesMin) continue;
      const added = moves + this.#migrationsAdded(other, to, from);
      if (migrations + added > this.#bounds.migrationsMax && added > 0) continue;
      const pair =
        this.#affinity.between(other, from) - internal[other]! - 2 * this.#affinity.betweenObjects(object, other);
      const sum = gain + pair;
      // The move of the first takes the bytes between the two along; counted once for each, they are internal to none.
      if (sum > best || (added < 0 && best === bytesMin && sum > -bytesMin))
        [best, this.#partner] = [Math.max(sum, best), other];
    }
    return this.#partner !== -1;
  }

  #migrationsAdded(object: number, from: number, to: number): number {
    const home = this.#placement.home[object];
    return from === home ? 1 : to === home ? -1 : 0;
  }

  #move(object: number, to: number): void {
    this.#leave(object, this.#placement.at[object]!);
    this.#affinity.move(object, to);
    this.#join(object, to);
  }

  #join(object: number, pe: number): void {
    this.#slot[object] = this.#members[pe]!.length;
    this.#members[pe]!.push(object);
  }

  #leave(object: number, pe: number): void {
    const members = this.#members[pe]!;
    const last = members.pop()!;
    if (last === object) return;
    members[this.#slot[object]!] = last;
    this.#slot[last] = this.#slot[object]!;
  }
}
