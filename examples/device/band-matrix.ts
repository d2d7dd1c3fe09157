/**
 * Direct solver of a strip's own block: LDL^T of a symmetric positive definite band matrix, without pivoting.
 *
 * Row r is stored as `width + 1` numbers, columns r - width .. r, so that both the factorisation and the solves run
 * along rows. The matrices here are M-matrices (discrete diffusion), for which elimination without pivoting is stable.
 */

export interface BandMatrix {
  readonly size: number;
  /** Number of subdiagonals. */
  readonly width: number;
  /** Before `factor` the lower half of the matrix, after it L with D on the diagonal. */
  readonly values: Float64Array;
}

export function createBandMatrix(size: number, width: number): BandMatrix {
  return { size, width, values: new Float64Array(size * (width + 1)) };
}

/** Replaces the matrix by its factors. */
export function factor({ size, width, values }: BandMatrix): void {
  const stride = width + 1;
  for (let row = 0; row < size; row++) {
    const rowStart = row * stride;
    const first = Math.max(0, row - width);
    let diagonal = values[rowStart + width]!;
    // Entries of row `row` are first held multiplied by D, and divided when the row is complete.
    for (let column = first; column < row; column++) {
      const columnStart = column * stride;
      const from = Math.max(first, column - width);
      let sum = values[rowStart + column - row + width]!;
      const rowShift = rowStart - row + width;
      const columnShift = columnStart - column + width;
      for (let k = from; k < column; k++) sum -= values[rowShift + k]! * values[columnShift + k]!;
      values[rowShift + column] = sum;
    }
    for (let column = first; column < row; column++) {
      const at = rowStart + column - row + width;
      const scaled = values[at]!;
      const entry = scaled / values[column * stride + width]!;
      diagonal -= scaled * entry;
      values[at] = entry;
    }
    values[rowStart + width] = diagonal;
  }
}

/** Solves in place with the factors. */
export function solve({ size, width, values }: BandMatrix, x: Float64Array): void {
  const stride = width + 1;
  for (let row = 0; row < size; row++) {
    const shift = row * stride - row + width;
    let sum = x[row]!;
    for (let column = Math.max(0, row - width); column < row; column++) sum -= values[shift + column]! * x[column]!;
    x[row] = sum;
  }
  for (let row = 0; row < size; row++) x[row] = x[row]! / values[row * stride + width]!;
  for (let row = size - 1; row > 0; row--) {
    const shift = row * stride - row + width;
    const value = x[row]!;
    for (let column = Math.max(0, row - width); column < row; column++)
      x[column] = x[column]! - values[shift + column]! * value;
  }
}
