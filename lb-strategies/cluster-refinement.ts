/**
 * Takes load off heavy PEs in clusters: like refinement by load, but what leaves a PE, and where it goes, is chosen by
 * the bytes that will cross PEs after it.
 *
 * A *plan* says how many objects each PE may give, from a refinement by load. Heavy PEs are relieved one after the
 * other, the heaviest first. Of the objects of a donor, the one goes next whose best move adds least to the external
 * bytes; best is a PE with room that it talks to, or else the PE with the most room, which becomes the place where a
 * new cluster grows: the first object there draws its neighbours after it.
 *
 * Invariant: the objects that a donor may still give, taken largest first, always cover what it must still get rid of.
 * `slack` is by how much; an object smaller than the k-th largest uses some of it up. So small objects may go too,
 * where that saves bytes, but never so many that the plan's count would be exceeded.
 */
import type { Affinity } from './affinity.ts';
import { isHub } from './communication-graph.ts';
import { IndexedHeap } from './indexed-heap.ts';
import { largestFirstByPe, type ObjectsByPe, type Placement } from './placement.ts';
import { RoomTree } from './room-tree.ts';

export interface ClusterPlan {
  /** No PE is to be above this, in seconds. */
  readonly limit: number;
  /** How many objects each PE may give. */
  readonly givesMax: Int32Array;
}

/** Changes the placement behind `affinity`. Heavy PEs may remain where nothing fitted. */
export function refineInClusters(affinity: Affinity, plan: ClusterPlan): void {
  new ClusterRefiner(affinity, plan).run();
}

class ClusterRefiner {
  readonly #affinity: Affinity;
  readonly #placement: Placement;
  readonly #plan: ClusterPlan;
  readonly #sorted: ObjectsByPe;
  readonly #rankOf: Int32Array;
  readonly #isGiven: Uint8Array;
  readonly #room: RoomTree;
  readonly #offers: IndexedHeap;
  #bestTo = -1;

  constructor(affinity: Affinity, plan: ClusterPlan) {
    this.#affinity = affinity;
    this.#placement = affinity.placement;
    this.#plan = plan;
    this.#sorted = largestFirstByPe(this.#placement);
    this.#rankOf = new Int32Array(this.#placement.objectCount);
    for (let i = 0; i < this.#sorted.object.length; i++) this.#rankOf[this.#sorted.object[i]!] = i;
    this.#isGiven = new Uint8Array(this.#placement.objectCount);
    this.#room = new RoomTree(this.#placement.peCount);
    this.#offers = new IndexedHeap(this.#placement.objectCount);
    for (let pe = 0; pe < this.#placement.peCount; pe++) this.#updateRoom(pe);
  }

  run(): void {
    const { load, peCount, isAvailable } = this.#placement;
    const donors: number[] = [];
    for (let pe = 0; pe < peCount; pe++) {
      if (load[pe]! > this.#plan.limit || isAvailable[pe] === 0) donors.push(pe);
    }
    donors.sort((a, b) => isAvailable[a]! - isAvailable[b]! || load[b]! - load[a]! || a - b);
    for (const donor of donors) this.#relieve(donor);
  }

  #relieve(donor: number): void {
    const { work, load, speed, isAvailable } = this.#placement;
    const offers = this.#offers;
    const isEvacuated = isAvailable[donor] === 0;
    let givesLeft = isEvacuated ? Number.POSITIVE_INFINITY : this.#plan.givesMax[donor]!;
    let last = isEvacuated ? this.#sorted.offset[donor + 1]! - 1 : this.#rankOfNth(donor, givesLeft);
    let slack = this.#sumDownTo(donor, last) - (load[donor]! - this.#plan.limit) * speed[donor]!;
    this.#offerAll(donor);
    while (offers.size > 0 && givesLeft > 0 && (isEvacuated || load[donor]! > this.#plan.limit)) {
      const object = offers.peek();
      const key = this.#bestMove(object);
      if (key > offers.keyOf(object)) {
        offers.set(object, key);
        continue;
      }
      offers.pop();
      if (this.#bestTo === -1) continue;
      if (this.#rankOf[object]! > last) {
        const isLacking = work[this.#sorted.object[last]!]! - work[object]!;
        if (isLacking > slack) continue;
        slack -= isLacking;
        last = this.#previousUngiven(donor, last - 1);
      }
      givesLeft--;
      this.#give(object, donor, this.#bestTo);
      if (last < this.#sorted.offset[donor]!) break;
    }
    while (offers.size > 0) offers.pop();
  }

  #give(object: number, donor: number, to: number): void {
    this.#isGiven[object] = 1;
    this.#affinity.move(object, to);
    this.#updateRoom(donor);
    this.#updateRoom(to);
    const { graph } = this.#affinity;
    const { offset, neighbour } = graph;
    for (let i = offset[object]!; i < offset[object + 1]!; i++) {
      const other = neighbour[i]!;
      if (this.#offers.has(other) && !isHub(graph, other)) this.#offers.set(other, this.#bestMove(other));
    }
  }

  #offerAll(donor: number): void {
    for (let i = this.#sorted.offset[donor]!; i < this.#sorted.offset[donor + 1]!; i++) {
      const object = this.#sorted.object[i]!;
      if (this.#placement.isMigratable[object] === 1) this.#offers.set(object, this.#bestMove(object));
    }
  }

  /** Bytes that the best move of an object adds, Infinity if it fits nowhere; leaves the PE in `bestTo`. */
  #bestMove(object: number): number {
    const affinity = this.#affinity;
    const from = this.#placement.at[object]!;
    const work = this.#placement.work[object]!;
    affinity.scan(object);
    let to = -1;
    let bytes = -1;
    let room = 0;
    for (let i = 0; i < affinity.peCount; i++) {
      const pe = affinity.pes[i]!;
      if (pe === from) continue;
      const peRoom = this.#room.of(pe);
      const peBytes = affinity.to(pe);
      if (peRoom < work || peBytes < bytes || (peBytes === bytes && peRoom <= room)) continue;
      [to, bytes, room] = [pe, peBytes, peRoom];
    }
    if (to === -1) {
      const roomiest = this.#room.roomiest();
      if (roomiest !== -1 && roomiest !== from && this.#room.of(roomiest) >= work) [to, bytes] = [roomiest, 0];
    }
    this.#bestTo = to;
    return to === -1 ? Number.POSITIVE_INFINITY : affinity.internal[object]! - bytes;
  }

  #updateRoom(pe: number): void {
    const { load, speed, isAvailable } = this.#placement;
    const room = (this.#plan.limit - load[pe]!) * speed[pe]!;
    this.#room.set(pe, isAvailable[pe] === 1 && room > 0 ? room : Number.NEGATIVE_INFINITY);
  }

  /** Where the n-th migratable object of a donor stands in the list of all. */
  #rankOfNth(donor: number, n: number): number {
    let left = n;
    let rank = this.#sorted.offset[donor]! - 1;
    for (let i = this.#sorted.offset[donor]!; i < this.#sorted.offset[donor + 1]! && left > 0; i++) {
      if (this.#placement.isMigratable[this.#sorted.object[i]!] === 0) continue;
      rank = i;
      left--;
    }
    return rank;
  }

  #sumDownTo(donor: number, last: number): number {
    let sum = 0;
    for (let i = this.#sorted.offset[donor]!; i <= last; i++) {
      const object = this.#sorted.object[i]!;
      if (this.#placement.isMigratable[object] === 1) sum += this.#placement.work[object]!;
    }
    return sum;
  }

  #previousUngiven(donor: number, from: number): number {
    let rank = from;
    while (rank >= this.#sorted.offset[donor]!) {
      const object = this.#sorted.object[rank]!;
      if (this.#isGiven[object] === 0 && this.#placement.isMigratable[object] === 1) break;
      rank--;
    }
    return rank;
  }
}
