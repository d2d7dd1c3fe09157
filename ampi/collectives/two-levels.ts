/**
 * Short barriers and allreduces in two levels: among the ranks of a PE, which cost a fifth of a message between PEs, and between
 * one leader of each PE.
 *
 *  1. The first such operation of a communicator tells all ranks who was on which PE then. That stays so: a rank that moves
 *     later still belongs to its leader, whose messages find it.
 *  2. Ranks send what they have to their leader; leaders exchange all of it, so that after log2 rounds each has it from every
 *     rank; each combines it along the tree that the operation has without levels; ranks get the result from their leader.
 *
 * Invariant: results have the same bits as without levels, since the tree over ranks is the same.
 */
import type { Datatype, NumberArray } from '../datatype/datatype.ts';
import type { Request } from '../messages/request.ts';
import { waitAll } from '../messages/wait-many.ts';
import { type Call, nothing } from './call.ts';
import type { Op } from './op.ts';

/** Who is with whom. */
export interface Levels {
  /** Ranks of each PE, the leader first, in the order of ranks. */
  readonly groups: readonly (readonly number[])[];
  /** The group of the calling rank. */
  readonly mine: number;
}

export function levelsOf(places: ArrayLike<number>, rank: number): Levels {
  const byPlace = new Map<number, number[]>();
  for (let r = 0; r < places.length; r++) {
    const members = byPlace.get(places[r]!);
    if (members === undefined) byPlace.set(places[r]!, [r]);
    else members.push(r);
  }
  const groups = [...byPlace.values()];
  return { groups, mine: groups.findIndex((members) => members.includes(rank)) };
}

/** What one block for each rank takes in all may be so long. */
export const gatheredBytesMax = 4096;

/** Every rank's array, in the order of ranks, combined by pairs as recursive doubling does. May change them. */
export function foldInOrder(arrays: NumberArray[], op: Op, type?: Datatype): NumberArray {
  let power = 1;
  while (power * 2 <= arrays.length) power *= 2;
  const extra = arrays.length - power;
  let level: NumberArray[] = [];
  for (let i = 0; i < arrays.length; ) {
    const isPair = i < 2 * extra;
    if (isPair) op.combine(arrays[i]!, arrays[i + 1]!, type);
    level.push(arrays[isPair ? i + 1 : i]!);
    i += isPair ? 2 : 1;
  }
  while (level.length > 1) {
    const next: NumberArray[] = [];
    for (let i = 0; i < level.length; i += 2) {
      op.combine(level[i]!, level[i + 1]!, type);
      next.push(level[i + 1]!);
    }
    level = next;
  }
  return level[0]!;
}

/** Runs one operation. Returns the result. */
export async function twoLevels(
  call: Call,
  { groups, mine: group }: Levels,
  mine: NumberArray,
  combine: (all: NumberArray) => NumberArray,
): Promise<NumberArray> {
  const members = groups[group]!;
  const leader = members[0]!;
  const { length } = mine;
  const result = emptyLike(mine, length);
  if (call.rank !== leader) {
    const receive = call.irecv(result, leader);
    await call.isend(mine, leader)?.wait();
    await receive.wait();
    return result;
  }
  // Blocks of all ranks, those of a group side by side.
  const all = emptyLike(mine, length * call.size);
  const starts: number[] = [];
  let at = 0;
  for (const one of groups) {
    starts.push(at);
    at += one.length * length;
  }
  const receives: Request[] = [];
  for (let i = 1; i < members.length; i++) {
    const from = starts[group]! + i * length;
    receives.push(call.irecv(all.subarray(from, from + length), members[i]!));
  }
  (all as Float64Array).set(mine as Float64Array, starts[group]!);
  await waitAll(call.comm.engine, receives);
  await amongLeaders(call, groups, group, (from, count) => {
    const begin = starts[from]!;
    const last = from + count - 1;
    return all.subarray(begin, starts[last]! + groups[last]!.length * length);
  });
  const combined = combine(all);
  for (let i = 1; i < members.length; i++) await call.isend(combined, members[i]!)?.wait();
  return combined;
}

const token = new Uint8Array(0);

export function levelledBarrier(call: Call, levels: Levels): Promise<void> {
  const leader = levels.groups[levels.mine]![0]!;
  const work = call.rank === leader ? leaderBarrier(call, levels) : memberBarrier(call, leader);
  return work as Promise<void>;
}

function memberBarrier(call: Call, leader: number): Promise<unknown> {
  const receive = call.irecv(token, leader);
  // Nothing is in it, so the send is done at once.
  call.isend(nothing, leader);
  return receive.wait();
}

async function leaderBarrier(call: Call, { groups, mine: group }: Levels): Promise<void> {
  const members = groups[group]!;
  const receives: Request[] = [];
  for (let i = 1; i < members.length; i++) receives.push(call.irecv(token, members[i]!));
  await waitAll(call.comm.engine, receives);
  const { length: count } = groups;
  for (let distance = 1; distance < count; distance *= 2)
    await call.exchange(
      nothing,
      groups[(group + distance) % count]![0]!,
      token,
      groups[(group + count - distance) % count]![0]!,
    );
  for (let i = 1; i < members.length; i++) call.isend(nothing, members[i]!);
}

/** Each leader gets the blocks of all groups: two at a time if there are two, otherwise round a ring. */
async function amongLeaders(
  call: Call,
  groups: readonly (readonly number[])[],
  group: number,
  part: (from: number, count: number) => NumberArray,
): Promise<void> {
  const { length: count } = groups;
  const next = groups[(group + 1) % count]![0]!;
  const before = groups[(group + count - 1) % count]![0]!;
  if (isPowerOfTwo(count)) {
    for (let mask = 1; mask < count; mask *= 2) {
      const partner = group ^ mask;
      const own = group & ~(mask - 1);
      const theirs = partner & ~(mask - 1);
      await call.exchange(part(own, mask), groups[partner]![0]!, part(theirs, mask), groups[partner]![0]!);
    }
    return;
  }
  for (let step = 0; step < count - 1; step++) {
    const out = (group - step + count) % count;
    await call.exchange(part(out, 1), next, part((out - 1 + count) % count, 1), before);
  }
}

function isPowerOfTwo(count: number): boolean {
  return (count & (count - 1)) === 0;
}

function emptyLike(numbers: NumberArray, length: number): NumberArray {
  return new (numbers.constructor as new (length: number) => NumberArray)(length);
}

/** Of blocks that stand by groups, each rank's own array, in the order of ranks. */
export function byRank(all: NumberArray, { groups }: Levels, length: number): NumberArray[] {
  const arrays: NumberArray[] = [];
  let at = 0;
  for (const members of groups)
    for (const rank of members) {
      arrays[rank] = all.subarray(at, at + length);
      at += length;
    }
  return arrays;
}
