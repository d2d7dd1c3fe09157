/**
 * The three equations of the drift-diffusion model on a strip, by the box method, each linearised about the present
 * state and solved for a correction:
 *
 *   potential   lambda^2 laplace(psi) = n - p - N                 Newton, quasi-Fermi levels held
 *   electrons   div(Dn exp(psi) grad(electrons)) = R              linear in `electrons`, psi and holes held
 *   holes       div(Dp exp(bias - psi) grad(holes)) = R           linear in `holes`, psi and electrons held
 *
 * Each is a conservation law: the residual of a node is what flows into its box less what is consumed there. With
 * Scharfetter and Gummel's flux between two nodes all three matrices are symmetric M-matrices.
 */
import { factorBlock } from './linear-system.ts';
import { debyeLengthSquaredCm2 } from './silicon.ts';
import { type Equation, type Strip, Touch } from './strip.ts';

/** Assembles and factors the system of an equation; the halo rows of the state must be up to date. */
export function assemble(strip: Strip, equation: Equation): void {
  strip.equation = equation;
  fillLinks(strip);
  balanceFlows(strip);
  if (equation === 'potential') subtractCharge(strip);
  else subtractRecombination(strip);
  pinContacts(strip);
  factorBlock(strip.system);
}

/** The unknowns of the assembled equation, with halo rows. */
export function unknowns(strip: Strip): Float64Array {
  return strip[strip.equation];
}

/** Flow through the face between two nodes, a unit distance apart, per unit difference of their unknowns. */
export function conductance(strip: Strip, equation: Equation, from: number, to: number): number {
  if (equation === 'potential') return debyeLengthSquaredCm2;
  const { potential, electronDiffusivity, holeDiffusivity, bias } = strip;
  const mean = (potential[from]! + potential[to]!) / 2;
  const drop = sinhRatio((potential[to]! - potential[from]!) / 2);
  if (equation === 'electrons') {
    return ((electronDiffusivity[from]! + electronDiffusivity[to]!) / 2) * Math.exp(mean) * drop;
  }
  return ((holeDiffusivity[from]! + holeDiffusivity[to]!) / 2) * Math.exp(bias - mean) * drop;
}

/**
 * x / sinh x. Scharfetter and Gummel's flux, written for Slotboom's variables, is
 * exp(mean psi) * (d / 2) / sinh(d / 2) with d the potential difference, which is symmetric in the two nodes.
 */
function sinhRatio(x: number): number {
  // The first term that is left out is below rounding.
  return Math.abs(x) < 1e-4 ? 1 - (x * x) / 6 : x / Math.sinh(x);
}

function fillLinks(strip: Strip): void {
  const { rows, columns, equation, system, depthGaps, boxDepths, lateralGaps, boxWidths } = strip;
  const { east, south } = system;
  for (let row = 0; row <= rows; row++) {
    for (let column = 0; column < columns; column++) {
      const link = row * columns + column;
      // `link` is also the haloed number of the node above, `link + columns` that of the node itself.
      south[link] =
        depthGaps[row] === 0
          ? 0
          : (conductance(strip, equation, link, link + columns) * boxWidths[column]!) / depthGaps[row]!;
      if (row === rows || column === columns - 1) continue;
      const node = link + columns;
      east[link] = (conductance(strip, equation, node, node + 1) * boxDepths[row]!) / lateralGaps[column]!;
    }
  }
}

/** Residual: what flows into each box. Diagonal: the sum of a node's links. */
function balanceFlows(strip: Strip): void {
  const { rows, columns } = strip;
  const { diagonal, east, south, residual } = strip.system;
  const u = unknowns(strip);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const node = row * columns + column;
      const center = node + columns;
      const up = south[node]!;
      const down = south[center]!;
      const left = column > 0 ? east[node - 1]! : 0;
      const right = column < columns - 1 ? east[node]! : 0;
      const value = u[center]!;
      let inflow = up * (u[node]! - value) + down * (u[center + columns]! - value);
      if (column > 0) inflow += left * (u[center - 1]! - value);
      if (column < columns - 1) inflow += right * (u[center + 1]! - value);
      residual[node] = inflow;
      diagonal[node] = up + down + left + right;
    }
  }
}

function subtractCharge(strip: Strip): void {
  const { rows, columns, boxDepths, boxWidths, doping, system } = strip;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const node = row * columns + column;
      const center = node + columns;
      const volume = boxDepths[row]! * boxWidths[column]!;
      const n = electronDensity(strip, center);
      const p = holeDensity(strip, center);
      system.residual[node]! -= volume * (n - p - doping[center]!);
      system.diagonal[node]! += volume * (n + p);
    }
  }
}

/** Shockley-Read-Hall recombination by a trap at midgap, linear in the unknown, its denominator from the last state. */
function subtractRecombination(strip: Strip): void {
  const { rows, columns, boxDepths, boxWidths, electrons, holes, bias, electronLifetimeS, holeLifetimeS } = strip;
  const { residual, diagonal } = strip.system;
  const biasFactor = Math.exp(bias);
  const biasExcess = Math.expm1(bias);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const node = row * columns + column;
      const center = node + columns;
      const volume = boxDepths[row]! * boxWidths[column]!;
      const n = electronDensity(strip, center);
      const p = holeDensity(strip, center);
      const denominator = holeLifetimeS * (n + 1) + electronLifetimeS * (p + 1);
      const e = electrons[center]!;
      const h = holes[center]!;
      // np - 1, written so that nothing cancels near equilibrium, where it vanishes, nor overflows at high bias.
      const excess = biasExcess + biasFactor * (e + h) + biasFactor * e * h;
      const slope = biasFactor * (1 + (strip.equation === 'electrons' ? h : e));
      residual[node]! -= (volume * excess) / denominator;
      diagonal[node]! += (volume * slope) / denominator;
    }
  }
}

/** Contact nodes are given, so their equation becomes "no correction" and their links leave the matrix. */
function pinContacts(strip: Strip): void {
  const { rows, columns, contact } = strip;
  const { diagonal, east, south, residual } = strip.system;
  for (let row = 0; row <= rows; row++) {
    for (let column = 0; column < columns; column++) {
      const link = row * columns + column;
      const node = link + columns;
      const isPinned = contact[node] !== Touch.nothing;
      if (isPinned || contact[link] !== Touch.nothing) south[link] = 0;
      if (row === rows) continue;
      if (column === columns - 1 || isPinned || contact[node + 1] !== Touch.nothing) east[link] = 0;
      if (!isPinned) continue;
      diagonal[link] = 1;
      residual[link] = 0;
    }
  }
}

/** Electron density of a haloed node in units of the intrinsic one. */
export function electronDensity({ potential, electrons }: Strip, node: number): number {
  return Math.exp(potential[node]!) * (1 + electrons[node]!);
}

/** Hole density of a haloed node in units of the intrinsic one. */
export function holeDensity({ potential, holes, bias }: Strip, node: number): number {
  return Math.exp(bias - potential[node]!) * (1 + holes[node]!);
}
