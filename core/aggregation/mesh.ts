/**
 * A virtual mesh of PEs, by which aggregated messages find their way: a message goes along one dimension at a time, so a PE has
 * buffers for the PEs of its rows only.
 *
 * The mesh has `pes` places, filled in order; the last row of each dimension may have holes. A step goes to a PE that differs
 * in one coordinate less from the aim; if all of these are holes, to the aim itself. So there are at most as many steps as
 * dimensions.
 */
export class Mesh {
  readonly #pe: number;
  readonly #pes: number;
  readonly #extents: readonly number[];
  /** PEs between neighbours in each dimension. */
  readonly #strides: readonly number[];

  constructor(pe: number, pes: number, dimensions: number) {
    this.#pe = pe;
    this.#pes = pes;
    this.#extents = extentsOf(pes, dimensions);
    let stride = 1;
    this.#strides = this.#extents.map((extent) => {
      const own = stride;
      stride *= extent;
      return own;
    });
  }

  /** Where something for PE `to` goes from here. */
  next(to: number): number {
    for (let d = this.#extents.length - 1; d > 0; d--) {
      const stride = this.#strides[d]!;
      const extent = this.#extents[d]!;
      const more = (Math.floor(to / stride) % extent) - (Math.floor(this.#pe / stride) % extent);
      const next = this.#pe + more * stride;
      if (more !== 0 && next < this.#pes) return next;
    }
    return to;
  }
}

/** As equal as can be; their product is at least `pes`. */
function extentsOf(pes: number, dimensions: number): number[] {
  const extents: number[] = [];
  let rest = pes;
  for (let left = dimensions; left > 0; left--) {
    // A root of an exact power may come out a little above it.
    const extent = Math.ceil(rest ** (1 / left) - 1e-9);
    extents.push(extent);
    rest = Math.ceil(rest / extent);
  }
  return extents;
}

/** Few PEs are reached directly; many in as many dimensions as keep the buffers of a PE to some dozens. */
export function usualDimensions(pes: number): number {
  if (pes <= 16) return 1;
  return pes <= 512 ? 2 : 3;
}
