/** Topologies: grids, graphs, and graphs of which each rank knows its own edges. What they say of a rank's neighbours. */
import { PROC_NULL } from '../constants.ts';
import { MpiError } from '../errors.ts';

export interface Topology {
  readonly kind: 'cart' | 'graph' | 'distGraph';
  /** In the order of neighbourhood collectives. */
  neighborsOf(rank: number): Neighbors;
}

export interface Neighbors {
  readonly sources: readonly number[];
  readonly destinations: readonly number[];
}

export class Cart implements Topology {
  readonly kind = 'cart';
  readonly dims: readonly number[];
  readonly periods: readonly boolean[];

  constructor(dims: readonly number[], periods: readonly boolean[]) {
    if (dims.length !== periods.length || dims.some((extent) => !Number.isInteger(extent) || extent < 1))
      throw new MpiError('DIMS', `a grid of ${dims.join(' x ')} with ${periods.length} periods`);
    this.dims = dims;
    this.periods = periods;
  }

  get size(): number {
    return this.dims.reduce((product, extent) => product * extent, 1);
  }

  coords(rank: number): number[] {
    const coords: number[] = new Array(this.dims.length);
    let left = rank;
    for (let d = this.dims.length - 1; d >= 0; d--) {
      coords[d] = left % this.dims[d]!;
      left = Math.floor(left / this.dims[d]!);
    }
    return coords;
  }

  /** Of coordinates outside: those inside in periodic dimensions, undefined in others. */
  rankAt(coords: readonly number[]): number | undefined {
    let rank = 0;
    for (const [d, extent] of this.dims.entries()) {
      let at = coords[d]!;
      if (at < 0 || at >= extent) {
        if (!this.periods[d]) return undefined;
        at = ((at % extent) + extent) % extent;
      }
      rank = rank * extent + at;
    }
    return rank;
  }

  /** Whom data come from and go to, when all ranks pass theirs on by `displacement`. */
  shift(rank: number, dimension: number, displacement: number): { readonly source: number; readonly dest: number } {
    if (!(dimension >= 0 && dimension < this.dims.length))
      throw new MpiError('DIMS', `a grid of ${this.dims.length} dimensions has no dimension ${dimension}`);
    const moved = (by: number): number => {
      const coords = this.coords(rank);
      coords[dimension]! += by;
      return this.rankAt(coords) ?? PROC_NULL;
    };
    return { source: moved(-displacement), dest: moved(displacement) };
  }

  neighborsOf(rank: number): Neighbors {
    const all = this.dims.flatMap((_, d) => {
      const { source, dest } = this.shift(rank, d, 1);
      return [source, dest];
    });
    return { sources: all, destinations: all };
  }
}

export class Graph implements Topology {
  readonly kind = 'graph';
  /** Ends of each rank's list of neighbours in `edges`, as in MPI. */
  readonly index: readonly number[];
  readonly edges: readonly number[];

  constructor(index: readonly number[], edges: readonly number[]) {
    if ((index.at(-1) ?? 0) !== edges.length || edges.some((rank) => !(rank >= 0 && rank < index.length)))
      throw new MpiError('ARG', `a graph of ${index.length} nodes whose ${edges.length} edges do not fit its index`);
    this.index = index;
    this.edges = edges;
  }

  neighbors(rank: number): number[] {
    return this.edges.slice(rank === 0 ? 0 : this.index[rank - 1]!, this.index[rank]!);
  }

  neighborsOf(rank: number): Neighbors {
    const all = this.neighbors(rank);
    return { sources: all, destinations: all };
  }
}

export class DistGraph implements Topology {
  readonly kind = 'distGraph';
  readonly sources: readonly number[];
  readonly destinations: readonly number[];
  readonly sourceWeights: readonly number[] | undefined;
  readonly destinationWeights: readonly number[] | undefined;

  constructor(
    { sources, destinations }: Neighbors,
    sourceWeights: readonly number[] | undefined,
    destinationWeights: readonly number[] | undefined,
  ) {
    this.sources = sources;
    this.destinations = destinations;
    this.sourceWeights = sourceWeights;
    this.destinationWeights = destinationWeights;
  }

  neighborsOf(): Neighbors {
    return this;
  }
}
