/**
 * The coarse problem: one unknown per block of a strip, solved by the driver.
 *
 * It carries what a strip cannot see by itself: a quasi-Fermi level that is flat over many strips, or a current that
 * runs through all of them. Its matrix is gathered once per linear system and factored; it is tiny (strips * blocks).
 */
import { type BandMatrix, createBandMatrix, factor, solve } from './band-matrix.ts';
import type { Share } from './step.ts';

export interface CoarseProblem {
  readonly matrix: BandMatrix;
  /** Right-hand side of the assembled system, block by block. */
  readonly residual: Float64Array;
}

/** Folds the strips' shares of an assembly (see `sumAssembly`), in the order of the strips. */
export function createCoarseProblem(shares: readonly Share[]): CoarseProblem {
  const blocks = (shares[0]!.length - 1) / 4;
  const size = shares.length * blocks;
  const matrix = createBandMatrix(size, blocks);
  const residual = new Float64Array(size);
  const { width, values } = matrix;
  const stride = width + 1;
  shares.forEach((whole, strip) => {
    const share = whole.subarray(1);
    for (let block = 0; block < blocks; block++) {
      const unknown = strip * blocks + block;
      const diagonal = share[block]!;
      // A block made of contact nodes alone has no unknown.
      values[unknown * stride + width] = diagonal === 0 ? 1 : diagonal;
      if (block < blocks - 1) values[(unknown + 1) * stride + width - 1]! -= share[blocks + block]!;
      if (strip < shares.length - 1) values[(unknown + blocks) * stride]! -= share[2 * blocks + block]!;
      residual[unknown] = share[3 * blocks + block]!;
    }
  });
  factor(matrix);
  return { matrix, residual };
}

/** The blocks' sums of a vector, times the inverse of the coarse matrix. */
export function solveCoarse({ matrix }: CoarseProblem, sums: Float64Array): Float64Array {
  const solution = sums.slice();
  solve(matrix, solution);
  return solution;
}
