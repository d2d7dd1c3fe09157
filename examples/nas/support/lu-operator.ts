/**
 * R(u) of NAS LU: what convection, viscosity and dissipation change at each point inside the cube. Each axis is a pass over its lines;
 * fluxes are made once a point and used by both of its neighbours.
 */
import type { Pencil } from './lu-grid.ts';
import { c1, c2, conduction, dissipation, fourth, unknowns, viscosity } from './lu-problem.ts';

/** into = R(u) inside the cube; untouched elsewhere. */
export class Operator {
  readonly #pencil: Pencil;
  /** Of the points of one line: convective fluxes, and velocities, their square, and energy per mass. */
  readonly #fluxes: Float64Array;
  readonly #speeds: Float64Array;

  constructor(pencil: Pencil) {
    this.#pencil = pencil;
    this.#fluxes = new Float64Array(unknowns * (pencil.n + 2));
    this.#speeds = new Float64Array(unknowns * (pencil.n + 2));
  }

  apply(u: Float64Array, into: Float64Array): void {
    const pencil = this.#pencil;
    const [x, y] = [pencil.inside(0), pencil.inside(1)];
    const { n, first } = pencil;
    for (let k = 1; k < n - 1; k++) {
      for (let j = y[0]; j < y[1]; j++) {
        const row = pencil.at(x[0], j, k);
        into.fill(0, row, row + unknowns * (x[1] - x[0]));
        this.#line(u, into, 0, row, x[1] - x[0], first[0] + x[0]);
      }
      for (let i = x[0]; i < x[1]; i++) this.#line(u, into, 1, pencil.at(i, y[0], k), y[1] - y[0], first[1] + y[0]);
    }
    for (let j = y[0]; j < y[1]; j++)
      for (let i = x[0]; i < x[1]; i++) this.#line(u, into, 2, pencil.at(i, j, 1), n - 2, 1);
  }

  /** Adds what one line says: `count` points from `at` on, the first of which is point `position` of the cube. */
  #line(u: Float64Array, into: Float64Array, axis: 0 | 1 | 2, at: number, count: number, position: number): void {
    const stride = this.#pencil.strides[axis];
    const { n } = this.#pencil;
    prepare(u, at - stride, stride, count + 2, axis, this.#fluxes, this.#speeds);
    addFluxes(into, at, stride, count, axis, n, this.#fluxes, this.#speeds);
    addDifferences(u, into, at, stride, count, dissipation[axis] * (n - 1) ** 2, position, n);
  }
}

function prepare(
  u: Float64Array,
  start: number,
  stride: number,
  count: number,
  axis: 0 | 1 | 2,
  fluxes: Float64Array,
  speeds: Float64Array,
): void {
  for (let p = 0, at = start, to = 0; p < count; p++, at += stride, to += unknowns) {
    const perMass = 1 / u[at]!;
    const v1 = u[at + 1]! * perMass;
    const v2 = u[at + 2]! * perMass;
    const v3 = u[at + 3]! * perMass;
    const energy = u[at + 4]!;
    const w = axis === 0 ? v1 : axis === 1 ? v2 : v3;
    const square = v1 * v1 + v2 * v2 + v3 * v3;
    const kinetic = 0.5 * square * u[at]!;
    const pressure = c2 * (energy - kinetic);
    fluxes[to] = u[at]! * w;
    fluxes[to + 1] = u[at + 1]! * w + (axis === 0 ? pressure : 0);
    fluxes[to + 2] = u[at + 2]! * w + (axis === 1 ? pressure : 0);
    fluxes[to + 3] = u[at + 3]! * w + (axis === 2 ? pressure : 0);
    fluxes[to + 4] = (c1 * energy - c2 * kinetic) * w;
    speeds[to] = v1;
    speeds[to + 1] = v2;
    speeds[to + 2] = v3;
    // What drives the energy: 1.96 D(E/ρ) - 0.48 D(|v|²) + D(w²) / 6.
    speeds[to + 3] = conduction * energy * perMass + 0.5 * (1 - conduction) * square + (w * w) / 6;
  }
}

function addFluxes(
  into: Float64Array,
  start: number,
  stride: number,
  count: number,
  axis: 0 | 1 | 2,
  n: number,
  fluxes: Float64Array,
  speeds: Float64Array,
): void {
  const convect = (n - 1) / 2;
  const diffuse = viscosity * (n - 1) ** 2;
  const k1 = axis === 0 ? 4 / 3 : 1;
  const k2 = axis === 1 ? 4 / 3 : 1;
  const k3 = axis === 2 ? 4 / 3 : 1;
  for (let p = 0, at = start, c = unknowns; p < count; p++, at += stride, c += unknowns) {
    const a = c - unknowns;
    const b = c + unknowns;
    into[at] = into[at]! - convect * (fluxes[b]! - fluxes[a]!);
    into[at + 1] =
      into[at + 1]! -
      convect * (fluxes[b + 1]! - fluxes[a + 1]!) +
      diffuse * k1 * (speeds[b]! - 2 * speeds[c]! + speeds[a]!);
    into[at + 2] =
      into[at + 2]! -
      convect * (fluxes[b + 2]! - fluxes[a + 2]!) +
      diffuse * k2 * (speeds[b + 1]! - 2 * speeds[c + 1]! + speeds[a + 1]!);
    into[at + 3] =
      into[at + 3]! -
      convect * (fluxes[b + 3]! - fluxes[a + 3]!) +
      diffuse * k3 * (speeds[b + 2]! - 2 * speeds[c + 2]! + speeds[a + 2]!);
    into[at + 4] =
      into[at + 4]! -
      convect * (fluxes[b + 4]! - fluxes[a + 4]!) +
      diffuse * (speeds[b + 3]! - 2 * speeds[c + 3]! + speeds[a + 3]!);
  }
}

/** Second differences, and fourth ones, which are one-sided at the two points next to a face. */
function addDifferences(
  u: Float64Array,
  into: Float64Array,
  start: number,
  stride: number,
  count: number,
  second: number,
  position: number,
  n: number,
): void {
  for (let p = 0, at = start; p < count; p++, at += stride) {
    const here = position + p;
    const beyondLow = here > 2 ? 1 : 0;
    const low = here > 1 ? -4 : 0;
    const high = here < n - 2 ? -4 : 0;
    const beyondHigh = here < n - 3 ? 1 : 0;
    const centre = here === 1 || here === n - 2 ? 5 : 6;
    for (let c = at; c < at + unknowns; c++) {
      const [before, after] = [u[c - stride]!, u[c + stride]!];
      const bend =
        beyondLow * u[c - 2 * stride]! + low * before + centre * u[c]! + high * after + beyondHigh * u[c + 2 * stride]!;
      into[c] = into[c]! + second * (before - 2 * u[c]! + after) - fourth * bend;
    }
  }
}
