/**
 * A binary heap of small integers (PEs, objects) ordered by a key each, that can change the key of any member and
 * remove any member. Least key first; equal keys: lowest number first, so that answers do not depend on history.
 */
export class IndexedHeap {
  readonly #key: Float64Array;
  readonly #heap: Int32Array;
  /** Where a member is in the heap; -1: it is not. */
  readonly #place: Int32Array;
  #size = 0;

  /** For members 0 ... `capacity` - 1. */
  constructor(capacity: number) {
    this.#key = new Float64Array(capacity);
    this.#heap = new Int32Array(capacity);
    this.#place = new Int32Array(capacity).fill(-1);
  }

  get size(): number {
    return this.#size;
  }

  has(member: number): boolean {
    return this.#place[member] !== -1;
  }

  keyOf(member: number): number {
    return this.#key[member]!;
  }

  /** Member with the least key; -1 if there is none. */
  peek(): number {
    return this.#size === 0 ? -1 : this.#heap[0]!;
  }

  pop(): number {
    const least = this.peek();
    if (least !== -1) this.remove(least);
    return least;
  }

  /** Adds a member, or changes its key. */
  set(member: number, key: number): void {
    this.#key[member] = key;
    if (this.#place[member] === -1) {
      this.#heap[this.#size] = member;
      this.#place[member] = this.#size++;
    }
    this.#siftDown(this.#siftUp(this.#place[member]!));
  }

  remove(member: number): void {
    const place = this.#place[member]!;
    if (place === -1) return;
    this.#place[member] = -1;
    const last = this.#heap[--this.#size]!;
    if (last === member) return;
    this.#heap[place] = last;
    this.#place[last] = place;
    this.#siftDown(this.#siftUp(place));
  }

  #isBefore(a: number, b: number): boolean {
    const difference = this.#key[a]! - this.#key[b]!;
    return difference < 0 || (difference === 0 && a < b);
  }

  #siftUp(from: number): number {
    const member = this.#heap[from]!;
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = this.#heap[parent]!;
      if (!this.#isBefore(member, above)) break;
      this.#heap[place] = above;
      this.#place[above] = place;
      place = parent;
    }
    this.#heap[place] = member;
    this.#place[member] = place;
    return place;
  }

  #siftDown(from: number): void {
    const member = this.#heap[from]!;
    let place = from;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && this.#isBefore(this.#heap[child + 1]!, this.#heap[child]!)) child++;
      const below = this.#heap[child]!;
      if (!this.#isBefore(below, member)) break;
      this.#heap[place] = below;
      this.#place[below] = place;
      place = child;
    }
    this.#heap[place] = member;
    this.#place[member] = place;
  }
}
