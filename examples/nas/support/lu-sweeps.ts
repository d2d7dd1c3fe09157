/**
 * The two sweeps of an SSOR step of NAS LU. The 5 x 5 blocks are never made: what a block does to a vector is the derivative of the
 * fluxes in its direction.
 */
import type { Direction, Pencil } from './lu-grid.ts';
import { c1, c2, conduction, dissipation, omega, unknowns, viscosity } from './lu-problem.ts';

const heat = viscosity * conduction;
/** Of momentum in viscous terms, over all three axes: 4/3 along one, 1 along two. */
const viscousAll = viscosity * (10 / 3);
const dissipationAll = dissipation[0] + dissipation[1] + dissipation[2];

export class Sweeps {
  readonly #pencil: Pencil;
  readonly #dt: number;
  readonly #sum = new Float64Array(unknowns);

  constructor(pencil: Pencil, dt: number) {
    this.#pencil = pencil;
    this.#dt = dt;
  }

  /** Direction 1: v ← D⁻¹ (v - ω L v); -1: v ← v - D⁻¹ ω U v; points in the order of the direction. */
  async run(u: Float64Array, v: Float64Array, direction: Direction): Promise<void> {
    const { n } = this.#pencil;
    for (let step = 1; step < n - 1; step++) {
      const k = direction === 1 ? step : n - 1 - step;
      await this.#pencil.receiveEdges(v, k, direction);
      if (direction === 1) this.#plane(u, v, k, 1);
      else this.#plane(u, v, k, -1);
      await this.#pencil.sendEdges(v, k, direction);
    }
  }

  #plane(u: Float64Array, v: Float64Array, k: number, direction: Direction): void {
    const pencil = this.#pencil;
    const [x, y] = [pencil.inside(0), pencil.inside(1)];
    const rows = y[1] - y[0];
    const points = x[1] - x[0];
    const first = pencil.at(direction === 1 ? x[0] : x[1] - 1, direction === 1 ? y[0] : y[1] - 1, k);
    const [sx, sy, sz] = pencil.strides;
    const { n } = pencil;
    for (let row = 0; row < rows; row++)
      sweepRow(u, v, first + direction * row * sy, points, direction, sx, sy, sz, this.#dt, n, this.#sum);
  }
}

function sweepRow(
  u: Float64Array,
  v: Float64Array,
  start: number,
  points: number,
  direction: Direction,
  sx: number,
  sy: number,
  sz: number,
  dt: number,
  n: number,
  sum: Float64Array,
): void {
  const convect = (-direction * dt * (n - 1)) / 2;
  const diffuse = -dt * (n - 1) ** 2;
  for (let p = 0, at = start; p < points; p++, at += direction * sx) {
    sum.fill(0);
    addBlock(u, v, at - direction * sz, 2, convect, diffuse, sum);
    addBlock(u, v, at - direction * sy, 1, convect, diffuse, sum);
    addBlock(u, v, at - direction * sx, 0, convect, diffuse, sum);
    solve(u, v, at, direction, -2 * diffuse, sum);
  }
}

/** sum += the block of an axis at a neighbour, times what v is there. */
function addBlock(
  u: Float64Array,
  v: Float64Array,
  at: number,
  axis: 0 | 1 | 2,
  convect: number,
  diffuse: number,
  sum: Float64Array,
): void {
  const perMass = 1 / u[at]!;
  const u1 = u[at + 1]! * perMass;
  const u2 = u[at + 2]! * perMass;
  const u3 = u[at + 3]! * perMass;
  const energy = u[at + 4]! * perMass;
  const d0 = v[at]!;
  const d4 = v[at + 4]!;
  const m1 = v[at + 1]!;
  const m2 = v[at + 2]!;
  const m3 = v[at + 3]!;
  // Changes of the velocities, times the density.
  const e1 = m1 - u1 * d0;
  const e2 = m2 - u2 * d0;
  const e3 = m3 - u3 * d0;
  const kinetic = 0.5 * (u1 * u1 + u2 * u2 + u3 * u3);
  const dKinetic = u1 * m1 + u2 * m2 + u3 * m3 - kinetic * d0;
  const w = axis === 0 ? u1 : axis === 1 ? u2 : u3;
  const dw = axis === 0 ? e1 : axis === 1 ? e2 : e3;
  const dPressure = c2 * (d4 - dKinetic);
  const spread = dissipation[axis];
  const k1 = viscosity * (axis === 0 ? 4 / 3 : 1);
  const k2 = viscosity * (axis === 1 ? 4 / 3 : 1);
  const k3 = viscosity * (axis === 2 ? 4 / 3 : 1);
  const momentum = axis === 0 ? m1 : axis === 1 ? m2 : m3;
  sum[0] = sum[0]! + convect * momentum + diffuse * spread * d0;
  sum[1] =
    sum[1]! + convect * (m1 * w + u1 * dw + (axis === 0 ? dPressure : 0)) + diffuse * (k1 * e1 * perMass + spread * m1);
  sum[2] =
    sum[2]! + convect * (m2 * w + u2 * dw + (axis === 1 ? dPressure : 0)) + diffuse * (k2 * e2 * perMass + spread * m2);
  sum[3] =
    sum[3]! + convect * (m3 * w + u3 * dw + (axis === 2 ? dPressure : 0)) + diffuse * (k3 * e3 * perMass + spread * m3);
  sum[4] =
    sum[4]! +
    convect * ((c1 * d4 - c2 * dKinetic) * w + (c1 * energy - c2 * kinetic) * dw) +
    diffuse *
      (perMass * ((k1 - heat) * u1 * e1 + (k2 - heat) * u2 * e2 + (k3 - heat) * u3 * e3 + heat * (d4 - energy * d0)) +
        spread * d4);
}

/** D is lower triangular. */
function solve(
  u: Float64Array,
  v: Float64Array,
  at: number,
  direction: Direction,
  scale: number,
  sum: Float64Array,
): void {
  const perMass = 1 / u[at]!;
  const u1 = u[at + 1]! * perMass;
  const u2 = u[at + 2]! * perMass;
  const u3 = u[at + 3]! * perMass;
  const energy = u[at + 4]! * perMass;
  const keep = direction === 1 ? 1 : 0;
  const base = 1 + scale * dissipationAll;
  const viscous = scale * viscousAll * perMass;
  const conductive = scale * 3 * heat * perMass;
  const y0 = (keep * v[at]! - omega * sum[0]!) / base;
  const y1 = (keep * v[at + 1]! - omega * sum[1]! + viscous * u1 * y0) / (base + viscous);
  const y2 = (keep * v[at + 2]! - omega * sum[2]! + viscous * u2 * y0) / (base + viscous);
  const y3 = (keep * v[at + 3]! - omega * sum[3]! + viscous * u3 * y0) / (base + viscous);
  const work = (viscous - conductive) * (u1 * (y1 - u1 * y0) + u2 * (y2 - u2 * y0) + u3 * (y3 - u3 * y0));
  const y4 = (keep * v[at + 4]! - omega * sum[4]! - work + conductive * energy * y0) / (base + conductive);
  const old = 1 - keep;
  v[at] = old * v[at]! + y0;
  v[at + 1] = old * v[at + 1]! + y1;
  v[at + 2] = old * v[at + 2]! + y2;
  v[at + 3] = old * v[at + 3]! + y3;
  v[at + 4] = old * v[at + 4]! + y4;
}
