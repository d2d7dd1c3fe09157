/**
 * What an agent knows of its own PE: what was measured, less what it has given away, plus what it has taken. What it has
 * promised to take is apart: it leaves less room, but is nothing to give away.
 *
 * Loads here are shares of time: a PE with load 1 was busy all the time that was measured. So PEs whose statistics cover
 * different lengths of time can be compared. Work is load times speed: an object has one work wherever it is.
 *
 * Objects are chosen for a destination by work, the largest that fits first, so that few move; among objects of similar
 * work the one that talks most to the destination goes, where its partners may have gone just before.
 */
import type { AgentHost, LocalStatistics } from '../../core/balance/agent.ts';

/** An amount of what moves with objects. */
export interface Amount {
  readonly work: number;
  readonly bytes: number;
}

/** What a PE tells others about itself. */
export interface PeState {
  /** Infinity: everything shall leave. */
  readonly load: number;
  /** Load at the last `begin`. Deals do not change the mean of this, so it can be estimated while they go on. */
  readonly measured: number;
  readonly speed: number;
  readonly memoryFree: number;
}

/** Mean load of some PEs; those to be left do not count. */
export function meanMeasured(states: Iterable<PeState>): number {
  let work = 0;
  let speeds = 0;
  for (const { load, measured, speed } of states) {
    if (load === Number.POSITIVE_INFINITY) continue;
    work += measured * speed;
    speeds += speed;
  }
  return speeds === 0 ? 0 : work / speeds;
}

/** How many objects of similar work are compared by whom they talk to. */
const similarMax = 16;

export class OwnPe {
  readonly speed: number;
  readonly isAvailable: boolean;
  /** Of everything here, background included; on a PE to be left, of what can leave. */
  work: number;
  readonly measured: number;
  /** Bytes that may still be promised; what is given away is not counted, since it may leave late. */
  memoryFree: number;
  /** Bytes of what was given away. */
  bytesGiven = 0;
  #workPromised = 0;
  readonly #host: AgentHost;
  readonly #local: LocalStatistics;
  readonly #work: Float64Array;
  /** Where the objects are now, as far as it was this PE that moved them. */
  readonly #at: Int32Array;
  /** Those that can move, largest work first. */
  readonly #sorted: Int32Array;
  readonly #rank: Int32Array;
  /** For each rank: the next that is still here, or one on the way there. */
  readonly #nextHere: Int32Array;
  #partners: Partners | undefined;

  constructor(local: LocalStatistics, host: AgentHost) {
    const { objects, speed } = local;
    this.speed = speed;
    this.isAvailable = local.isAvailable;
    this.memoryFree = local.memoryFree;
    this.#host = host;
    this.#local = local;
    const workPerSecond = speed / (local.wall > 0 ? local.wall : 1);
    this.#work = objects.load.map((load) => load * workPerSecond);
    this.#at = new Int32Array(objects.count).fill(host.pe);
    this.#sorted = movable(local).sort((a, b) => this.#work[b]! - this.#work[a]! || a - b);
    if (local.isAvailable) this.work = this.#work.reduce((sum, work) => sum + work, local.background * workPerSecond);
    else this.work = this.#sorted.reduce((sum, object) => sum + this.#work[object]!, 0);
    this.measured = this.load;
    this.#rank = new Int32Array(objects.count).fill(-1);
    for (let rank = 0; rank < this.#sorted.length; rank++) this.#rank[this.#sorted[rank]!] = rank;
    this.#nextHere = Int32Array.from({ length: this.#sorted.length + 1 }, (_, rank) => rank);
  }

  get load(): number {
    return this.work / this.speed;
  }

  get state(): PeState {
    const { measured, speed, memoryFree } = this;
    const load = this.isAvailable ? this.load : Number.POSITIVE_INFINITY;
    return { load, measured, speed, memoryFree };
  }

  get hasMovable(): boolean {
    return this.#here(0) < this.#sorted.length;
  }

  /** Load if all who have been promised something send it. */
  get loadPromised(): number {
    return (this.work + this.#workPromised) / this.speed;
  }

  /** Another PE may send as much. Negative amounts take it back. */
  promise({ work, bytes }: Amount): void {
    this.#workPromised += work;
    this.memoryFree -= bytes;
  }

  /** Another PE has sent as much. */
  take({ work, bytes }: Amount): void {
    this.work += work;
    this.memoryFree -= bytes;
  }

  give(object: number, to: number): Amount {
    const amount = { work: this.#work[object]!, bytes: this.#local.objects.bytes[object]! };
    this.#host.move(object, to);
    this.work -= amount.work;
    this.bytesGiven += amount.bytes;
    this.#at[object] = to;
    const rank = this.#rank[object]!;
    this.#nextHere[rank] = rank + 1;
    return amount;
  }

  workOf(object: number): number {
    return this.#work[object]!;
  }

  /** The largest object within both limits, or a similar one that talks more to the destination; -1: none. */
  pick(limit: Amount, to: number): number {
    const { bytes } = this.#local.objects;
    let best = -1;
    let bestGain = 0;
    let least = 0;
    let similar = 0;
    for (let rank = this.#firstAtMost(limit.work); rank < this.#sorted.length; rank = this.#here(rank + 1)) {
      const object = this.#sorted[rank]!;
      const work = this.#work[object]!;
      if (work < least || work === 0 || similar === similarMax) break;
      if (bytes[object]! > limit.bytes) continue;
      similar++;
      const gain = this.#gain(object, to);
      if (best === -1) least = work / 2;
      else if (gain <= bestGain) continue;
      best = object;
      bestGain = gain;
    }
    return best;
  }

  /** The smallest object with more work than `above`, at most as much as the limit; -1: none. */
  pickAbove(above: number, limit: Amount): number {
    const { bytes } = this.#local.objects;
    const end = this.#firstAtMost(above);
    let best = -1;
    for (let rank = this.#firstAtMost(limit.work); rank < end; rank = this.#here(rank + 1)) {
      if (bytes[this.#sorted[rank]!]! <= limit.bytes) best = this.#sorted[rank]!;
    }
    return best;
  }

  /** The largest object whose memory fits, whatever its work, even none; -1: none. */
  pickAny(bytesMax: number): number {
    const { bytes } = this.#local.objects;
    for (let rank = this.#here(0); rank < this.#sorted.length; rank = this.#here(rank + 1)) {
      if (bytes[this.#sorted[rank]!]! <= bytesMax) return this.#sorted[rank]!;
    }
    return -1;
  }

  /** The smallest object that frees `wanted` bytes, or else the one that frees most, within the limit; -1: none. */
  pickByMemory(wanted: number, bytesMax: number): number {
    const { bytes } = this.#local.objects;
    let best = -1;
    let bestBytes = 0;
    for (let rank = this.#here(0); rank < this.#sorted.length; rank = this.#here(rank + 1)) {
      const size = bytes[this.#sorted[rank]!]!;
      if (size > bytesMax || size === 0) continue;
      const isBetter = bestBytes < wanted ? size > bestBytes : size >= wanted && size < bestBytes;
      if (isBetter) [best, bestBytes] = [this.#sorted[rank]!, size];
    }
    return best;
  }

  /** Bytes that stop crossing PEs, less those that start to, if the object goes there. */
  #gain(object: number, to: number): number {
    this.#partners ??= partnersOf(this.#local);
    const { offset, partner, pe, bytes } = this.#partners;
    const here = this.#host.pe;
    let gain = 0;
    for (let i = offset[object]!; i < offset[object + 1]!; i++) {
      const at = partner[i] === -1 ? pe[i] : this.#at[partner[i]!];
      if (at === to) gain += bytes[i]!;
      else if (at === here) gain -= bytes[i]!;
    }
    return gain;
  }

  #firstAtMost(work: number): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#work[this.#sorted[middle]!]! <= work) high = middle;
      else low = middle + 1;
    }
    return this.#here(low);
  }

  /** First rank from this one on whose object is still here, with path halving. */
  #here(from: number): number {
    const next = this.#nextHere;
    let rank = from;
    while (next[rank] !== rank) {
      next[rank] = next[next[rank]!]!;
      rank = next[rank]!;
    }
    return rank;
  }
}

function movable({ objects }: LocalStatistics): Int32Array {
  const found = new Int32Array(objects.count);
  let count = 0;
  for (let object = 0; object < objects.count; object++)
    if (objects.isMigratable[object] === 1) found[count++] = object;
  return found.subarray(0, count);
}

/** Whom each object talks to, in rows: a partner here, or -1 and the PE where it is. */
interface Partners {
  readonly offset: Int32Array;
  readonly partner: Int32Array;
  readonly pe: Int32Array;
  readonly bytes: Float64Array;
}

/** An edge between two objects here is in the rows of both: it starts to cross PEs whichever of them goes. */
function partnersOf({ objects, edges }: LocalStatistics): Partners {
  const offset = new Int32Array(objects.count + 1);
  for (let edge = 0; edge < edges.count; edge++) {
    offset[edges.from[edge]! + 1]!++;
    if (edges.to[edge] !== -1) offset[edges.to[edge]! + 1]!++;
  }
  for (let object = 0; object < objects.count; object++) offset[object + 1]! += offset[object]!;
  const next = offset.slice();
  const length = offset[objects.count]!;
  const partners = {
    offset,
    partner: new Int32Array(length),
    pe: new Int32Array(length),
    bytes: new Float64Array(length),
  };
  const add = (object: number, partner: number, edge: number): void => {
    const position = next[object]!++;
    partners.partner[position] = partner;
    partners.pe[position] = edges.toPe[edge]!;
    partners.bytes[position] = edges.bytes[edge]!;
  };
  for (let edge = 0; edge < edges.count; edge++) {
    const from = edges.from[edge]!;
    const to = edges.to[edge]!;
    add(from, to, edge);
    if (to !== -1) add(to, from, edge);
  }
  return partners;
}
