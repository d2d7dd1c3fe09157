/**
 * Gummel's block iteration: Poisson's equation with the quasi-Fermi levels held, then electrons, then holes, until the
 * potential stands still and the same current flows through every row.
 *
 * The carriers' own changes would not do as a test: in reverse bias their unknowns span tens of decades, and the
 * current of the majority carriers hangs on the smallest.
 */
import { ConvergenceError, type Method, type Strips, solveLinear } from './linear-solver.ts';
import type { Equation } from './strip.ts';

/** Change of the potential, in kT/q, and relative variation of the current at which a bias point is done. */
const potentialTolerance = 1e-6;
const currentTolerance = 1e-4;

/** After a bias step the potential alone is relaxed to this, in kT/q, before the carriers are asked to follow. */
const firstPotentialTolerance = 1e-2;

/** A bias step of 5 V takes 80: far from the solution, steps are cut to their logarithm. */
const newtonStepsMax = 200;
const gummelIterationsMax = 100;

/** How a bias point converged. */
export interface Convergence {
  /** Largest change of the potential in each iteration, kT/q. */
  readonly potentialChanges: readonly number[];
  readonly linearSystems: number;
  readonly linearIterations: number;
}

export class Gummel {
  readonly #strips: Strips;
  #linearSystems = 0;
  #linearIterations = 0;

  constructor(strips: Strips) {
    this.#strips = strips;
  }

  /** Solves the device without bias, from nothing: the quasi-Fermi levels are flat, Poisson's equation is all. */
  async solveEquilibrium(): Promise<Convergence> {
    await this.#strips.step({ kind: 'restart' });
    return this.#report(await this.#relaxPotential(potentialTolerance));
  }

  /** Moves the anode to `bias`, in kT/q, from the state reached before. */
  async solveBias(bias: number): Promise<Convergence> {
    await this.#strips.step({ kind: 'bias', bias });
    const changes = [Math.max(...(await this.#relaxPotential(firstPotentialTolerance)))];
    let method: Method = 'conjugate gradients';
    for (let iteration = 0; iteration < gummelIterationsMax; iteration++) {
      await this.#solve('electrons', method);
      await this.#solve('holes', method);
      const potentialChange = await this.#solve('potential', 'conjugate gradients');
      changes.push(potentialChange);
      if (potentialChange > potentialTolerance) continue;
      if (await this.#isCurrentConstant()) return this.#report(changes);
      // What is left is too small in energy for conjugate gradients.
      method = 'chebyshev';
    }
    throw new ConvergenceError(`Gummel's iteration did not converge in ${gummelIterationsMax} iterations`);
  }

  /** The first iteration behind a bias step, converged or not: a sample of what solving costs. */
  async sample(bias: number): Promise<Convergence> {
    await this.#strips.step({ kind: 'bias', bias });
    for (const equation of ['potential', 'electrons', 'holes'] as const)
      await this.#solve(equation, 'conjugate gradients');
    return this.#report([]);
  }

  /** Newton's method for the potential alone; returns the change in each step. */
  async #relaxPotential(tolerance: number): Promise<number[]> {
    const changes: number[] = [];
    while (changes.length < newtonStepsMax) {
      const change = await this.#solve('potential', 'conjugate gradients');
      changes.push(change);
      if (change <= tolerance) return changes;
    }
    throw new ConvergenceError(`Newton's method for the potential did not converge in ${newtonStepsMax} steps`);
  }

  async #isCurrentConstant(): Promise<boolean> {
    const shares = await this.#strips.step({ kind: 'current' });
    // The last row has no face below it.
    const currents = shares.flatMap((share) => [...share]).slice(0, -1);
    return Math.max(...currents) - Math.min(...currents) <= currentTolerance * Math.abs(currents[0]!);
  }

  /** One linear system; returns the largest change it made. */
  async #solve(equation: Equation, method: Method): Promise<number> {
    const assembled = await this.#strips.step({ kind: 'assemble', equation });
    this.#linearIterations += await solveLinear(this.#strips, assembled, method);
    this.#linearSystems += 1;
    const changes = await this.#strips.step({ kind: 'correct' });
    return changes.reduce((largest, [change]) => Math.max(largest, change!), 0);
  }

  #report(potentialChanges: readonly number[]): Convergence {
    const convergence = {
      potentialChanges,
      linearSystems: this.#linearSystems,
      linearIterations: this.#linearIterations,
    };
    this.#linearSystems = 0;
    this.#linearIterations = 0;
    return convergence;
  }
}
