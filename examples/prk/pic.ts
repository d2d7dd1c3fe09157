/**
 * PRK PIC: charged particles over a grid of fixed charges, alternating from column to column. Charges are such that each particle
 * moves 2k + 1 columns and m rows a step, so where it must be is known. Columns are cut among the ranks, and most particles
 * are on the left: the work is unequal, and moves. With `balance=n` ranks may move to other PEs every n steps.
 *
 *     charm4ts ampi examples/prk/pic.ts --vp 8 --pes 2 -- particles=100000 steps=100 balance=20
 */
import { type MPI, SUM } from 'charm4ts/ampi';
import { displacements } from '../support/displacements.ts';
import { settingsFrom } from '../support/settings.ts';
import { report, shareOf } from './report.ts';

/** x, y, velocities along both, charge, and where it began. */
const fields = 7;
const half = 0.5;
/** Of a particle in the middle of a cell: what makes it move by one column in its first step. */
const baseCharge = 1 / ((2 * half) / Math.hypot(half, half) ** 3);

export default async function main(mpi: MPI): Promise<void> {
  const settings = { side: 100, particles: 5000, steps: 20, k: 1, m: 1, rho: 0.95, balance: 0 };
  const { side, particles, steps, k, m, rho, balance } = settingsFrom(mpi.args, settings);
  if (side % 2 === 1) throw new Error(`side=${side} must be even: charges alternate, and the grid is periodic`);
  const { world, size, rank } = mpi;
  const ownerOf = (x: number): number => {
    let owner = Math.floor((x * size) / side);
    while (shareOf(side, owner, size).first > x) owner--;
    while (shareOf(side, owner, size).first + shareOf(side, owner, size).count <= x) owner++;
    return owner;
  };
  let mine = place(side, particles, k, m, rho, (x) => ownerOf(x) === rank);
  const total = new Float64Array([mine.length / fields]);
  await world.allreduce(total.slice(), total, SUM);

  await world.barrier();
  const start = mpi.wtime();
  for (let step = 1; step <= steps; step++) {
    for (let at = 0; at < mine.length; at += fields) move(mine, at, side);
    mine = await exchange(mpi, mine, ownerOf);
    if (balance > 0 && step % balance === 0) await mpi.migrate();
  }
  await world.barrier();
  const seconds = mpi.wtime() - start;

  const found = new Float64Array(2);
  for (let at = 0; at < mine.length; at += fields) {
    const x = wrap(mine[at + 5]! + (2 * k + 1) * steps, side);
    const y = wrap(mine[at + 6]! + m * steps, side);
    if (Math.abs(x - mine[at]!) > 1e-6 || Math.abs(y - mine[at + 1]!) > 1e-6) found[1]!++;
    found[0]!++;
  }
  await world.allreduce(found.slice(), found, SUM);
  const isRight = found[0] === total[0] && found[1] === 0;
  const what = `${found[0]} of ${total[0]} particles are there, ${found[1]} of them in a wrong place`;
  report(mpi, 'pic', isRight, what, (total[0]! * steps) / seconds / 1e3, 'thousand particles moved/s');
}

/** Column i has rho times as many particles as column i - 1; all sit in the middle of cells. */
function place(
  side: number,
  particles: number,
  k: number,
  m: number,
  rho: number,
  isMine: (x: number) => boolean,
): Float64Array {
  const first = rho === 1 ? particles / side : (particles * (1 - rho)) / (1 - rho ** side);
  const list: number[] = [];
  for (let column = 0; column < side; column++) {
    if (!isMine(column)) continue;
    const count = Math.round(first * rho ** column);
    for (let i = 0; i < count; i++) {
      const [x, y] = [column + half, ((i * 7 + column * 3) % side) + half];
      // The left corners push it and the right ones pull, wherever it begins.
      const charge = (2 * k + 1) * baseCharge * (column % 2 === 0 ? 1 : -1);
      list.push(x, y, 0, m, charge, x, y);
    }
  }
  return Float64Array.from(list);
}

/** One step of length 1 in the field of the four corners of its cell. */
function move(particles: Float64Array, at: number, side: number): void {
  const [x, y] = [particles[at]!, particles[at + 1]!];
  const column = Math.floor(x);
  const [dx, dy] = [x - column, y - Math.floor(y)];
  const left = column % 2 === 0 ? 1 : -1;
  const charge = particles[at + 4]!;
  let [ax, ay] = [0, 0];
  for (const [cx, cy, sign] of [
    [0, 0, left],
    [0, 1, left],
    [1, 0, -left],
    [1, 1, -left],
  ] as const) {
    const [rx, ry] = [dx - cx, dy - cy];
    const square = rx * rx + ry * ry;
    const force = (charge * sign) / (square * Math.sqrt(square));
    ax += force * rx;
    ay += force * ry;
  }
  particles[at] = wrap(x + particles[at + 2]! + ax / 2, side);
  particles[at + 1] = wrap(y + particles[at + 3]! + ay / 2, side);
  particles[at + 2] = particles[at + 2]! + ax;
  particles[at + 3] = particles[at + 3]! + ay;
}

function wrap(x: number, side: number): number {
  const inside = x % side;
  return inside < 0 ? inside + side : inside;
}

/** Particles go to the ranks that have their columns now. */
async function exchange(
  { world, size }: MPI,
  mine: Float64Array,
  ownerOf: (x: number) => number,
): Promise<Float64Array> {
  const owners = new Int32Array(mine.length / fields);
  const out = new Int32Array(size);
  for (let i = 0; i < owners.length; i++) {
    owners[i] = ownerOf(Math.floor(mine[i * fields]!));
    out[owners[i]!]! += fields;
  }
  const starts = displacements(out);
  const next = starts.slice();
  const sorted = new Float64Array(mine.length);
  for (let i = 0; i < owners.length; i++) {
    sorted.set(mine.subarray(i * fields, (i + 1) * fields), next[owners[i]!]!);
    next[owners[i]!]! += fields;
  }
  const into = new Int32Array(size);
  await world.alltoall(out, into);
  const received = new Float64Array(into.reduce((sum, n) => sum + n, 0));
  await world.alltoallv(sorted, out, starts, received, into, displacements(into));
  return received;
}
