/**
 * PRK sparse: y += A x, where A has the pattern of a star stencil on a square of 2^(2 bits) points. Rows are cut among the ranks, and x
 * grows in each iteration, so `allgather` brings it together each time.
 *
 *     charm4ts ampi examples/prk/sparse.ts --vp 4 --pes 2 -- bits=9 radius=3 iterations=10
 */
import { IN_PLACE, type MPI, SUM } from 'charm4ts/ampi';
import { settingsFrom } from '../support/settings.ts';
import { report, timed } from './report.ts';

export default async function main(mpi: MPI): Promise<void> {
  const { bits, radius, iterations } = settingsFrom(mpi.args, { bits: 6, radius: 2, iterations: 10 });
  const side = 2 ** bits;
  const points = side * side;
  if (points % mpi.size !== 0) throw new Error(`${points} rows (bits=${bits}) are not a multiple of ${mpi.size} ranks`);
  if (2 * radius + 1 > side) throw new Error(`radius=${radius} does not fit into a square of ${side} points`);
  const count = points / mpi.size;
  const first = count * mpi.rank;
  const perRow = 4 * radius + 1;
  const columns = new Int32Array(count * perRow);
  for (let row = 0; row < count; row++) starColumns(first + row, side, radius, columns, row * perRow);
  const values = new Float64Array(columns.length).map((_, i) => 1 / (columns[i]! + 1));
  const x = new Float64Array(points);
  const y = new Float64Array(count);

  const seconds = await timed(mpi, iterations, async () => {
    for (let i = first; i < first + count; i++) x[i] = x[i]! + i + 1;
    await mpi.world.allgather(IN_PLACE, x);
    multiply(columns, values, x, y, perRow);
  });

  const sum = new Float64Array([y.reduce((total, value) => total + value, 0)]);
  await mpi.world.allreduce(IN_PLACE, sum, SUM);
  // Each entry times its x is the number of iterations so far.
  const expected = (points * perRow * (iterations + 1) * (iterations + 2)) / 2;
  const error = Math.abs(sum[0]! - expected) / expected;
  const mflops = (2 * points * perRow) / 1e6 / seconds;
  report(mpi, 'sparse', error < 1e-8, `the sum is ${sum[0]}, not ${expected}`, mflops, 'Mflop/s');
}

/** The columns of a row: itself, and its neighbours up to `radius` along both axes, around the edges. */
function starColumns(row: number, side: number, radius: number, columns: Int32Array, start: number): void {
  const [i, j] = [row % side, Math.floor(row / side)];
  let at = start;
  columns[at++] = row;
  for (let r = 1; r <= radius; r++)
    for (const step of [r, side - r]) {
      columns[at++] = j * side + ((i + step) % side);
      columns[at++] = ((j + step) % side) * side + i;
    }
  columns.subarray(start, at).sort();
}

function multiply(columns: Int32Array, values: Float64Array, x: Float64Array, y: Float64Array, perRow: number): void {
  for (let row = 0, at = 0; row < y.length; row++) {
    let sum = 0;
    for (const end = at + perRow; at < end; at++) sum += values[at]! * x[columns[at]!]!;
    y[row] = y[row]! + sum;
  }
}
