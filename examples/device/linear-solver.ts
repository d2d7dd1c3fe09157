/**
 * The driver's part of the solution of a linear system A x = r, with one exchange of boundary rows and one reduction
 * per iteration.
 *
 * With y = M r the residual preconditioned by the strips' own blocks, Z the coarse space and
 * P = 1 - Z (Z^T A Z)^-1 Z^T A, an iteration steps along a direction made of z = P y (deflation: the coarse space is
 * solved exactly throughout; Frank and Vuik, SIAM J. Sci. Comput. 23, 442, 2001). Two methods choose the steps:
 *
 * - Conjugate gradients, the faster one. A strip cannot form z before the coarse problem is solved, but r.z and z.Az, of
 *   which the next step is made, follow from sums over y: Z^T r = 0, so r.z = r.y, and z.Az = y.Ay - s.(Z^T A Z)^-1 s
 *   with s = Z^T A y. That folds all reductions of an iteration into one (Chronopoulos and Gear, J. Comput. Appl. Math.
 *   25, 153, 1989).
 * - Chebyshev's, whose steps depend on the spectrum alone. Conjugate gradients see the error through its energy, and
 *   in strong reverse bias the rounding errors of one side of the junction have more energy than all that is wrong on
 *   the other; this method works on both alike.
 *
 * Invariant: shares are added in the order of the strips, so the numbers do not depend on where strips live.
 */
import { type CoarseProblem, createCoarseProblem, solveCoarse } from './coarse.ts';
import type { Command, Share } from './step.ts';

/** The strips of the device as the driver sees them: carries a command out on all, returns their shares in order. */
export interface Strips {
  step(command: Command): Promise<readonly Share[]>;
}

export type Method = 'conjugate gradients' | 'chebyshev';

export class ConvergenceError extends Error {
  override readonly name = 'ConvergenceError';
}

/** Conjugate gradients reduce the error by this factor, in the norm of the energy. */
const errorReduction = 1e-4;

/** They also end when the sum of the residuals' sizes has fallen by this factor: what is left is rounding. */
const residualFloor = 1e-10;

/** Chebyshev's method reduces the sum of the residuals' sizes by this factor. */
const residualReduction = 1e-3;

/**
 * Bounds of the spectrum of M^-1 A. The upper one is a theorem: strips can be painted in two colours so that no two of
 * a colour touch. The lower one was measured; modes below it converge more slowly, and none diverges.
 */
const spectrum = { min: 0.01, max: 2 };

/** Limit: most systems need 10 to 60. What is left then is for Gummel's next iteration. */
const iterationsMax = 200;

/** Solves the system whose assembly gave `assembled`; the solution stays in the strips. Returns the iterations. */
export async function solveLinear(strips: Strips, assembled: readonly Share[], method: Method): Promise<number> {
  const coarse = createCoarseProblem(assembled);
  const initialSize = assembled.reduce((sum, [size]) => sum + size!, 0);
  let sums = addShares(await strips.step({ kind: 'project', coarse: solveCoarse(coarse, coarse.residual) }));
  const steps = method === 'chebyshev' ? new ChebyshevSteps() : new ConjugateSteps();
  const initialEnergy = sums.energy;
  for (let iteration = 0; iteration < iterationsMax; iteration++) {
    const { residualSize, energy } = sums;
    if (!Number.isFinite(energy)) throw new ConvergenceError('the linear solver met a number that is not finite');
    const isSolved =
      method === 'chebyshev'
        ? residualSize <= residualReduction * initialSize
        : energy <= errorReduction ** 2 * initialEnergy;
    if (isSolved || residualSize <= residualFloor * initialSize) return iteration;
    const { alpha, beta, blockValues } = steps.next(sums, coarse);
    sums = addShares(await strips.step({ kind: 'iterate', alpha, beta, coarse: blockValues }));
  }
  return iterationsMax;
}

/** The next direction is z + beta * direction, the step alpha along it. */
interface Step {
  readonly alpha: number;
  readonly beta: number;
  /** What P takes off y. */
  readonly blockValues: Float64Array;
}

class ConjugateSteps {
  #last: { readonly alpha: number; readonly energy: number } | undefined = undefined;

  next({ energy, curvature, blockSums }: Sums, coarse: CoarseProblem): Step {
    const blockValues = solveCoarse(coarse, blockSums);
    const deflated = curvature - dot(blockSums, blockValues);
    const beta = this.#last === undefined ? 0 : energy / this.#last.energy;
    const alpha = energy / (this.#last === undefined ? deflated : deflated - (beta * energy) / this.#last.alpha);
    this.#last = { alpha, energy };
    return { alpha, beta, blockValues };
  }
}

/** Barrett et al., Templates for the Solution of Linear Systems, SIAM 1994, section 2.3.9. */
class ChebyshevSteps {
  #count = 0;
  #lastAlpha = 1;

  next({ blockSums }: Sums, coarse: CoarseProblem): Step {
    const center = (spectrum.max + spectrum.min) / 2;
    const radius = (spectrum.max - spectrum.min) / 2;
    const last = this.#lastAlpha;
    const beta = this.#count === 0 ? 0 : (radius * last) ** 2 / (this.#count === 1 ? 2 : 4);
    const alpha = 1 / (center - beta / last);
    this.#count += 1;
    this.#lastAlpha = alpha;
    return { alpha, beta, blockValues: solveCoarse(coarse, blockSums) };
  }
}

interface Sums {
  readonly residualSize: number;
  /** r.y and y.Ay. */
  readonly energy: number;
  readonly curvature: number;
  readonly blockSums: Float64Array;
}

/** Adds up what `sumSearch` returned. */
function addShares(shares: readonly Share[]): Sums {
  const blocks = shares[0]!.length - 3;
  const blockSums = new Float64Array(shares.length * blocks);
  let residualSize = 0;
  let energy = 0;
  let curvature = 0;
  shares.forEach((share, strip) => {
    residualSize += share[0]!;
    energy += share[1]!;
    curvature += share[2]!;
    blockSums.set(share.subarray(3), strip * blocks);
  });
  return { residualSize, energy, curvature, blockSums };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
