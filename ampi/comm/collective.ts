/**
 * Collective operations. All ranks of a communicator call them, in the same order; the `i` variants go on while the program does other
 * things. Blocks are as large as the buffers say: a receive buffer for P blocks has P times the items of one.
 */

import { alltoallParts } from '../collectives/alltoall.ts';
import { barrier } from '../collectives/barrier.ts';
import { bcastBytes } from '../collectives/bcast.ts';
import { Call, numbersOf, Staged } from '../collectives/call.ts';
import {
  allgatherBlocks,
  type Blocks,
  copyPlace,
  evenBlocks,
  gatherTo,
  scatterFrom,
  unevenBlocks,
} from '../collectives/gather.ts';
import type { Op } from '../collectives/op.ts';
import { allreduceNumbers, reduceTo, reduceToFirst, scanNumbers } from '../collectives/reduce.ts';
import {
  byRank,
  foldInOrder,
  gatheredBytesMax,
  type Levels,
  levelledBarrier,
  levelsOf,
  twoLevels,
} from '../collectives/two-levels.ts';
import { IN_PLACE, type InPlace } from '../constants.ts';
import type { Datatype, NumberArray } from '../datatype/datatype.ts';
import { type Buf, Place } from '../datatype/place.ts';
import { MpiError } from '../errors.ts';
import { PromiseRequest, type Request } from '../messages/request.ts';
import { PointToPoint } from './point-to-point.ts';

export type Counts = readonly number[] | Int32Array;

/** A buffer only some ranks need. */
export type Maybe<T> = T | null;

/** Communicators of which so many short operations are asked for find out who is where. */
const levelsFrom = 3;

export abstract class Collective extends PointToPoint {
  private levels: Promise<Levels | undefined> | undefined = undefined;
  private foundLevels: Levels | undefined = undefined;
  private shortOperations = 0;

  // ---- barrier, broadcast ----

  /** Returns when all ranks have called it. */
  barrier(): Promise<void> {
    return this.runBarrier(new Call(this));
  }

  ibarrier(): Request {
    return this.later('ibarrier', this.barrier());
  }

  bcast(buf: Buf, root: number): Promise<void> {
    this.checkRoot(root);
    return this.runBcast(new Call(this), Place.of(buf), root);
  }

  ibcast(buf: Buf, root: number): Request {
    return this.later('ibcast', this.bcast(buf, root));
  }

  /** A value of the root, for all. */
  async bcastObject<T>(value: T | undefined, root: number): Promise<T> {
    this.checkRoot(root);
    const call = new Call(this);
    const me = (this.rank - root + this.size) % this.size;
    let mask = 1;
    while (mask < this.size && (me & mask) === 0) mask *= 2;
    const mine = me === 0 ? value : await call.recvValue((this.rank - mask + this.size) % this.size);
    for (mask = mask >>> 1; mask > 0; mask >>>= 1)
      if (me + mask < this.size) call.sendValue(mine, (this.rank + mask) % this.size);
    return mine as T;
  }

  // ---- gather, scatter ----

  gather(sendbuf: Buf | InPlace, recvbuf: Maybe<Buf>, root: number): Promise<void> {
    const all = this.atRoot(root) ? Place.of(needed(recvbuf, 'gather')) : undefined;
    const blocks = all === undefined ? undefined : evenBlocks(all, this.targets.size, 'gather');
    return this.runGather(new Call(this), sendbuf, all, blocks, root);
  }

  igather(sendbuf: Buf | InPlace, recvbuf: Maybe<Buf>, root: number): Request {
    return this.later('igather', this.gather(sendbuf, recvbuf, root));
  }

  gatherv(
    sendbuf: Buf | InPlace,
    recvbuf: Maybe<Buf>,
    counts: Maybe<Counts>,
    displs: Maybe<Counts>,
    root: number,
  ): Promise<void> {
    const all = this.atRoot(root) ? Place.of(needed(recvbuf, 'gatherv')) : undefined;
    const blocks = all === undefined ? undefined : this.blocks(needed(counts, 'gatherv'), displs, 'gatherv');
    return this.runGather(new Call(this), sendbuf, all, blocks, root);
  }

  igatherv(
    sendbuf: Buf | InPlace,
    recvbuf: Maybe<Buf>,
    counts: Maybe<Counts>,
    displs: Maybe<Counts>,
    root: number,
  ): Request {
    return this.later('igatherv', this.gatherv(sendbuf, recvbuf, counts, displs, root));
  }

  scatter(sendbuf: Maybe<Buf>, recvbuf: Buf | InPlace, root: number): Promise<void> {
    const all = this.atRoot(root) ? Place.of(needed(sendbuf, 'scatter')) : undefined;
    const blocks = all === undefined ? undefined : evenBlocks(all, this.targets.size, 'scatter');
    return this.runScatter(new Call(this), all, blocks, recvbuf, root);
  }

  iscatter(sendbuf: Maybe<Buf>, recvbuf: Buf | InPlace, root: number): Request {
    return this.later('iscatter', this.scatter(sendbuf, recvbuf, root));
  }

  scatterv(
    sendbuf: Maybe<Buf>,
    counts: Maybe<Counts>,
    displs: Maybe<Counts>,
    recvbuf: Buf | InPlace,
    root: number,
  ): Promise<void> {
    const all = this.atRoot(root) ? Place.of(needed(sendbuf, 'scatterv')) : undefined;
    const blocks = all === undefined ? undefined : this.blocks(needed(counts, 'scatterv'), displs, 'scatterv');
    return this.runScatter(new Call(this), all, blocks, recvbuf, root);
  }

  iscatterv(
    sendbuf: Maybe<Buf>,
    counts: Maybe<Counts>,
    displs: Maybe<Counts>,
    recvbuf: Buf | InPlace,
    root: number,
  ): Request {
    return this.later('iscatterv', this.scatterv(sendbuf, counts, displs, recvbuf, root));
  }

  allgather(sendbuf: Buf | InPlace, recvbuf: Buf): Promise<void> {
    const all = Place.of(recvbuf);
    return this.runAllgather(new Call(this), sendbuf, all, evenBlocks(all, this.targets.size, 'allgather'));
  }

  iallgather(sendbuf: Buf | InPlace, recvbuf: Buf): Request {
    return this.later('iallgather', this.allgather(sendbuf, recvbuf));
  }

  allgatherv(sendbuf: Buf | InPlace, recvbuf: Buf, counts: Counts, displs?: Maybe<Counts>): Promise<void> {
    return this.runAllgather(new Call(this), sendbuf, Place.of(recvbuf), this.blocks(counts, displs, 'allgatherv'));
  }

  iallgatherv(sendbuf: Buf | InPlace, recvbuf: Buf, counts: Counts, displs?: Maybe<Counts>): Request {
    return this.later('iallgatherv', this.allgatherv(sendbuf, recvbuf, counts, displs));
  }

  // ---- all to all ----

  alltoall(sendbuf: Buf | InPlace, recvbuf: Buf): Promise<void> {
    const into = Place.of(recvbuf);
    const size = this.targets.size;
    const from = sendbuf === IN_PLACE ? copyOf(into) : Place.of(sendbuf);
    const [out, blocks] = [evenBlocks(from, size, 'alltoall'), evenBlocks(into, size, 'alltoall')];
    return this.runAlltoall(
      new Call(this),
      (to) => blockOf(from, out, to),
      (at) => blockOf(into, blocks, at),
    );
  }

  ialltoall(sendbuf: Buf | InPlace, recvbuf: Buf): Request {
    return this.later('ialltoall', this.alltoall(sendbuf, recvbuf));
  }

  alltoallv(
    sendbuf: Buf | InPlace,
    sendcounts: Maybe<Counts>,
    sdispls: Maybe<Counts>,
    recvbuf: Buf,
    recvcounts: Counts,
    rdispls?: Maybe<Counts>,
  ): Promise<void> {
    const into = Place.of(recvbuf);
    const blocks = this.blocks(recvcounts, rdispls, 'alltoallv');
    const from = sendbuf === IN_PLACE ? copyOf(into) : Place.of(sendbuf);
    const out = sendbuf === IN_PLACE ? blocks : this.blocks(needed(sendcounts, 'alltoallv'), sdispls, 'alltoallv');
    return this.runAlltoall(
      new Call(this),
      (to) => blockOf(from, out, to),
      (at) => blockOf(into, blocks, at),
    );
  }

  ialltoallv(
    sendbuf: Buf | InPlace,
    sendcounts: Maybe<Counts>,
    sdispls: Maybe<Counts>,
    recvbuf: Buf,
    recvcounts: Counts,
    rdispls?: Maybe<Counts>,
  ): Request {
    return this.later('ialltoallv', this.alltoallv(sendbuf, sendcounts, sdispls, recvbuf, recvcounts, rdispls));
  }

  /** A type for each block; displacements in bytes. */
  alltoallw(send: BlocksOfTypes | InPlace, recv: BlocksOfTypes): Promise<void> {
    const into = (from: number): Place => typedBlock(recv, from);
    const { size } = this.targets;
    const out =
      send === IN_PLACE
        ? Array.from({ length: size }, (_, i) => copyOf(into(i)))
        : Array.from({ length: size }, (_, i) => typedBlock(send, i));
    return this.runAlltoall(new Call(this), (to) => out[to]!, into);
  }

  ialltoallw(send: BlocksOfTypes | InPlace, recv: BlocksOfTypes): Request {
    return this.later('ialltoallw', this.alltoallw(send, recv));
  }

  // ---- reductions ----

  /** The result is in the root's `recvbuf`. */
  reduce(sendbuf: Buf | InPlace, recvbuf: Maybe<Buf>, op: Op, root: number): Promise<void> {
    const into = this.atRoot(root) ? Place.of(needed(recvbuf, 'reduce')) : undefined;
    return this.runReduce(new Call(this), sendbuf, into, op, root);
  }

  ireduce(sendbuf: Buf | InPlace, recvbuf: Maybe<Buf>, op: Op, root: number): Request {
    return this.later('ireduce', this.reduce(sendbuf, recvbuf, op, root));
  }

  allreduce(sendbuf: Buf | InPlace, recvbuf: Buf, op: Op): Promise<void> {
    const into = Place.of(recvbuf);
    return this.runAllreduce(new Call(this), numbersOf(this.input(sendbuf, into)), into, op);
  }

  iallreduce(sendbuf: Buf | InPlace, recvbuf: Buf, op: Op): Request {
    return this.later('iallreduce', this.allreduce(sendbuf, recvbuf, op));
  }

  /** Rank i gets its `counts[i]` items of the result. */
  reduceScatter(sendbuf: Buf | InPlace, recvbuf: Buf, counts: Counts, op: Op): Promise<void> {
    const into = Place.of(recvbuf);
    const from = sendbuf === IN_PLACE ? into : Place.of(sendbuf);
    const list = Array.from(counts);
    return this.runReduceScatter(new Call(this), numbersOf(from), from.type, into, list, op);
  }

  ireduceScatter(sendbuf: Buf | InPlace, recvbuf: Buf, counts: Counts, op: Op): Request {
    return this.later('ireduceScatter', this.reduceScatter(sendbuf, recvbuf, counts, op));
  }

  /** Equal blocks: each rank gets a P-th of the result. */
  reduceScatterBlock(sendbuf: Buf | InPlace, recvbuf: Buf, op: Op): Promise<void> {
    const from = Place.of(sendbuf === IN_PLACE ? recvbuf : sendbuf);
    const { counts } = evenBlocks(from, this.size, 'reduceScatterBlock');
    return this.reduceScatter(sendbuf, recvbuf, counts, op);
  }

  ireduceScatterBlock(sendbuf: Buf | InPlace, recvbuf: Buf, op: Op): Request {
    return this.later('ireduceScatterBlock', this.reduceScatterBlock(sendbuf, recvbuf, op));
  }

  /** Rank i gets the result of the ranks 0 to i. */
  scan(sendbuf: Buf | InPlace, recvbuf: Buf, op: Op): Promise<void> {
    const into = Place.of(recvbuf);
    return this.runScan(new Call(this), this.input(sendbuf, into), into, op, true);
  }

  iscan(sendbuf: Buf | InPlace, recvbuf: Buf, op: Op): Request {
    return this.later('iscan', this.scan(sendbuf, recvbuf, op));
  }

  /** Rank i gets the result of the ranks below i; rank 0 nothing. */
  exscan(sendbuf: Buf | InPlace, recvbuf: Buf, op: Op): Promise<void> {
    const into = Place.of(recvbuf);
    return this.runScan(new Call(this), this.input(sendbuf, into), into, op, false);
  }

  iexscan(sendbuf: Buf | InPlace, recvbuf: Buf, op: Op): Request {
    return this.later('iexscan', this.exscan(sendbuf, recvbuf, op));
  }

  // ---- how it is done among the ranks of one group; inter-communicators do it differently ----

  protected runBarrier(call: Call): Promise<void> {
    const levels = this.levelsFor(0);
    if (levels === undefined) return barrier(call);
    return levels instanceof Promise
      ? levels.then((found) => (found === undefined ? barrier(call) : levelledBarrier(call, found)))
      : levelledBarrier(call, levels);
  }

  protected async runBcast(call: Call, place: Place, root: number): Promise<void> {
    const staged = new Staged(place, this.rank === root);
    await bcastBytes(call, staged.payload, root);
    if (this.rank !== root) staged.putBack();
  }

  protected runGather(
    call: Call,
    sendbuf: Buf | InPlace,
    all: Place | undefined,
    blocks: Blocks | undefined,
    root: number,
  ): Promise<void> {
    return gatherTo(call, sendbuf === IN_PLACE ? 'inPlace' : Place.of(sendbuf), all, blocks, root);
  }

  protected runScatter(
    call: Call,
    all: Place | undefined,
    blocks: Blocks | undefined,
    recvbuf: Buf | InPlace,
    root: number,
  ): Promise<void> {
    return scatterFrom(call, all, blocks, recvbuf === IN_PLACE ? 'inPlace' : Place.of(recvbuf), root);
  }

  protected runAllgather(call: Call, sendbuf: Buf | InPlace, all: Place, blocks: Blocks): Promise<void> {
    if (sendbuf !== IN_PLACE) copyPlace(Place.of(sendbuf), blockOf(all, blocks, this.rank));
    return allgatherBlocks(call, all, blocks);
  }

  protected runAlltoall(call: Call, out: (to: number) => Place, into: (from: number) => Place): Promise<void> {
    return alltoallParts(call, out, into);
  }

  protected async runReduce(
    call: Call,
    sendbuf: Buf | InPlace,
    into: Place | undefined,
    op: Op,
    root: number,
  ): Promise<void> {
    const from = sendbuf === IN_PLACE ? into! : Place.of(sendbuf);
    const result = await reduceTo(call, numbersOf(from), op, root, from.type);
    into?.fill(result);
  }

  protected async runAllreduce(call: Call, mine: NumberArray, into: Place, op: Op): Promise<void> {
    const type = userType(into.type);
    const looked = this.levelsFor(mine.byteLength);
    const levels = looked instanceof Promise ? await looked : looked;
    if (levels === undefined) return into.fill(await allreduceNumbers(call, mine, op, type));
    const combine = (all: NumberArray): NumberArray => foldInOrder(byRank(all, levels, mine.length), op, type);
    into.fill(await twoLevels(call, levels, mine, combine));
  }

  protected async runReduceScatter(
    call: Call,
    mine: NumberArray,
    type: Datatype,
    into: Place,
    counts: readonly number[],
    op: Op,
  ): Promise<void> {
    const result = await reduceToFirst(call, mine, op, type);
    const blocks = this.blocks(counts, undefined, 'reduceScatter');
    const all = this.rank === 0 ? new Place(result, contiguousOf(type), result.byteLength / type.size, 0) : undefined;
    await scatterFrom(call, all, blocks, into.part(0, counts[this.rank]!), 0);
  }

  protected async runScan(call: Call, from: Place, into: Place, op: Op, isInclusive: boolean): Promise<void> {
    const { before, upTo } = await scanNumbers(call, numbersOf(from), op, from.type);
    const result = isInclusive ? upTo : before;
    if (result !== undefined) into.fill(result);
  }

  /** How ranks are grouped by PEs, for an operation whose block is so long; undefined: they are not, or it is too long. */
  private levelsFor(bytes: number): Levels | undefined | Promise<Levels | undefined> {
    if (this.size < 3 || bytes * this.size > gatheredBytesMax) return undefined;
    if (++this.shortOperations < levelsFrom) return undefined;
    this.levels ??= this.findLevels();
    return this.foundLevels ?? this.levels;
  }

  /** Called at the same operation on all ranks, so its own is the next on all of them. */
  private async findLevels(): Promise<Levels | undefined> {
    const places = new Int32Array(this.size);
    await this.allgather(new Int32Array([this.mpi.pe]), places);
    const levels = levelsOf(places, this.rank);
    if (levels.groups.length < this.size) this.foundLevels = levels;
    return this.foundLevels;
  }

  // ---- inside ----

  /** True where the root's arguments count. */
  protected atRoot(root: number): boolean {
    this.checkRoot(root);
    return this.rank === root;
  }

  private input(sendbuf: Buf | InPlace, into: Place): Place {
    return sendbuf === IN_PLACE ? into : Place.of(sendbuf);
  }

  protected blocks(counts: Counts, displs: Maybe<Counts> | undefined, what: string): Blocks {
    const at = displs === null || displs === undefined ? undefined : Array.from(displs);
    return unevenBlocks(Array.from(counts), at, this.targets.size, what);
  }

  /** @internal */
  later(what: string, work: Promise<unknown>): Request {
    return new PromiseRequest(this.engine, this, what, work);
  }
}

/** For `alltoallw`. */
export interface BlocksOfTypes {
  readonly data: NumberArray | DataView;
  readonly counts: Counts;
  /** In bytes. */
  readonly displs: Counts;
  readonly types: readonly Datatype[];
}

export function typedBlock({ data, counts, displs, types }: BlocksOfTypes, i: number): Place {
  return new Place(data, types[i]!, counts[i]!, displs[i]!);
}

export function blockOf(place: Place, { counts, displs }: Blocks, i: number): Place {
  return place.part(displs[i]!, counts[i]!);
}

function copyOf(place: Place): Place {
  return new Place(
    place.data instanceof DataView ? place.payload().slice() : place.data.slice(),
    place.type,
    place.count,
    place.at,
  );
}

function needed<T>(buf: Maybe<T>, what: string): T {
  if (buf === null) throw new MpiError('BUFFER', `${what}: this rank needs the argument that is null`);
  return buf;
}

/** A type that user functions need to see: of plain numbers they need none. */
function userType(type: Datatype): Datatype | undefined {
  return type.recipe.combiner === 'NAMED' && type.runs[0]?.count === 1 ? undefined : type;
}

/** The type of packed items: as many bytes, side by side. */
function contiguousOf(type: Datatype): Datatype {
  return type.isContiguous ? type : type.packedForm;
}
