/**
 * PRK transpose: B += Aᵀ, A += 1, with both matrices cut into columns: each rank sends a block to each other one.
 *
 *     charm4ts ampi examples/prk/transpose.ts --vp 4 --pes 2 -- order=1000 iterations=10
 */
import { type MPI, SUM } from 'charm4ts/ampi';
import { settingsFrom } from '../support/settings.ts';
import { report, timed } from './report.ts';

export default async function main(mpi: MPI): Promise<void> {
  const { order, iterations } = settingsFrom(mpi.args, { order: 240, iterations: 10 });
  if (order % mpi.size !== 0) throw new Error(`order=${order} is not a multiple of the ${mpi.size} ranks`);
  const columns = order / mpi.size;
  const first = columns * mpi.rank;
  // Column by column, as in Fortran.
  const a = new Float64Array(columns * order);
  for (let column = 0; column < columns; column++)
    for (let row = 0; row < order; row++) a[column * order + row] = order * (first + column) + row;
  const b = new Float64Array(columns * order);
  const blocks = new Float64Array(columns * order);
  const received = new Float64Array(columns * order);

  const seconds = await timed(mpi, iterations, async () => {
    for (let rank = 0; rank < mpi.size; rank++) packTransposed(a, blocks, rank, columns, order);
    await mpi.world.alltoall(blocks, received);
    for (let rank = 0; rank < mpi.size; rank++) addBlock(received, b, rank, columns, order);
    for (let i = 0; i < a.length; i++) a[i] = a[i]! + 1;
  });

  const error = new Float64Array(1);
  const added = (iterations * (iterations + 1)) / 2;
  for (let column = 0; column < columns; column++)
    for (let row = 0; row < order; row++) {
      const expected = (order * row + first + column) * (iterations + 1) + added;
      error[0]! += Math.abs(b[column * order + row]! - expected);
    }
  await mpi.world.allreduce(error.slice(), error, SUM);
  const megabytes = (2 * 8 * order * order) / 1e6;
  report(mpi, 'transpose', error[0]! < 1e-8, `the error is ${error[0]}`, megabytes / seconds, 'MB/s');
}

/** What rank `to` gets: its rows of this rank's columns, turned. */
function packTransposed(a: Float64Array, blocks: Float64Array, to: number, columns: number, order: number): void {
  const base = to * columns * columns;
  for (let column = 0; column < columns; column++)
    for (let row = 0; row < columns; row++)
      blocks[base + row * columns + column] = a[column * order + to * columns + row]!;
}

function addBlock(received: Float64Array, b: Float64Array, from: number, columns: number, order: number): void {
  const base = from * columns * columns;
  for (let column = 0; column < columns; column++) {
    const into = column * order + from * columns;
    for (let row = 0; row < columns; row++) b[into + row] = b[into + row]! + received[base + column * columns + row]!;
  }
}
