/**
 * PRK nstream: A += B + s C over long vectors. No messages: the measure of memory bandwidth.
 *
 *     charm4ts ampi examples/prk/nstream.ts --vp 2 --pes 2 -- length=2000000 iterations=10
 */
import { type MPI, SUM } from 'charm4ts/ampi';
import { settingsFrom } from '../support/settings.ts';
import { report, shareOf, timed } from './report.ts';

const scalar = 3;

export default async function main(mpi: MPI): Promise<void> {
  const { length, iterations } = settingsFrom(mpi.args, { length: 200_000, iterations: 10 });
  const { count } = shareOf(length, mpi.rank, mpi.size);
  const a = new Float64Array(count);
  const b = new Float64Array(count).fill(2);
  const c = new Float64Array(count).fill(2);
  const seconds = await timed(mpi, iterations, async () => triad(a, b, c));
  const sum = new Float64Array([a.reduce((total, x) => total + x, 0)]);
  await mpi.world.allreduce(sum.slice(), sum, SUM);
  const expected = length * (iterations + 1) * (2 + scalar * 2);
  const megabytes = (4 * 8 * length) / 1e6;
  report(mpi, 'nstream', sum[0] === expected, `the sum is ${sum[0]}, not ${expected}`, megabytes / seconds, 'MB/s');
}

function triad(a: Float64Array, b: Float64Array, c: Float64Array): void {
  for (let i = 0; i < a.length; i++) a[i] = a[i]! + b[i]! + scalar * c[i]!;
}
