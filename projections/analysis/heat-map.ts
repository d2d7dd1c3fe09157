/** PEs x time in a few cells: how busy, or how much was executed. From pyramids, so the cost grows with the picture only. */
import type { Pyramid } from '../model/pyramid.ts';
import { type BinGrid, gridOf } from './bins.ts';

export interface HeatMap {
  readonly grid: BinGrid;
  /** PEs of a row: several share one if there are more than rows. */
  readonly first: Int32Array;
  readonly last: Int32Array;
  /** Rows x columns: shares of the time, and executions. */
  readonly busy: Float32Array;
  readonly idle: Float32Array;
  readonly executions: Float32Array;
  /** The longest execution that begins there, ns. */
  readonly longest: Float32Array;
}

export function heatMap(
  pyramids: readonly Pyramid[],
  window: { readonly begin: number; readonly end: number },
  columns: number,
  rowsMax: number,
): HeatMap {
  const grid = gridOf(window.begin, window.end, columns);
  const group = Math.max(1, Math.ceil(pyramids.length / rowsMax));
  const rows = Math.ceil(pyramids.length / group);
  const cells = (): Float32Array => new Float32Array(rows * grid.count);
  const map = { busy: cells(), idle: cells(), executions: cells(), longest: cells() };
  for (const [i, pyramid] of pyramids.entries()) {
    const at = Math.floor(i / group) * grid.count;
    const inGroup = Math.min(group, pyramids.length - Math.floor(i / group) * group);
    const share = 1 / (grid.width * inGroup);
    const picture = pyramid.picture(window.begin, window.begin + grid.width * grid.count, grid.count);
    for (let column = 0; column < grid.count; column++) {
      map.busy[at + column]! += picture.busy[column]! * share;
      map.idle[at + column]! += picture.idle[column]! * share;
      map.executions[at + column]! += picture.executions[column]!;
      map.longest[at + column] = Math.max(map.longest[at + column]!, picture.longest[column]!);
    }
  }
  return {
    grid,
    first: Int32Array.from({ length: rows }, (_, row) => pyramids[row * group]!.pe.pe),
    last: Int32Array.from(
      { length: rows },
      (_, row) => pyramids[Math.min(pyramids.length, (row + 1) * group) - 1]!.pe.pe,
    ),
    ...map,
  };
}
