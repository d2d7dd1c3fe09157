/**
 * How much more work each PE can take, kept so that two questions cost O(log P): what is the largest room, and which is
 * the last PE with room for this much. A complete binary tree of maxima over the PEs.
 */
export class RoomTree {
  readonly #leaves: number;
  readonly #max: Float64Array;

  constructor(peCount: number) {
    let leaves = 1;
    while (leaves < peCount) leaves *= 2;
    this.#leaves = leaves;
    this.#max = new Float64Array(2 * leaves).fill(Number.NEGATIVE_INFINITY);
  }

  get largest(): number {
    return this.#max[1]!;
  }

  /** PE with the largest room (the last of equals). */
  roomiest(): number {
    return this.lastWithAtLeast(this.largest);
  }

  set(pe: number, room: number): void {
    const max = this.#max;
    let node = pe + this.#leaves;
    max[node] = room;
    while (node > 1) {
      node >>= 1;
      max[node] = Math.max(max[2 * node]!, max[2 * node + 1]!);
    }
  }

  of(pe: number): number {
    return this.#max[pe + this.#leaves]!;
  }

  /** The last PE with room for `work`; -1 if there is none. */
  lastWithAtLeast(work: number): number {
    const max = this.#max;
    if (!(max[1]! >= work) || max[1] === Number.NEGATIVE_INFINITY) return -1;
    let node = 1;
    while (node < this.#leaves) node = max[2 * node + 1]! >= work ? 2 * node + 1 : 2 * node;
    return node - this.#leaves;
  }
}
