/**
 * `Intercomm`: two groups; messages go to ranks of the other one. In collectives data go from one group to the other. With a root it
 * says `ROOT`, the others of its group `PROC_NULL`, and the other group its rank.
 */
import { Call, numbersOf, Staged } from '../collectives/call.ts';
import type { Blocks } from '../collectives/gather.ts';
import type { Op } from '../collectives/op.ts';
import { reduceToFirst } from '../collectives/reduce.ts';
import { type InPlace, PROC_NULL, ROOT, UNDEFINED } from '../constants.ts';
import type { Datatype, NumberArray } from '../datatype/datatype.ts';
import { type Buf, Place } from '../datatype/place.ts';
import { MpiError } from '../errors.ts';
import type { Mpi } from '../rank/mpi.ts';
import { Collective } from './collective.ts';
import type { CommBase } from './comm-base.ts';
import { type Comparison, Group } from './group.ts';
import { type Comm, compareComms } from './intracomm.ts';

export class Intercomm extends Collective {
  readonly remote: Group;
  /** The ranks of this side, for what they do among themselves. @internal */
  readonly local: Comm;

  constructor(mpi: Mpi, ctx: number, local: Comm, remote: Group, name = '') {
    super(mpi, ctx, local.members, name);
    this.local = local;
    this.remote = remote;
  }

  get isInter(): boolean {
    return true;
  }

  get targets(): Group {
    return this.remote;
  }

  get remoteSize(): number {
    return this.remote.size;
  }

  testInter(): boolean {
    return true;
  }

  getGroup(): Group {
    return this.members;
  }

  getRemoteGroup(): Group {
    return this.remote;
  }

  compare(other: CommBase): Comparison {
    return compareComms(this, other);
  }

  override checkRoot(root: number): void {
    if (root === ROOT || root === PROC_NULL || (Number.isInteger(root) && root >= 0 && root < this.remoteSize)) return;
    throw this.fail(new MpiError('ROOT', `${root} is neither a rank of the other group nor ROOT or PROC_NULL`));
  }

  async dup(): Promise<Intercomm> {
    const made = await this.pairOfContexts();
    const copy = new Intercomm(this.mpi, made.ctx, await this.local.dup(), this.remote, this.getName());
    copy.inherit(this);
    this.attributes.copyTo(copy.attributes);
    return copy;
  }

  /** One group of both; those with `isHigh` come last. If both say the same, one side is first on both. */
  async merge(isHigh: boolean): Promise<Comm> {
    const contexts = await this.pairOfContexts(isHigh ? 1 : 0);
    const iAmFirst =
      contexts.mine === contexts.theirs
        ? this.members.gids[0]! < this.remote.gids[0]!
        : contexts.mine < contexts.theirs;
    const gids = iAmFirst ? [...this.members.gids, ...this.remote.gids] : [...this.remote.gids, ...this.members.gids];
    return this.local.another(contexts.ctx, new Group(gids, this.engine.gid));
  }

  /** Ranks of equal colour of both sides; null where a colour is on one side only. */
  async split(color: number, key: number): Promise<Intercomm | null> {
    const local = await this.local.split(color, key);
    const mine = new Float64Array([color, key, this.engine.gid]);
    const theirs = new Float64Array(3 * this.remoteSize);
    const contexts = await this.pairOfContexts();
    await this.allgather(mine, theirs);
    if (local === null) return null;
    const ranks: number[] = [];
    for (let rank = 0; rank < this.remoteSize; rank++) if (theirs[3 * rank] === color) ranks.push(rank);
    if (ranks.length === 0) return null;
    ranks.sort((a, b) => theirs[3 * a + 1]! - theirs[3 * b + 1]! || a - b);
    const remote = new Group(
      ranks.map((rank) => this.remote.gids[rank]!),
      this.engine.gid,
    );
    // One context serves all colours: their groups have no rank in common.
    return new Intercomm(this.mpi, contexts.ctx, local, remote);
  }

  /** Of subsets of both sides. */
  async create(group: Group): Promise<Intercomm | null> {
    const local = await this.local.create(group);
    const isIn = new Float64Array([group.rank === UNDEFINED ? -1 : group.rank]);
    const theirs = new Float64Array(this.remoteSize);
    const contexts = await this.pairOfContexts();
    await this.allgather(isIn, theirs);
    const ranks = [...theirs.keys()].filter((rank) => theirs[rank]! >= 0).sort((a, b) => theirs[a]! - theirs[b]!);
    if (local === null || ranks.length === 0) return null;
    return new Intercomm(
      this.mpi,
      contexts.ctx,
      local,
      new Group(
        ranks.map((rank) => this.remote.gids[rank]!),
        this.engine.gid,
      ),
    );
  }

  async free(): Promise<void> {
    this.attributes.clear();
    this.isFreed = true;
  }

  async disconnect(): Promise<void> {
    await this.barrier();
    await this.free();
  }

  /** A context on which both sides agree: that of the side whose first rank has the lower number. A word of each goes along. */
  private async pairOfContexts(
    word = 0,
  ): Promise<{ readonly ctx: number; readonly mine: number; readonly theirs: number }> {
    const call = new Call(this);
    const out = new Float64Array(4);
    if (this.rank === 0) {
      const mine = new Float64Array([this.mpi._newContext(), word]);
      const theirs = new Float64Array(2);
      await call.exchange(mine, 0, theirs, 0);
      out.set(mine, 0);
      out.set(theirs, 2);
    }
    await this.local.bcast(out, 0);
    const isMine = this.members.gids[0]! < this.remote.gids[0]!;
    return { ctx: isMine ? out[0]! : out[2]!, mine: out[1]!, theirs: out[3]! };
  }

  // ---- collectives ----

  protected override async runBarrier(call: Call): Promise<void> {
    await this.local.barrier();
    if (this.rank === 0) await call.exchange(new Uint8Array(0), 0, new Uint8Array(0), 0);
    await this.local.barrier();
  }

  protected override async runBcast(call: Call, place: Place, root: number): Promise<void> {
    if (root === PROC_NULL) return;
    if (root === ROOT) return call.send(place.payload(), 0);
    const staged = new Staged(place, false);
    if (this.rank === 0) await call.recv(staged.payload, root);
    await this.local.bcast(staged.payload, 0);
    staged.putBack();
  }

  protected override atRoot(root: number): boolean {
    this.checkRoot(root);
    return root === ROOT;
  }

  protected override async runGather(
    call: Call,
    sendbuf: Buf | InPlace,
    all: Place | undefined,
    blocks: Blocks | undefined,
    root: number,
  ): Promise<void> {
    if (root === PROC_NULL) return;
    if (root !== ROOT) return call.send(Place.of(sendbuf as Buf).payload(), root);
    const receives = [];
    for (let from = 0; from < this.remoteSize; from++)
      receives.push(call.irecv(all!.part(blocks!.displs[from]!, blocks!.counts[from]!), from));
    for (const receive of receives) await receive.wait();
  }

  protected override async runScatter(
    call: Call,
    all: Place | undefined,
    blocks: Blocks | undefined,
    recvbuf: Buf | InPlace,
    root: number,
  ): Promise<void> {
    if (root === PROC_NULL) return;
    if (root !== ROOT) {
      await call.recv(Place.of(recvbuf as Buf), root);
      return;
    }
    for (let to = 0; to < this.remoteSize; to++)
      await call.send(all!.part(blocks!.displs[to]!, blocks!.counts[to]!).payload(), to);
  }

  protected override runAllgather(call: Call, sendbuf: Buf | InPlace, all: Place, blocks: Blocks): Promise<void> {
    const mine = Place.of(sendbuf as Buf);
    return this.runAlltoall(
      call,
      () => mine,
      (from) => all.part(blocks.displs[from]!, blocks.counts[from]!),
    );
  }

  protected override async runAlltoall(
    call: Call,
    out: (to: number) => Place,
    into: (from: number) => Place,
  ): Promise<void> {
    const receives = [];
    for (let from = 0; from < this.remoteSize; from++) receives.push(call.irecv(into(from), from));
    const sends = [];
    for (let to = 0; to < this.remoteSize; to++) sends.push(call.isend(out(to).payload(), to));
    for (const receive of receives) await receive.wait();
    for (const send of sends) await send?.wait();
  }

  protected override async runReduce(
    call: Call,
    sendbuf: Buf | InPlace,
    into: Place | undefined,
    op: Op,
    root: number,
  ): Promise<void> {
    if (root === PROC_NULL) return;
    if (root === ROOT) {
      const staged = new Staged(into!, false);
      await call.recv(staged.payload, 0);
      return staged.putBack();
    }
    const from = Place.of(sendbuf as Buf);
    const result = await reduceToFirst(new Call(this.local), numbersOf(from), op, from.type);
    if (this.rank === 0) await call.send(result, root);
  }

  protected override async runAllreduce(call: Call, mine: NumberArray, into: Place, op: Op): Promise<void> {
    const theirs = await this.exchangeReduced(call, mine, op, into.type, into.bytes);
    await this.local.bcast(theirs, 0);
    into.fill(theirs);
  }

  /** Rank 0 of each side gets the result of the other one. */
  private async exchangeReduced(
    call: Call,
    mine: NumberArray,
    op: Op,
    type: Datatype,
    bytes: number,
  ): Promise<Uint8Array> {
    const result = await reduceToFirst(new Call(this.local), mine, op, type);
    const theirs = new Uint8Array(bytes);
    if (this.rank === 0) await call.exchange(result, 0, theirs, 0);
    return theirs;
  }

  protected override async runReduceScatter(
    call: Call,
    mine: NumberArray,
    type: Datatype,
    into: Place,
    counts: readonly number[],
    op: Op,
  ): Promise<void> {
    const items = counts.reduce((sum, count) => sum + count, 0);
    const theirs = await this.exchangeReduced(call, mine, op, type, items * type.size);
    const bytes = counts.map((count) => count * type.size);
    const part = new Uint8Array(bytes[this.rank]!);
    await this.local.scatterv(theirs, bytes, null, part, 0);
    into.part(0, counts[this.rank]!).fill(part);
  }

  protected override runScan(): Promise<void> {
    throw this.fail(new MpiError('COMM', 'scan and exscan need a communicator of one group'));
  }
}
