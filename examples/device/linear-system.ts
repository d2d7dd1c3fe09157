/**
 * The symmetric five-point system of one strip, A x = r, and what the solver needs from it.
 *
 * A node is coupled to its four mesh neighbours by links of positive weight: A = diagonal on the node, minus the link
 * weight off it. Vectors that are multiplied by A carry one halo row above and below the strip's own rows, which hold
 * the neighbours' boundary rows. Rows run across the device, so node (row, column) of the strip is number
 * (row + 1) * columns + column of a haloed vector and row * columns + column of a plain one.
 *
 * Invariant: a link between two strips has the same weight, to the last bit, in both of them.
 */
import { type BandMatrix, createBandMatrix, factor, solve } from './band-matrix.ts';

export interface LinearSystem {
  readonly rows: number;
  readonly columns: number;
  readonly diagonal: Float64Array;
  /** Weight of the link from each node to the next one in its row; 0 in the last column. */
  readonly east: Float64Array;
  /** Weight of the link from each node of the row above, `rows + 1` rows: the first and last reach into the halo. */
  readonly south: Float64Array;
  /** The strip's own block of A, factored. */
  readonly block: BandMatrix;
  /** Right-hand side, and in the course of the solution the residual. */
  readonly residual: Float64Array;
  /** Scratch of the block solve, in the block's own numbering. */
  readonly scratch: Float64Array;
}

export function createLinearSystem(rows: number, columns: number): LinearSystem {
  const size = rows * columns;
  return {
    rows,
    columns,
    diagonal: new Float64Array(size),
    east: new Float64Array(size),
    south: new Float64Array(size + columns),
    block: createBandMatrix(size, Math.min(rows, columns)),
    residual: new Float64Array(size),
    scratch: new Float64Array(size),
  };
}

/** result = A x, where x is haloed. */
export function multiply(system: LinearSystem, x: Float64Array, result: Float64Array): void {
  const { rows, columns, diagonal, east, south } = system;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const node = row * columns + column;
      const center = node + columns;
      let sum = diagonal[node]! * x[center]! - south[node]! * x[node]! - south[center]! * x[center + columns]!;
      if (column > 0) sum -= east[node - 1]! * x[center - 1]!;
      if (column < columns - 1) sum -= east[node]! * x[center + 1]!;
      result[node] = sum;
    }
  }
}

/**
 * Factors the strip's own block. The block is numbered along its shorter side, which makes its band as narrow as it
 * can be: the cost is about size * min(rows, columns)^2 operations, so a strip with a fine mesh is more than
 * proportionally expensive.
 */
export function factorBlock({ rows, columns, diagonal, east, south, block }: LinearSystem): void {
  const isAcross = columns <= rows;
  const { width, values } = block;
  const stride = width + 1;
  values.fill(0);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const node = row * columns + column;
      const number = isAcross ? node : column * rows + row;
      const last = number * stride + width;
      const up = row > 0 ? -south[node]! : 0;
      const left = column > 0 ? -east[node - 1]! : 0;
      values[last] = diagonal[node]!;
      // A strip one node thin has both neighbours in the same place of the band; one of them is then absent, so 0.
      values[last - 1]! += isAcross ? left : up;
      values[last - width]! += isAcross ? up : left;
    }
  }
  factor(block);
}

/** result = (own block)^-1 of the residual; the halo rows of `result` are left alone. */
export function solveBlock({ rows, columns, block, residual, scratch }: LinearSystem, result: Float64Array): void {
  if (columns <= rows) {
    scratch.set(residual);
    solve(block, scratch);
    result.set(scratch, columns);
    return;
  }
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) scratch[column * rows + row] = residual[row * columns + column]!;
  }
  solve(block, scratch);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      result[(row + 1) * columns + column] = scratch[column * rows + row]!;
    }
  }
}
