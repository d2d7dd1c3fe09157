/**
 * Gather, scatter and allgather. Counts and displacements are in items of the buffers' types.
 *
 *  - gather and scatter: the root has a message to or from each rank; all are under way at once.
 *  - allgather: short blocks double in log2 P rounds (after Bruck); long ones go round a ring.
 */
import { bytesOf, type Payload, type Place } from '../datatype/place.ts';
import { MpiError } from '../errors.ts';
import type { Call } from './call.ts';

/** Where the block of each rank is, in items. */
export interface Blocks {
  readonly counts: readonly number[];
  readonly displs: readonly number[];
}

const bruckBytesMax = 1 << 15;

/** Equal blocks, side by side. */
export function evenBlocks(place: Place, size: number, what: string): Blocks {
  const count = Math.floor(place.count / size);
  if (count * size !== place.count)
    throw new MpiError('COUNT', `${what}: ${place.count} items can't be dealt out to ${size} ranks in equal blocks`);
  return { counts: new Array<number>(size).fill(count), displs: Array.from({ length: size }, (_, i) => i * count) };
}

/** Blocks of these counts, side by side unless it is said where. */
export function unevenBlocks(
  counts: readonly number[],
  displs: readonly number[] | undefined,
  size: number,
  what: string,
): Blocks {
  if (counts.length !== size || (displs !== undefined && displs.length !== size))
    throw new MpiError('COUNT', `${what}: counts and displacements must have an entry for each of the ${size} ranks`);
  if (displs !== undefined) return { counts, displs };
  const sideBySide: number[] = [];
  let at = 0;
  for (const count of counts) {
    sideBySide.push(at);
    at += count;
  }
  return { counts, displs: sideBySide };
}

/** What an IN_PLACE root keeps where it is. */
export type OwnBlock = Place | 'inPlace';

export async function gatherTo(
  call: Call,
  mine: OwnBlock,
  all: Place | undefined,
  blocks: Blocks | undefined,
  root: number,
): Promise<void> {
  if (call.rank !== root) return call.send((mine as Place).payload(), root);
  const receives = [];
  for (let from = 0; from < call.size; from++) {
    if (from === root) continue;
    receives.push(call.irecv(all!.part(blocks!.displs[from]!, blocks!.counts[from]!), from));
  }
  if (mine !== 'inPlace') copyPlace(mine, all!.part(blocks!.displs[root]!, blocks!.counts[root]!));
  for (const receive of receives) await receive.wait();
}

export async function scatterFrom(
  call: Call,
  all: Place | undefined,
  blocks: Blocks | undefined,
  mine: OwnBlock,
  root: number,
): Promise<void> {
  if (call.rank !== root) {
    await call.recv(mine as Place, root);
    return;
  }
  const sends = [];
  for (let to = 0; to < call.size; to++) {
    const block = all!.part(blocks!.displs[to]!, blocks!.counts[to]!);
    if (to !== root) sends.push(call.isend(block.payload(), to));
    else if (mine !== 'inPlace') copyPlace(block, mine);
  }
  for (const send of sends) if (send !== undefined) await send.wait();
}

/** Copies items to a place of another layout. @throws MpiError if there is no room */
export function copyPlace(from: Place, to: Place): void {
  if (from.bytes > to.bytes)
    throw new MpiError('TRUNCATE', `${from.bytes} bytes do not fit into a block of ${to.bytes} bytes`);
  const payload = from.payload();
  to.fill(payload.buffer === to.data.buffer ? payload.slice() : payload);
}

/** `all` has this rank's own block in place already. */
export async function allgatherBlocks(call: Call, all: Place, blocks: Blocks): Promise<void> {
  const { size } = call;
  const first = blocks.counts[0]!;
  const isEven = blocks.counts.every((count) => count === first);
  if (size > 2 && isEven && first * all.type.size <= bruckBytesMax / size) return bruck(call, all, blocks);
  return ring(call, all, blocks);
}

async function bruck(call: Call, all: Place, blocks: Blocks): Promise<void> {
  const { rank, size } = call;
  const bytes = blocks.counts[0]! * all.type.size;
  const part = (i: number): Place => all.part(blocks.displs[i]!, blocks.counts[i]!);
  // Blocks of the ranks from this one on, round the end.
  const memory = new Uint8Array(bytes * size);
  memory.set(bytesOf(part(rank).payload()), 0);
  for (let have = 1; have < size; ) {
    const more = Math.min(have, size - have);
    await call.exchange(
      memory.subarray(0, more * bytes),
      (rank - have + size) % size,
      memory.subarray(have * bytes, (have + more) * bytes),
      (rank + have) % size,
    );
    have += more;
  }
  for (let i = 1; i < size; i++) part((rank + i) % size).fill(memory.subarray(i * bytes, (i + 1) * bytes));
}

async function ring(call: Call, all: Place, blocks: Blocks): Promise<void> {
  const { rank, size } = call;
  const [next, before] = [(rank + 1) % size, (rank + size - 1) % size];
  const part = (i: number): Place => all.part(blocks.displs[i]!, blocks.counts[i]!);
  for (let step = 0; step < size - 1; step++) {
    const out: Payload = part((rank - step + size) % size).payload();
    await call.exchange(out, next, part((rank - step - 1 + size) % size), before);
  }
}
