/** How windows come to be. All are collective. */
import type { Comm } from '../comm/intracomm.ts';
import type { NumberArray } from '../datatype/datatype.ts';
import { Window, type WindowFlavor } from './window.ts';

async function make(comm: Comm, flavor: WindowFlavor, base: NumberArray, unit: number): Promise<Window> {
  const window = new Window(await comm.dup(), flavor, base, unit);
  // Nobody's order comes before all are there.
  await window.comm.barrier();
  return window;
}

/** Over memory of the program. Displacements count in units of `unit` bytes; default: elements of the array. */
export function winCreate(comm: Comm, base: NumberArray, unit = base.BYTES_PER_ELEMENT): Promise<Window> {
  return make(comm, 'create', base, unit);
}

/** Memory is attached later; displacements are addresses that `attach` gives. */
export function winCreateDynamic(comm: Comm): Promise<Window> {
  return make(comm, 'dynamic', new Uint8Array(0), 1);
}

export function winAllocate(comm: Comm, base: NumberArray): Promise<Window> {
  return make(comm, 'allocate', base, base.BYTES_PER_ELEMENT);
}

/** Memory that the ranks of a process use directly too. */
export async function winAllocateShared(comm: Comm, base: NumberArray): Promise<Window> {
  const window = await make(comm, 'shared', base, base.BYTES_PER_ELEMENT);
  const all = new Float64Array(2 * comm.size);
  await window.comm.allgather(new Float64Array([base.byteOffset, base.length]), all);
  window.sharedAt = all;
  return window;
}
