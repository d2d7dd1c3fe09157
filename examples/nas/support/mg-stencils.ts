/**
 * The four operators of NAS MG on boxes with a layer around them. Each works along lines of x: sums over the four nearest lines and
 * over the four diagonal ones are made once, and used for three points each.
 */
import type { Grid } from './mg-grid.ts';

/** Sums over lines; long enough for any grid of a rank. */
export interface Scratch {
  readonly near: Float64Array;
  readonly diagonal: Float64Array;
}

export function makeScratch(grid: Grid): Scratch {
  return { near: new Float64Array(grid.row), diagonal: new Float64Array(grid.row) };
}

function sumLines(field: Float64Array, at: number, row: number, plane: number, { near, diagonal }: Scratch): void {
  for (let i = 0; i < row; i++) {
    const c = at + i;
    near[i] = field[c - row]! + field[c + row]! + field[c - plane]! + field[c + plane]!;
    diagonal[i] = field[c - plane - row]! + field[c - plane + row]! + field[c + plane - row]! + field[c + plane + row]!;
  }
}

/** into = v - A u. `into` may be v. */
export function residual(grid: Grid, u: Float64Array, v: Float64Array, into: Float64Array, scratch: Scratch): void {
  const { row, plane, size } = grid;
  for (let k = 1; k <= size[2]; k++)
    for (let j = 1; j <= size[1]; j++) {
      const at = k * plane + j * row;
      sumLines(u, at, row, plane, scratch);
      residualLine(u, v, into, at, size[0], scratch);
    }
}

function residualLine(
  u: Float64Array,
  v: Float64Array,
  into: Float64Array,
  at: number,
  points: number,
  { near, diagonal }: Scratch,
): void {
  for (let i = 1; i <= points; i++) {
    const edges = diagonal[i]! + near[i - 1]! + near[i + 1]!;
    const corners = diagonal[i - 1]! + diagonal[i + 1]!;
    into[at + i] = v[at + i]! + (8 / 3) * u[at + i]! - edges / 6 - corners / 12;
  }
}

export type Smoother = readonly [centre: number, face: number, edge: number];

/** u += S r */
export function smooth(grid: Grid, r: Float64Array, u: Float64Array, weights: Smoother, scratch: Scratch): void {
  const { row, plane, size } = grid;
  for (let k = 1; k <= size[2]; k++)
    for (let j = 1; j <= size[1]; j++) {
      const at = k * plane + j * row;
      sumLines(r, at, row, plane, scratch);
      smoothLine(r, u, at, size[0], weights, scratch);
    }
}

function smoothLine(
  r: Float64Array,
  u: Float64Array,
  at: number,
  points: number,
  [centre, face, edge]: Smoother,
  { near, diagonal }: Scratch,
): void {
  for (let i = 1; i <= points; i++) {
    const faces = r[at + i - 1]! + r[at + i + 1]! + near[i]!;
    const edges = diagonal[i]! + near[i - 1]! + near[i + 1]!;
    u[at + i] = u[at + i]! + centre * r[at + i]! + face * faces + edge * edges;
  }
}

/** The residual on the next coarser grid, whose box lies in the same place. */
export function restrict(fine: Grid, r: Float64Array, coarse: Grid, into: Float64Array, scratch: Scratch): void {
  const [mx, my, mz] = fine.size;
  for (let k = 1; k <= mz / 2; k++)
    for (let j = 1; j <= my / 2; j++) {
      const at = 2 * k * fine.plane + 2 * j * fine.row;
      sumLines(r, at, fine.row, fine.plane, scratch);
      restrictLine(r, into, at, k * coarse.plane + j * coarse.row, mx / 2, scratch);
    }
}

function restrictLine(
  r: Float64Array,
  into: Float64Array,
  from: number,
  to: number,
  points: number,
  { near, diagonal }: Scratch,
): void {
  for (let i = 1; i <= points; i++) {
    const f = 2 * i;
    const faces = r[from + f - 1]! + r[from + f + 1]! + near[f]!;
    const edges = diagonal[f]! + near[f - 1]! + near[f + 1]!;
    const corners = diagonal[f - 1]! + diagonal[f + 1]!;
    into[to + i] = 0.5 * r[from + f]! + 0.25 * faces + 0.125 * edges + 0.0625 * corners;
  }
}

/** u += Q z: trilinear, between the points of the next coarser grid. */
export function prolong(coarse: Grid, z: Float64Array, fine: Grid, u: Float64Array, { near }: Scratch): void {
  const [mx, my, mz] = fine.size;
  const points = mx / 2 + 2;
  for (let k = 1; k <= mz; k++)
    for (let j = 1; j <= my; j++) {
      const a = (k >> 1) * coarse.plane + (j >> 1) * coarse.row;
      meanLine(z, a, j % 2 === 0 ? 0 : coarse.row, k % 2 === 0 ? 0 : coarse.plane, points, near);
      prolongLine(near, u, k * fine.plane + j * fine.row, mx);
    }
}

/** The mean of up to four lines. */
function meanLine(z: Float64Array, at: number, row: number, plane: number, points: number, into: Float64Array): void {
  if (row === 0 && plane === 0) for (let i = 0; i < points; i++) into[i] = z[at + i]!;
  else if (row === 0 || plane === 0)
    for (let i = 0; i < points; i++) into[i] = 0.5 * (z[at + i]! + z[at + i + row + plane]!);
  else
    for (let i = 0; i < points; i++)
      into[i] = 0.25 * (z[at + i]! + z[at + i + row]! + z[at + i + plane]! + z[at + i + row + plane]!);
}

function prolongLine(line: Float64Array, u: Float64Array, at: number, points: number): void {
  for (let i = 0; i < points / 2; i++) {
    u[at + 2 * i + 1] = u[at + 2 * i + 1]! + 0.5 * (line[i]! + line[i + 1]!);
    u[at + 2 * i + 2] = u[at + 2 * i + 2]! + line[i + 1]!;
  }
}
