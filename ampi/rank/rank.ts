/**
 * `AmpiRank`: the chare that is a rank. Its entry methods are the messages between ranks; the program itself runs in `begin`.
 *
 * Invariant: a rank stands in the table of its PE as long as it is there. Others there hand it messages directly, and know by the table
 * that a message for it which goes through the queue goes by reference.
 */
import { Chare, type Entries, type GroupProxy, LibraryWait, Reducer } from '../../core/index.ts';
import type { Payload } from '../datatype/place.ts';
import { mainOf, type SpawnedSetup } from '../dynamic/spawned.ts';
import { Engine, type Protocol } from '../messages/engine.ts';
import { Envelope, EnvelopeKind } from '../messages/envelope.ts';
import type { Order } from '../window/wire.ts';
import { Mpi } from './mpi.ts';
import type { AmpiPe, PeTable } from './pe-table.ts';
import type { World } from './worlds.ts';

/** A program: runs once on every rank. */
export type RankMain = (mpi: Mpi) => unknown;

/** What ranks are told when they are made. */
export interface RankSetup {
  readonly pes: GroupProxy<AmpiPe>;
  readonly protocol: Protocol;
  /** Of spawned ranks: what they run, and who has spawned them. */
  readonly spawned?: SpawnedSetup;
}

/** A rank as others see it: where their messages go. */
export interface RankPeer {
  local(envelope: Envelope): void;
  tiny(ctx: number, source: number, tag: number, gid: number, seq: number, size: number, lo: number, hi: number): void;
  eager(ctx: number, source: number, tag: number, gid: number, seq: number, payload: Payload): void;
  offer(
    ctx: number,
    source: number,
    tag: number,
    gid: number,
    seq: number,
    size: number,
    sendId: number,
    node: number,
    heapAt: number,
  ): void;
  value(ctx: number, source: number, tag: number, gid: number, seq: number, value: unknown): void;
  grant(sendId: number, recvId: number, node: number): void;
  piece(recvId: number, gid: number, sendId: number, offset: number, bytes: Uint8Array): void;
  staged(recvId: number, gid: number, sendId: number, offset: number, at: number, bytes: number, slot: number): void;
  more(sendId: number, slot: number): void;
  sent(sendId: number): void;
  withdraw(ctx: number, gid: number, sendId: number): void;
  withdrawn(sendId: number, isForgotten: boolean): void;
  window(id: number, gid: number, order: Order): void;
  unsuspend(): void;
}

export abstract class RankChare extends Chare<number> {
  static readonly entries: Entries<RankChare> = { local: { inline: true } };
  readonly _setup: RankSetup;
  private readonly _world: World;
  private readonly _engine: Engine;
  private readonly _mpi: Mpi;
  private readonly _here: PeTable;

  constructor(setup: RankSetup, base: number, size: number) {
    super();
    this._setup = setup;
    this._here = setup.pes.at(this.charm.pe).call.table();
    this._world = { base, size, array: this.array as unknown as World['array'] };
    const waits = new LibraryWait(this, () => '');
    const [gid, ranks] = [base + this.index, base + size];
    this._mpi = new Mpi(
      this,
      this._world,
      this.index,
      setup.spawned?.worldCtx ?? 0,
      (owner) => new Engine(owner, gid, ranks, this._here, waits, setup.protocol),
    );
    this._engine = this._mpi._engine;
    this._here.ranks[gid] = this._engine;
  }

  /** The program of this job. */
  abstract _main(name: string | undefined): RankMain;
  abstract _nameOf(main: RankMain): string | undefined;

  async begin(): Promise<void> {
    const engine = this._engine;
    engine.runs(new LibraryWait(this, () => engine.describe()));
    const { spawned, pes } = this._setup;
    if (spawned !== undefined) await this._mpi._bornOf(spawned);
    await this._main(spawned && mainOf(spawned, this.index))(this._mpi);
    await this._mpi._ended();
    engine.ends();
    this.contribute(1, Reducer.sum, pes.at(0).callback.ended);
  }

  resume(): void {
    this._mpi._resume();
  }

  local(envelope: Envelope): void {
    this._engine.arrive(envelope);
  }

  tiny(ctx: number, source: number, tag: number, gid: number, seq: number, size: number, lo: number, hi: number): void {
    const envelope = new Envelope(EnvelopeKind.tiny, ctx, source, tag, gid, seq, size, 0, undefined);
    envelope.lo = lo;
    envelope.hi = hi;
    this._engine.arrive(envelope);
  }

  eager(ctx: number, source: number, tag: number, gid: number, seq: number, payload: Payload): void {
    this._engine.arrive(new Envelope(EnvelopeKind.eager, ctx, source, tag, gid, seq, payload.byteLength, 0, payload));
  }

  offer(
    ctx: number,
    source: number,
    tag: number,
    gid: number,
    seq: number,
    size: number,
    sendId: number,
    node: number,
    heapAt: number,
  ): void {
    const envelope = new Envelope(EnvelopeKind.offer, ctx, source, tag, gid, seq, size, sendId, undefined);
    envelope.node = node;
    envelope.heapAt = heapAt;
    this._engine.arrive(envelope);
  }

  value(ctx: number, source: number, tag: number, gid: number, seq: number, value: unknown): void {
    const envelope = new Envelope(EnvelopeKind.object, ctx, source, tag, gid, seq, 0, 0, undefined);
    envelope.value = value;
    this._engine.arrive(envelope);
  }

  grant(sendId: number, recvId: number, node: number): void {
    this._engine.transfers.grant(sendId, recvId, node);
  }

  piece(recvId: number, gid: number, sendId: number, offset: number, bytes: Uint8Array): void {
    this._engine.transfers.piece(recvId, offset, bytes);
    this._engine.peer(gid).more(sendId, -1);
  }

  staged(recvId: number, gid: number, sendId: number, offset: number, at: number, bytes: number, slot: number): void {
    this._engine.transfers.piece(recvId, offset, this._here.heapBytes(at, bytes));
    this._engine.peer(gid).more(sendId, slot);
  }

  more(sendId: number, slot: number): void {
    this._engine.transfers.more(sendId, slot);
  }

  sent(sendId: number): void {
    this._engine.completed(sendId);
  }

  withdraw(ctx: number, gid: number, sendId: number): void {
    this._engine.peer(gid).withdrawn(sendId, this._engine.forget(ctx, gid, sendId));
  }

  withdrawn(sendId: number, isForgotten: boolean): void {
    this._engine.withdrawn(sendId, isForgotten);
  }

  window(id: number, gid: number, order: Order): void {
    this._mpi._windows.get(id)?.receive(gid, order);
  }

  unsuspend(): void {
    this._engine.waking();
    this._mpi._unsuspend();
  }
}
