/**
 * Recursive bisection: splits the PEs in two halves and the objects in two parts of matching work, then each half again.
 *
 * A part is grown from an object at the rim, always taking the object that adds least to the bytes between the parts,
 * until it has its share; then passes of Fiduccia and Mattheyses move single objects across the border as long as that
 * pays. Two starting points are tried, the better one is kept. O(E log N log P).
 */
import { type CommunicationGraph, isHub } from './communication-graph.ts';
import { IndexedHeap } from './indexed-heap.ts';

export interface BisectionTask {
  readonly graph: CommunicationGraph;
  readonly work: Float64Array;
  /** Work that each PE should get; its sum is that of all work. 0 where none may go. */
  readonly capacity: Float64Array;
  /** Where an object must be, or -1. */
  readonly fixedAt: Int32Array;
  /** How far a part may be from its share, as a fraction of it. */
  readonly slack: number;
}

/** A PE for each object. */
export function recursiveBisection(task: BisectionTask): Int32Array {
  return new Bisector(task).run();
}

class Bisector {
  readonly #task: BisectionTask;
  readonly #part: Int32Array;
  /** -1: not in the set that is being split; 0 and 1: the two parts. */
  readonly #side: Int8Array;
  readonly #heaps: readonly [IndexedHeap, IndexedHeap];

  constructor(task: BisectionTask) {
    this.#task = task;
    const { count } = task.graph;
    this.#part = new Int32Array(count);
    this.#side = new Int8Array(count).fill(-1);
    this.#heaps = [new IndexedHeap(count), new IndexedHeap(count)];
  }

  run(): Int32Array {
    const all = Int32Array.from({ length: this.#task.graph.count }, (_, object) => object);
    this.#divide(all, 0, this.#task.capacity.length);
    return this.#part;
  }

  #divide(objects: Int32Array, firstPe: number, endPe: number): void {
    if (endPe - firstPe === 1) {
      for (let i = 0; i < objects.length; i++) this.#part[objects[i]!] = firstPe;
      return;
    }
    const middle = (firstPe + endPe) >> 1;
    this.#split(objects, middle, this.#sharesOf(firstPe, middle, endPe, objects));
    const zeros = objects.filter((object) => this.#side[object] === 0);
    const ones = objects.filter((object) => this.#side[object] === 1);
    for (let i = 0; i < objects.length; i++) this.#side[objects[i]!] = -1;
    this.#divide(zeros, firstPe, middle);
    this.#divide(ones, middle, endPe);
  }

  /** Work for each side: the work that is there, in proportion to the capacities. */
  #sharesOf(first: number, middle: number, end: number, objects: Int32Array): [number, number] {
    const { capacity, work } = this.#task;
    let zero = 0;
    let both = 0;
    let total = 0;
    for (let pe = first; pe < end; pe++) {
      both += capacity[pe]!;
      if (pe < middle) zero += capacity[pe]!;
    }
    for (let i = 0; i < objects.length; i++) total += work[objects[i]!]!;
    const ratio = both === 0 ? (middle - first) / (end - first) : zero / both;
    return [total * ratio, total * (1 - ratio)];
  }

  #split(objects: Int32Array, middle: number, shares: [number, number]): void {
    let best: Int8Array | undefined;
    let bestCut = Number.POSITIVE_INFINITY;
    let seed = this.#farthest(objects, this.#firstFree(objects));
    for (let trial = 0; trial < 2; trial++) {
      this.#grow(objects, seed, middle, shares[0]);
      for (let pass = 0; pass < 6; pass++) if (!this.#improve(objects, shares)) break;
      const cut = this.#cut(objects);
      if (cut < bestCut) {
        bestCut = cut;
        best = Int8Array.from(objects, (object) => this.#side[object]!);
      }
      if (trial === 0) seed = this.#farthest(objects, seed);
    }
    for (let i = 0; i < objects.length; i++) this.#side[objects[i]!] = best![i]!;
  }

  #firstFree(objects: Int32Array): number {
    for (let i = 0; i < objects.length; i++) if (this.#task.fixedAt[objects[i]!] === -1) return objects[i]!;
    return objects[0] ?? -1;
  }

  /** The last object that a breadth-first walk from `start` reaches. */
  #farthest(objects: Int32Array, start: number): number {
    if (start === -1) return -1;
    const { offset, neighbour } = this.#task.graph;
    for (let i = 0; i < objects.length; i++) this.#side[objects[i]!] = 1;
    const queue = [start];
    this.#side[start] = 0;
    for (let head = 0; head < queue.length; head++) {
      const object = queue[head]!;
      for (let i = offset[object]!; i < offset[object + 1]!; i++) {
        const other = neighbour[i]!;
        if (this.#side[other] !== 1) continue;
        this.#side[other] = 0;
        queue.push(other);
      }
    }
    return queue[queue.length - 1]!;
  }

  /** Side 0 grows from `seed` until it has its share. Objects that must be somewhere are there from the start. */
  #grow(objects: Int32Array, seed: number, middle: number, share: number): void {
    const { work, fixedAt } = this.#task;
    const fringe = this.#heaps[0];
    let grown = 0;
    for (let i = 0; i < objects.length; i++) this.#side[objects[i]!] = 1;
    for (let i = 0; i < objects.length; i++) {
      const object = objects[i]!;
      if (fixedAt[object] === -1 || fixedAt[object]! >= middle) continue;
      this.#side[object] = 0;
      grown += work[object]!;
    }
    if (seed !== -1 && fixedAt[seed] === -1) fringe.set(seed, this.#gainKey(seed));
    let restart = 0;
    while (grown < share) {
      let object = fringe.pop();
      while (object === -1 && restart < objects.length) {
        const next = objects[restart++]!;
        if (this.#side[next] === 1 && fixedAt[next] === -1) object = next;
      }
      if (object === -1) break;
      // The last object is taken if that comes nearer to the share than leaving it.
      if (grown + work[object]! - share > share - grown) continue;
      this.#side[object] = 0;
      grown += work[object]!;
      this.#renewFringe(object, fringe);
    }
    while (fringe.size > 0) fringe.pop();
  }

  #renewFringe(object: number, fringe: IndexedHeap): void {
    const { offset, neighbour } = this.#task.graph;
    for (let i = offset[object]!; i < offset[object + 1]!; i++) {
      const other = neighbour[i]!;
      if (this.#side[other] !== 1 || this.#task.fixedAt[other] !== -1) continue;
      if (!fringe.has(other) || !isHub(this.#task.graph, other)) fringe.set(other, this.#gainKey(other));
    }
  }

  /** Bytes that moving an object to the other side adds to the cut. */
  #gainKey(object: number): number {
    const { offset, neighbour, bytes } = this.#task.graph;
    const side = this.#side[object]!;
    let key = 0;
    for (let i = offset[object]!; i < offset[object + 1]!; i++) {
      const other = this.#side[neighbour[i]!]!;
      if (other !== -1) key += other === side ? bytes[i]! : -bytes[i]!;
    }
    return key;
  }

  #cut(objects: Int32Array): number {
    const { offset, neighbour, bytes } = this.#task.graph;
    let cut = 0;
    for (let k = 0; k < objects.length; k++) {
      const object = objects[k]!;
      if (this.#side[object] !== 0) continue;
      for (let i = offset[object]!; i < offset[object + 1]!; i++) if (this.#side[neighbour[i]!] === 1) cut += bytes[i]!;
    }
    return cut;
  }

  /** One pass of Fiduccia and Mattheyses. @returns whether it lowered the cut or the imbalance. */
  #improve(objects: Int32Array, shares: readonly [number, number]): boolean {
    const { work, fixedAt, slack } = this.#task;
    const sums: [number, number] = [0, 0];
    for (let i = 0; i < objects.length; i++) {
      const object = objects[i]!;
      const side = this.#side[object] as 0 | 1;
      sums[side] += work[object]!;
      if (fixedAt[object] === -1) this.#offerIfOnBorder(object);
    }
    const excess = (): number => Math.max(sums[0] - shares[0] * (1 + slack), sums[1] - shares[1] * (1 + slack), 0);
    const moved: number[] = [];
    let change = 0;
    let best = 0;
    let bestExcess = excess();
    let bestLength = 0;
    const patience = 30 + Math.ceil(objects.length / 20);
    while (moved.length - bestLength < patience) {
      const from = this.#sideToTakeFrom(sums, shares);
      const object = from === -1 ? -1 : this.#heaps[from]!.peek();
      if (object === -1) break;
      const to = (1 - from) as 0 | 1;
      const key = this.#gainKey(object);
      this.#heaps[from]!.pop();
      const isOver = sums[from as 0 | 1] > shares[from as 0 | 1] * (1 + slack);
      if (!isOver && sums[to] + work[object]! > shares[to] * (1 + slack)) continue;
      this.#side[object] = to;
      sums[from as 0 | 1] -= work[object]!;
      sums[to] += work[object]!;
      change += key;
      moved.push(object);
      this.#renewBorder(object);
      const nowExcess = excess();
      if (nowExcess < bestExcess - 1e-12 * shares[0] || (nowExcess <= bestExcess && change < best - 1e-6)) {
        [best, bestExcess, bestLength] = [change, nowExcess, moved.length];
      }
    }
    while (moved.length > bestLength) {
      const object = moved.pop()!;
      this.#side[object] = 1 - this.#side[object]!;
    }
    for (const heap of this.#heaps) while (heap.size > 0) heap.pop();
    this.#locked.clear();
    return bestLength > 0;
  }

  readonly #locked = new Set<number>();

  #sideToTakeFrom(sums: readonly [number, number], shares: readonly [number, number]): number {
    const { slack } = this.#task;
    if (sums[0] > shares[0] * (1 + slack) && this.#heaps[0].size > 0) return 0;
    if (sums[1] > shares[1] * (1 + slack) && this.#heaps[1].size > 0) return 1;
    const [zero, one] = this.#heaps;
    if (zero.size === 0) return one.size === 0 ? -1 : 1;
    if (one.size === 0) return 0;
    return zero.keyOf(zero.peek()) <= one.keyOf(one.peek()) ? 0 : 1;
  }

  #offerIfOnBorder(object: number): void {
    const { offset, neighbour } = this.#task.graph;
    const side = this.#side[object]!;
    for (let i = offset[object]!; i < offset[object + 1]!; i++) {
      if (this.#side[neighbour[i]!] !== 1 - side) continue;
      this.#heaps[side]!.set(object, this.#gainKey(object));
      return;
    }
  }

  #renewBorder(object: number): void {
    this.#locked.add(object);
    const { offset, neighbour } = this.#task.graph;
    for (let i = offset[object]!; i < offset[object + 1]!; i++) {
      const other = neighbour[i]!;
      const side = this.#side[other]!;
      if (side === -1 || this.#task.fixedAt[other] !== -1 || this.#locked.has(other)) continue;
      const heap = this.#heaps[side]!;
      if (!heap.has(other) || !isHub(this.#task.graph, other)) heap.set(other, this.#gainKey(other));
    }
  }
}
