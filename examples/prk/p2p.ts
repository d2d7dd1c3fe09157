/**
 * PRK p2p: a wavefront through a grid that is cut into columns. Each row needs one number from the rank on the left: the measure of
 * many tiny ordered messages.
 *
 *     charm4ts ampi examples/prk/p2p.ts --vp 4 --pes 2 -- columns=1000 rows=1000 iterations=10
 */
import type { MPI } from 'charm4ts/ampi';
import { settingsFrom } from '../support/settings.ts';
import { report, shareOf, timed } from './report.ts';

export default async function main(mpi: MPI): Promise<void> {
  const { columns, rows, iterations } = settingsFrom(mpi.args, { columns: 200, rows: 200, iterations: 10 });
  const { world, rank, size } = mpi;
  const { first, count } = shareOf(columns, rank, size);
  // One column more on the left: the neighbour's last.
  const width = count + 1;
  const grid = new Float64Array(width * rows);
  for (let i = 0; i < width; i++) grid[i] = Math.max(0, first + i - 1);
  if (rank === 0) for (let row = 0; row < rows; row++) grid[row * width + 1] = row;
  const edge = new Float64Array(1);

  const seconds = await timed(mpi, iterations, async () => {
    for (let row = 1; row < rows; row++) {
      if (rank > 0) {
        await world.recv(edge, rank - 1, 1);
        grid[row * width] = edge[0]!;
      }
      for (let i = rank === 0 ? 2 : 1; i < width; i++) {
        const at = row * width + i;
        grid[at] = grid[at - 1]! + grid[at - width]! - grid[at - width - 1]!;
      }
      if (rank < size - 1) await world.send(new Float64Array([grid[row * width + count]!]), rank + 1, 1);
    }
    await carryCorner(mpi, grid, (rows - 1) * width + count);
  });

  const corner = new Float64Array([grid[(rows - 1) * width + count]!]);
  await world.bcast(corner, size - 1);
  const expected = (iterations + 1) * (columns + rows - 2);
  const mflops = (2 * (columns - 1) * (rows - 1)) / 1e6 / seconds;
  report(mpi, 'p2p', corner[0] === expected, `the corner is ${corner[0]}, not ${expected}`, mflops, 'Mflop/s');
}

/** The last corner, negated, becomes the first: so the next wave depends on this one. */
async function carryCorner({ world, rank, size }: MPI, grid: Float64Array, corner: number): Promise<void> {
  const last = size - 1;
  if (size === 1) grid[1] = -grid[corner]!;
  else if (rank === last) await world.send(new Float64Array([-grid[corner]!]), 0, 2);
  else if (rank === 0) {
    const first = new Float64Array(1);
    await world.recv(first, last, 2);
    grid[1] = first[0]!;
  }
}
