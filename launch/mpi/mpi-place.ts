/** The library must be that of the mpirun that has started us; else each process believes that it is alone. */
import { CharmError } from '../../core/base/errors.ts';
import type { MpiLibrary } from '../../transports/mpi/mpi-library.ts';
import type { MpiStart } from '../worker-protocol.ts';

/** @throws CharmError ERR_RESOURCES */
export function checkPlace({ node, nodes }: MpiStart, mpi: MpiLibrary): void {
  if (mpi.node === node && mpi.nodes === nodes) return;
  throw new CharmError(
    'ERR_RESOURCES',
    `this is process ${node} of ${nodes}, but ${mpi.name} says ${mpi.node} of ${mpi.nodes}: its library does not belong to what has started the job; name the right one in CHARM4TS_MPI_LIBRARY`,
  );
}
