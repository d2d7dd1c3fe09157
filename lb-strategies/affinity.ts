/**
 * How many bytes objects exchange with the PEs, as the placement changes.
 *
 * `internal[object]` (bytes with objects on its own PE) is kept for all; the bytes with other PEs are found by scanning
 * the edges of one object, into a table that is stamped rather than cleared, so a scan costs the object's degree.
 */
import type { CommunicationGraph } from './communication-graph.ts';
import type { Placement } from './placement.ts';

export class Affinity {
  readonly graph: CommunicationGraph;
  readonly placement: Placement;
  /** Bytes with objects on the same PE. */
  readonly internal: Float64Array;
  /** Bytes with all objects. */
  readonly total: Float64Array;
  /** PEs that the scanned object talks to: `pes[0] ... pes[peCount - 1]`. */
  readonly pes: Int32Array;
  peCount = 0;
  /** Bytes between different PEs, all together. */
  external = 0;
  readonly #bytes: Float64Array;
  readonly #stamp: Int32Array;
  #scan = 0;

  constructor(graph: CommunicationGraph, placement: Placement) {
    this.graph = graph;
    this.placement = placement;
    this.internal = new Float64Array(graph.count);
    this.total = new Float64Array(graph.count);
    this.pes = new Int32Array(placement.peCount);
    this.#bytes = new Float64Array(placement.peCount);
    this.#stamp = new Int32Array(placement.peCount);
    this.measure();
  }

  /** From the start, after the placement was replaced. */
  measure(): void {
    const { offset, neighbour, bytes } = this.graph;
    const { at } = this.placement;
    let external = 0;
    for (let object = 0; object < this.graph.count; object++) {
      let internal = 0;
      let total = 0;
      for (let i = offset[object]!; i < offset[object + 1]!; i++) {
        total += bytes[i]!;
        if (at[neighbour[i]!] === at[object]) internal += bytes[i]!;
      }
      this.internal[object] = internal;
      this.total[object] = total;
      external += total - internal;
    }
    this.external = external / 2;
  }

  /** Fills `pes` and what `to` answers. */
  scan(object: number): void {
    const { offset, neighbour, bytes } = this.graph;
    const { at } = this.placement;
    const scan = ++this.#scan;
    const end = offset[object + 1]!;
    let count = 0;
    for (let i = offset[object]!; i < end; i++) {
      const pe = at[neighbour[i]!]!;
      if (this.#stamp[pe] === scan) {
        this.#bytes[pe]! += bytes[i]!;
      } else {
        this.#stamp[pe] = scan;
        this.#bytes[pe] = bytes[i]!;
        this.pes[count++] = pe;
      }
    }
    this.peCount = count;
  }

  /** Bytes between the scanned object and a PE. */
  to(pe: number): number {
    return this.#stamp[pe] === this.#scan ? this.#bytes[pe]! : 0;
  }

  /** Bytes between an object and a PE, without a scan of its own. */
  between(object: number, pe: number): number {
    const { offset, neighbour, bytes } = this.graph;
    const { at } = this.placement;
    let sum = 0;
    for (let i = offset[object]!; i < offset[object + 1]!; i++) if (at[neighbour[i]!] === pe) sum += bytes[i]!;
    return sum;
  }

  /** Bytes between two objects. */
  betweenObjects(a: number, b: number): number {
    const { offset, neighbour, bytes } = this.graph;
    const isShorter = offset[a + 1]! - offset[a]! <= offset[b + 1]! - offset[b]!;
    const [row, other] = isShorter ? [a, b] : [b, a];
    for (let i = offset[row]!; i < offset[row + 1]!; i++) if (neighbour[i] === other) return bytes[i]!;
    return 0;
  }

  move(object: number, to: number): void {
    const { offset, neighbour, bytes } = this.graph;
    const { at } = this.placement;
    const from = at[object]!;
    if (from === to) return;
    let internal = 0;
    for (let i = offset[object]!; i < offset[object + 1]!; i++) {
      const other = neighbour[i]!;
      if (at[other] === from) {
        this.internal[other]! -= bytes[i]!;
      } else if (at[other] === to) {
        this.internal[other]! += bytes[i]!;
        internal += bytes[i]!;
      }
    }
    this.external += this.internal[object]! - internal;
    this.internal[object] = internal;
    this.placement.move(object, to);
  }
}
