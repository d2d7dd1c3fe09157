/** `darray`: what one process of a grid has of an array that is dealt out in blocks, cyclically, or not, in each dimension. */
import { MpiError } from '../errors.ts';
import type { Datatype } from './datatype.ts';
import { type ArrayOrder, box } from './derived.ts';

export type Distribution = 'block' | 'cyclic' | 'none';
/** The block size that the distribution itself gives. */
export const DISTRIBUTE_DFLT_DARG = -1;

export interface DarrayOptions {
  /** Processes in all, and which of them. */
  readonly size: number;
  readonly rank: number;
  readonly sizes: readonly number[];
  readonly distributions: readonly Distribution[];
  /** Block sizes; -1: as usual. */
  readonly blocks: readonly number[];
  /** Processes in each dimension; the last one varies fastest, in either order. */
  readonly grid: readonly number[];
  readonly order: ArrayOrder;
  readonly type: Datatype;
}

export function darray({ size, rank, sizes, distributions, blocks, grid, order, type }: DarrayOptions): Datatype {
  const dims = sizes.length;
  if (distributions.length !== dims || blocks.length !== dims || grid.length !== dims)
    throw new MpiError('ARG', `darray: ${dims} sizes need as many distributions, blocks and grid extents`);
  if (grid.reduce((product, extent) => product * extent, 1) !== size)
    throw new MpiError('ARG', `darray: a grid of ${grid.join(' x ')} does not have ${size} processes`);
  if (rank < 0 || rank >= size) throw new MpiError('RANK', `darray: there is no process ${rank} of ${size}`);
  const coordinates: number[] = new Array(dims);
  let left = rank;
  for (let d = dims - 1; d >= 0; d--) {
    coordinates[d] = left % grid[d]!;
    left = Math.floor(left / grid[d]!);
  }
  const indices = sizes.map((extent, d) =>
    owned(extent, distributions[d]!, blocks[d]!, grid[d]!, coordinates[d]!, `dimension ${d} of darray`),
  );
  const codes = { block: 121, cyclic: 122, none: 123 };
  const numbers = [
    size,
    rank,
    dims,
    ...sizes,
    ...distributions.map((kind) => codes[kind]),
    ...blocks,
    ...grid,
    order === 'C' ? 0 : 1,
  ];
  return box(sizes, indices, order, type, { combiner: 'DARRAY', numbers, types: [type] });
}

function owned(
  extent: number,
  kind: Distribution,
  given: number,
  processes: number,
  mine: number,
  where: string,
): number[] {
  if (kind === 'none') {
    if (processes !== 1) throw new MpiError('ARG', `${where} is not distributed, but has ${processes} processes`);
    return Array.from({ length: extent }, (_, i) => i);
  }
  const usual = kind === 'block' ? Math.ceil(extent / processes) : 1;
  const block = given === DISTRIBUTE_DFLT_DARG ? usual : given;
  if (block < 1) throw new MpiError('ARG', `${where}: a block of ${block}`);
  if (kind === 'block' && block * processes < extent)
    throw new MpiError('ARG', `${where}: ${processes} blocks of ${block} are less than ${extent}`);
  const found: number[] = [];
  for (let i = 0; i < extent; i++) if (Math.floor(i / block) % processes === mine) found.push(i);
  return found;
}
