/** An MPI program that solves the device in its first argument and prints a hash of every field, bit for bit. */
import type { MPI } from 'charm4ts/ampi';
import { parseDevice } from '../../../examples/device/device-file.ts';
import { solveOnRanks } from '../../../examples/device/device-mpi.ts';
import { hashSweep } from './hash.ts';

export default async function main(mpi: MPI): Promise<void> {
  const sweep = await solveOnRanks(mpi, parseDevice(mpi.args[0]!, 'argument'));
  if (sweep !== undefined) console.log(JSON.stringify({ hash: hashSweep(sweep) }));
}
