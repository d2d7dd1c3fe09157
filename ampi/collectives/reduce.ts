/**
 * Reductions. Arrays are combined in the order of ranks along a tree that depends on the number of ranks alone, so results have
 * the same bits wherever ranks live, and operations that are not commutative are right.
 *
 *  - reduce: binomial tree to rank 0, which sends the result to the root.
 *  - allreduce, short: recursive doubling. The ranks above the largest power of two first join their neighbours.
 *  - allreduce, long and commutative: a ring that first combines, then passes round: each rank sends twice the data.
 *  - scan: log2 P rounds; in round k a rank sends what it has of the last 2^k ranks.
 */
import type { Datatype, NumberArray } from '../datatype/datatype.ts';
import { type Call, sameKind } from './call.ts';
import type { Op } from './op.ts';

const ringBytesMin = 1 << 16;

/** The result is in the returned array at rank 0; elsewhere that is rubbish. `mine` may be changed. */
export async function reduceToFirst(call: Call, mine: NumberArray, op: Op, type?: Datatype): Promise<NumberArray> {
  const { rank, size } = call;
  let low = mine;
  let other = size > 1 ? sameKind(mine) : mine;
  for (let mask = 1; mask < size; mask *= 2) {
    if ((rank & mask) !== 0) {
      await call.send(low, rank - mask);
      return low;
    }
    if (rank + mask >= size) continue;
    await call.recv(other, rank + mask);
    op.combine(low, other, type);
    [low, other] = [other, low];
  }
  return low;
}

/** The result, at `root` only. */
export async function reduceTo(
  call: Call,
  mine: NumberArray,
  op: Op,
  root: number,
  type?: Datatype,
): Promise<NumberArray> {
  const result = await reduceToFirst(call, mine, op, type);
  if (root === 0) return result;
  if (call.rank === 0) await call.send(result, root);
  if (call.rank === root) await call.recv(result, 0);
  return result;
}

export function allreduceNumbers(call: Call, mine: NumberArray, op: Op, type?: Datatype): Promise<NumberArray> {
  const isLong = mine.byteLength >= ringBytesMin && mine.length >= 2 * call.size && type === undefined;
  return isLong && op.isCommutative && call.size > 2 ? ring(call, mine, op) : doubling(call, mine, op, type);
}

async function doubling(call: Call, mine: NumberArray, op: Op, type: Datatype | undefined): Promise<NumberArray> {
  const { rank, size } = call;
  let power = 1;
  while (power * 2 <= size) power *= 2;
  const extra = size - power;
  let mineNow = mine;
  let other = size > 1 ? sameKind(mine) : mine;
  if (rank < 2 * extra && (rank & 1) === 0) {
    await call.send(mineNow, rank + 1);
    await call.recv(mineNow, rank + 1);
    return mineNow;
  }
  if (rank < 2 * extra) {
    await call.recv(other, rank - 1);
    op.combine(other, mineNow, type);
  }
  const me = rank < 2 * extra ? rank >> 1 : rank - extra;
  for (let mask = 1; mask < power; mask *= 2) {
    const partner = me ^ mask;
    const peer = partner < extra ? 2 * partner + 1 : partner + extra;
    await call.exchange(mineNow, peer, other, peer);
    if (partner < me) op.combine(other, mineNow, type);
    else {
      op.combine(mineNow, other, type);
      [mineNow, other] = [other, mineNow];
    }
  }
  if (rank < 2 * extra) await call.send(mineNow, rank - 1);
  return mineNow;
}

async function ring(call: Call, mine: NumberArray, op: Op): Promise<NumberArray> {
  const { rank, size } = call;
  const block = Math.ceil(mine.length / size);
  const part = (i: number): NumberArray =>
    mine.subarray(Math.min(i * block, mine.length), Math.min((i + 1) * block, mine.length));
  const [next, before] = [(rank + 1) % size, (rank + size - 1) % size];
  const come = sameKind(part(0));
  for (let step = 0; step < size - 1; step++) {
    const out = (rank - step + size) % size;
    const target = part((rank - step - 1 + size) % size);
    const into = come.subarray(0, target.length);
    await call.exchange(part(out), next, into, before);
    op.combine(into, target);
  }
  for (let step = 0; step < size - 1; step++) {
    const out = part((rank + 1 - step + size) % size);
    await call.exchange(out, next, part((rank - step + size) % size), before);
  }
  return mine;
}

/** What the ranks before this one have, combined, and with this one's: of rank 0 the first is undefined. */
export async function scanNumbers(
  call: Call,
  mine: NumberArray,
  op: Op,
  type?: Datatype,
): Promise<{ readonly before: NumberArray | undefined; readonly upTo: NumberArray }> {
  const { rank, size } = call;
  // Of the ranks [rank - 2^k + 1, rank], as far as they exist.
  let block = mine;
  let before: NumberArray | undefined;
  for (let distance = 1; distance < size; distance *= 2) {
    const come = sameKind(mine);
    const receive = rank >= distance ? call.irecv(come, rank - distance) : undefined;
    const send = rank + distance < size ? call.isend(block, rank + distance) : undefined;
    await receive?.wait();
    await send?.wait();
    if (receive === undefined) continue;
    const joined = block.slice();
    op.combine(come, joined, type);
    block = joined;
    if (before === undefined) before = come;
    else {
      op.combine(come, before, type);
    }
  }
  return { before, upTo: block };
}
