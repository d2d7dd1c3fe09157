/** Numbers of NAS LU that no grid changes: the gas, the dissipation, and the exact solution. */

/** State at a point: density, momentum along x, y, z, energy. */
export const unknowns = 5;

export const c1 = 1.4;
export const c2 = 0.4;
/** Viscosity, and the conduction of heat beside it. */
export const viscosity = 0.1;
export const conduction = 1.96;
/** Of the second difference along x, y and z. */
export const dissipation: readonly [number, number, number] = [0.75, 0.75, 1];
/** Of the fourth difference. */
export const fourth = 0.25;
export const omega = 1.2;

/** The exact solution: for each unknown 1, then x y z, x² y² z², x³ y³ z³, x⁴ y⁴ z⁴. */
const coefficients: readonly (readonly number[])[] = [
  [2, 0, 0, 4, 5, 3, 0.5, 0.02, 0.01, 0.03, 0.5, 0.4, 0.3],
  [1, 0, 0, 0, 1, 2, 3, 0.01, 0.03, 0.02, 0.4, 0.3, 0.5],
  [2, 2, 0, 0, 0, 2, 3, 0.04, 0.03, 0.05, 0.3, 0.5, 0.4],
  [2, 2, 0, 0, 0, 2, 3, 0.03, 0.05, 0.04, 0.2, 0.1, 0.3],
  [5, 4, 3, 2, 0.1, 0.4, 0.3, 0.05, 0.04, 0.03, 0.1, 0.3, 0.2],
];

/** An unknown of the exact solution; coordinates from 0 to 1. */
export function exact(unknown: number, x: number, y: number, z: number): number {
  const e = coefficients[unknown]!;
  let value = e[0]!;
  for (const [axis, at] of [x, y, z].entries())
    value += at * (e[1 + axis]! + at * (e[4 + axis]! + at * (e[7 + axis]! + at * e[10 + axis]!)));
  return value;
}

/** Where the run begins: exact on the faces of the cube, blended between them. */
export function initial(unknown: number, x: number, y: number, z: number): number {
  const p = (1 - x) * exact(unknown, 0, y, z) + x * exact(unknown, 1, y, z);
  const q = (1 - y) * exact(unknown, x, 0, z) + y * exact(unknown, x, 1, z);
  const s = (1 - z) * exact(unknown, x, y, 0) + z * exact(unknown, x, y, 1);
  return p + q + s - p * q - q * s - s * p + p * q * s;
}
