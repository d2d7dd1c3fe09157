/**
 * A strip's part of the deflated conjugate gradient method; the scalars and the coarse problem are the driver's
 * (linear-solver.ts explains the method).
 *
 * Every function runs before the neighbours' rows of `preconditioned` are known, or after, as its name says. A vector
 * that is constant in each block is given by its block values, strip after strip, so the halo of such a vector needs
 * no exchange.
 */
import { multiply, solveBlock } from './linear-system.ts';
import { type Strip, Touch } from './strip.ts';

/** Starts a solution: takes the coarse part out of the residual and preconditions what is left. */
export function projectResidual(strip: Strip, blockValues: Float64Array): void {
  const { system, search } = strip;
  const { correction, coarse, coarseImage, direction, directionImage, preconditioned } = search;
  spread(strip, blockValues);
  multiply(system, coarse, coarseImage);
  for (let node = 0; node < correction.length; node++) {
    correction[node] = coarse[node + strip.columns]!;
    system.residual[node]! -= coarseImage[node]!;
  }
  direction.fill(0);
  directionImage.fill(0);
  solveBlock(system, preconditioned);
}

/** One iteration: makes the preconditioned residual A-orthogonal to the coarse space, and steps along it. */
export function advance(strip: Strip, alpha: number, beta: number, blockValues: Float64Array): void {
  const { system, search, columns } = strip;
  const { correction, coarse, coarseImage, direction, directionImage } = search;
  const { preconditioned, preconditionedImage } = search;
  spread(strip, blockValues);
  multiply(system, coarse, coarseImage);
  for (let node = 0; node < correction.length; node++) {
    const along = preconditioned[node + columns]! - coarse[node + columns]! + beta * direction[node]!;
    const image = preconditionedImage[node]! - coarseImage[node]! + beta * directionImage[node]!;
    direction[node] = along;
    directionImage[node] = image;
    correction[node]! += alpha * along;
    system.residual[node]! -= alpha * image;
  }
  solveBlock(system, preconditioned);
}

/**
 * The strip's share of what the driver needs, once the halo rows of the preconditioned residual y are in: the sum of
 * the residual's sizes, r.y, y.Ay and, per block, the sum of Ay.
 */
export function sumSearch(strip: Strip): Float64Array {
  const { system, search, columns } = strip;
  const { preconditioned, preconditionedImage } = search;
  multiply(system, preconditioned, preconditionedImage);
  let residualDot = 0;
  let imageDot = 0;
  for (let node = 0; node < preconditionedImage.length; node++) {
    const y = preconditioned[node + columns]!;
    residualDot += system.residual[node]! * y;
    imageDot += y * preconditionedImage[node]!;
  }
  return Float64Array.of(residualSize(strip), residualDot, imageDot, ...blockSums(strip, preconditionedImage));
}

/** In flux and charge the residuals of all nodes are alike, so their plain sum says how far the solution is. */
function residualSize({ system }: Strip): number {
  let sum = 0;
  for (let node = 0; node < system.residual.length; node++) sum += Math.abs(system.residual[node]!);
  return sum;
}

/** Per block, the sum of a plain vector over the nodes that are not contacts. */
export function blockSums(strip: Strip, values: Float64Array): Float64Array {
  const { rows, columns, blocks, blockStarts, contact } = strip;
  const sums = new Float64Array(blocks);
  for (let row = 0; row < rows; row++) {
    for (let block = 0; block < blocks; block++) {
      for (let column = blockStarts[block]!; column < blockStarts[block + 1]!; column++) {
        const node = row * columns + column;
        if (contact[node + columns] === Touch.nothing) sums[block]! += values[node]!;
      }
    }
  }
  return sums;
}

/** Writes a block-wise constant vector into `coarse`, halo rows included; contact nodes stay 0. */
function spread(strip: Strip, blockValues: Float64Array): void {
  const { index, strips, rows, columns, blocks, blockStarts, contact } = strip;
  const { coarse } = strip.search;
  for (let row = -1; row <= rows; row++) {
    const owner = row < 0 ? index - 1 : row === rows ? index + 1 : index;
    if (owner < 0 || owner >= strips) continue;
    for (let block = 0; block < blocks; block++) {
      const value = blockValues[owner * blocks + block]!;
      for (let column = blockStarts[block]!; column < blockStarts[block + 1]!; column++) {
        const node = (row + 1) * columns + column;
        coarse[node] = contact[node] === Touch.nothing ? value : 0;
      }
    }
  }
}

/**
 * The strip's share of an assembled system: the sum of the residual's sizes, and of the coarse problem, per block, the diagonal, the link to the next block and the link to the
 * same block of the strip below of Z^T A Z, and the sum of the residual; Z are the indicator functions of the blocks.
 * Z^T A Z has the five-point shape of A itself, with a block for a node.
 */
export function sumAssembly(strip: Strip): Float64Array {
  const { rows, columns, blocks, blockStarts, system } = strip;
  const diagonal = blockSums(strip, system.diagonal);
  const east = new Float64Array(blocks);
  const south = new Float64Array(blocks);
  for (let block = 0; block < blocks; block++) {
    const first = blockStarts[block]!;
    const next = blockStarts[block + 1]!;
    for (let row = 0; row < rows; row++) {
      for (let column = first; column < next; column++) {
        const node = row * columns + column;
        if (row > 0) diagonal[block]! -= 2 * system.south[node]!;
        if (column < next - 1) diagonal[block]! -= 2 * system.east[node]!;
      }
      east[block]! += system.east[row * columns + next - 1]!;
    }
    for (let column = first; column < next; column++) south[block]! += system.south[rows * columns + column]!;
  }
  return Float64Array.of(residualSize(strip), ...diagonal, ...east, ...south, ...blockSums(strip, system.residual));
}
