/**
 * The same program over MPI: ranks have the strips, and rank 0 drives them. All numbers are those of device.ts, bit for bit.
 *
 *     charm4ts ampi examples/device/device-mpi.ts --vp 8 --pes 2 -- abrupt --out results/mpi
 */
import type { MPI } from 'charm4ts/ampi';
import { NotRunning, parseArguments } from './arguments.ts';
import type { Device } from './device-file.ts';
import { showProgress, standardOutput } from './progress.ts';
import { RankStrips } from './rank-strips.ts';
import { writeResults } from './results.ts';
import type { Command } from './step.ts';
import { createGrid, runSweep, type Sweep } from './sweep.ts';

/** What rank 0 tells the others. */
type Order = Command | { readonly kind: 'migrate' } | { readonly kind: 'end' };

export default async function main(mpi: MPI): Promise<void> {
  let device: Device;
  let outFolder: string;
  try {
    ({ device, outFolder } = parseArguments(mpi.args));
  } catch (error) {
    if (!(error instanceof NotRunning)) throw error;
    if (mpi.rank === 0) process.stderr.write(error.message);
    mpi.abort(error.exitCode);
  }
  const started = mpi.wtime();
  const sweep = await solveOnRanks(mpi, device);
  if (sweep === undefined) return;
  const files = writeResults(outFolder, sweep, undefined);
  console.log(`${device.title}: ${device.strips} strips on ${mpi.size} ranks, ${(mpi.wtime() - started).toFixed(1)} s`);
  console.log(`results in ${outFolder}: ${files.join(', ')}`);
}

/** The whole sweep at rank 0; undefined elsewhere. */
export async function solveOnRanks(mpi: MPI, device: Device): Promise<Sweep | undefined> {
  const strips = new RankStrips(mpi, device);
  if (mpi.rank > 0) {
    await obey(mpi, strips);
    return undefined;
  }
  const progress = standardOutput();
  const tell = (order: Order): Promise<Order> => mpi.world.bcastObject(order, 0);
  const step = async (command: Command) => {
    await tell(command);
    return strips.run(command);
  };
  const sweep = await runSweep(device, { step }, createGrid(device), {
    now: () => mpi.wtime(),
    onProgress: (done, total, last) => showProgress(progress, done, total, last),
    betweenPoints: async () => {
      await tell({ kind: 'migrate' });
      await mpi.migrate();
    },
  });
  await tell({ kind: 'end' });
  await strips.end();
  return sweep;
}

/** What the other ranks do. Between two orders nothing is under way but the receives that are posted ahead. */
async function obey(mpi: MPI, strips: RankStrips): Promise<void> {
  for (;;) {
    const order = await mpi.world.bcastObject<Order>(undefined, 0);
    if (order.kind === 'end') return strips.end();
    if (order.kind === 'migrate') await mpi.migrate();
    else await strips.run(order);
  }
}
