/**
 * `Engine`: the messages of one rank.
 *
 *  1. A message to a rank of the same PE is handed over in the call: into the receive that waits for it, or else copied (if it is
 *     short) or left at the sender as an offer. Each so often one goes through the queue of the PE instead, so that chains of
 *     ranks that wake each other let the event loop live.
 *  2. To another PE: up to 8 bytes as two numbers in the envelope; up to the eager limit with its bytes; above, and when the send
 *     must not end before it is matched, as an offer: envelope, size, and the sender's number for it.
 *  3. The receiver puts messages of a sender in the order of their numbers, and each into the oldest receive that it matches, or
 *     into the queue of those that nobody expected.
 *  4. The data of an offer that was matched are copied straight from the sender's memory if that is on the same PE, or in memory that
 *     the process shares; otherwise the sender is told to go ahead (`grant`), and sends pieces: messages/transfer.ts.
 *
 * Invariant: numbers count per sender and receiver over all communicators, so whatever way a message takes, order holds.
 */
import type { LibraryWait } from '../../core/index.ts';
import type { Payload } from '../datatype/place.ts';
import type { MpiError } from '../errors.ts';
import type { PeTable } from '../rank/pe-table.ts';
import type { RankPeer } from '../rank/rank.ts';
import { Envelope, EnvelopeKind } from './envelope.ts';
import { MatchQueue } from './match-queue.ts';
import type { Probe } from './probe.ts';
import { Receive, type Target } from './receive.ts';
import type { RequestHost } from './request.ts';
import { Scratch, tinyBytesMax } from './scratch.ts';
import { Send } from './send.ts';
import { Sequences } from './sequences.ts';
import { Status } from './status.ts';
import { Transfers } from './transfer.ts';

/** What a rank is to its engine. */
export interface EngineOwner {
  peer(gid: number): RankPeer;
  raise(on: object | undefined, error: MpiError): MpiError;
  yield(): Promise<void>;
  describeContext(ctx: number): string;
}

export interface Protocol {
  /** Up to so many bytes a message carries its data; above they wait for the receiver. */
  readonly eagerBytes: number;
}

/** Between two trips through the PE's queue. */
const directMax = 64;

export class Engine implements RequestHost {
  readonly gid: number;
  readonly scratch = new Scratch();
  readonly sends = new Map<number, Send>();
  readonly receives = new Map<number, Receive>();
  here: PeTable;
  readonly transfers: Transfers;
  readonly protocol: Protocol;
  private readonly owner: EngineOwner;
  private waits: LibraryWait;
  private readonly queues = new Map<number, MatchQueue>();
  private lastCtx = -1;
  private lastQueue = new MatchQueue();
  private readonly sequences: Sequences;
  private readonly probes = new Set<Probe>();
  private nextId = 1;

  constructor(owner: EngineOwner, gid: number, ranks: number, here: PeTable, waits: LibraryWait, protocol: Protocol) {
    this.owner = owner;
    this.gid = gid;
    this.here = here;
    this.waits = waits;
    this.protocol = protocol;
    this.sequences = new Sequences(ranks);
    this.transfers = new Transfers(this);
  }

  /** The program begins to run. */
  runs(waits: LibraryWait): void {
    this.waits = waits;
    waits.open();
  }

  ends(): void {
    this.waits.close();
  }

  // ---- host of requests ----

  waking(): void {
    this.waits.waking();
  }

  yield(): Promise<void> {
    return this.owner.yield();
  }

  raise(on: object | undefined, error: MpiError): MpiError {
    return this.owner.raise(on, error);
  }

  peer(gid: number): RankPeer {
    return this.owner.peer(gid);
  }

  describeContext(ctx: number): string {
    return this.owner.describeContext(ctx);
  }

  newId(): number {
    return this.nextId++;
  }

  queueOf(ctx: number): MatchQueue {
    if (ctx === this.lastCtx) return this.lastQueue;
    let queue = this.queues.get(ctx);
    if (queue === undefined) {
      queue = new MatchQueue();
      this.queues.set(ctx, queue);
    }
    this.lastCtx = ctx;
    this.lastQueue = queue;
    return queue;
  }

  // ---- sending ----

  /** Sends; undefined if the program may use the buffer again at once. */
  send(
    on: object | undefined,
    ctx: number,
    source: number,
    gid: number,
    dest: number,
    tag: number,
    payload: Payload,
    isSync: boolean,
  ): Send | undefined {
    const size = payload.byteLength;
    const { here } = this;
    if (here.ranks[gid] !== undefined && --here.directLeft > 0)
      return this.sendDirect(on, ctx, source, gid, dest, tag, payload, isSync);
    here.directLeft = directMax;
    const seq = this.sequences.next(gid);
    if (!isSync && size <= this.protocol.eagerBytes) {
      const peer = this.owner.peer(gid);
      if (size <= tinyBytesMax) {
        const { scratch } = this;
        scratch.load(payload);
        peer.tiny(ctx, source, tag, this.gid, seq, size, scratch.ints[0]!, scratch.ints[1]!);
      } else peer.eager(ctx, source, tag, this.gid, seq, this.safe(gid, payload));
      return undefined;
    }
    return this.offer(on, ctx, source, gid, dest, tag, payload, seq);
  }

  /** A message that waits in this PE's queue, or for room in a ring, must not see later changes of the buffer. */
  private safe(gid: number, payload: Payload): Payload {
    return payload.byteLength >= linkCopiesBelow || this.here.ranks[gid] !== undefined ? payload.slice() : payload;
  }

  private offer(
    on: object | undefined,
    ctx: number,
    source: number,
    gid: number,
    dest: number,
    tag: number,
    payload: Payload,
    seq: number,
  ): Send {
    const send = this.register(new Send(this, on, ctx, gid, dest, tag, payload));
    const at = this.here.heapOffset(payload);
    this.owner.peer(gid).offer(ctx, source, tag, this.gid, seq, payload.byteLength, send.sendId, this.here.node, at);
    return send;
  }

  register(send: Send): Send {
    send.sendId = this.nextId++;
    this.sends.set(send.sendId, send);
    return send;
  }

  private sendDirect(
    on: object | undefined,
    ctx: number,
    source: number,
    gid: number,
    dest: number,
    tag: number,
    payload: Payload,
    isSync: boolean,
  ): Send | undefined {
    const seq = this.sequences.next(gid);
    const envelope = new Envelope(EnvelopeKind.eager, ctx, source, tag, this.gid, seq, payload.byteLength, 0, payload);
    envelope.isLive = true;
    envelope.isSync = isSync;
    this.owner.peer(gid).local(envelope);
    if (envelope.isTaken) return undefined;
    const send = this.register(new Send(this, on, ctx, gid, dest, tag, payload));
    envelope.sendId = send.sendId;
    return send;
  }

  /** A value; the program must not change it afterwards, as with messages of chares. */
  sendValue(ctx: number, source: number, gid: number, tag: number, value: unknown): void {
    this.owner.peer(gid).value(ctx, source, tag, this.gid, this.sequences.next(gid), value);
  }

  // ---- receiving ----

  /** Receives; a message that is there already is taken at once. */
  receive(on: object | undefined, ctx: number, source: number, tag: number, target: Target): Receive {
    return this.begin(new Receive(this, on, ctx, source, tag, target));
  }

  begin(receive: Receive): Receive {
    const queue = this.queueOf(receive.ctx);
    const envelope = queue.find(receive.source, receive.tag);
    if (envelope === undefined) {
      receive.isPosted = true;
      queue.post(receive);
      return receive;
    }
    queue.remove(envelope);
    this.match(envelope, receive);
    return receive;
  }

  withdrawPosted(receive: Receive): void {
    receive.isPosted = false;
    this.queueOf(receive.ctx).withdraw(receive);
  }

  /** A message has come; earlier ones of its sender go first. */
  arrive(envelope: Envelope): void {
    if (!this.sequences.isNext(envelope.gid, envelope.seq)) {
      this.keep(envelope);
      return this.sequences.early(envelope);
    }
    this.sort(envelope);
    for (
      let next = this.sequences.takeEarly(envelope.gid);
      next !== undefined;
      next = this.sequences.takeEarly(envelope.gid)
    )
      this.sort(next);
  }

  private sort(envelope: Envelope): void {
    const queue = this.queueOf(envelope.ctx);
    const posted = queue.takePosted(envelope.source, envelope.tag) as Receive | undefined;
    if (posted !== undefined) {
      posted.isPosted = false;
      return this.match(envelope, posted);
    }
    this.keep(envelope);
    for (const probe of this.probes) if (probe.sees(envelope)) return;
    queue.add(envelope);
  }

  /** Data in the sender's own memory are copied, or left there as an offer. */
  private keep(envelope: Envelope): void {
    if (!envelope.isLive) return;
    envelope.isLive = false;
    if (envelope.isSync || envelope.size > this.protocol.eagerBytes) {
      envelope.kind = EnvelopeKind.offer;
      envelope.payload = undefined;
      return;
    }
    envelope.isTaken = true;
    if (envelope.size > tinyBytesMax) {
      envelope.payload = envelope.payload!.slice();
      return;
    }
    // A copy of a few bytes costs less than a typed array for them.
    const { scratch } = this;
    scratch.load(envelope.payload!);
    envelope.kind = EnvelopeKind.tiny;
    envelope.lo = scratch.ints[0]!;
    envelope.hi = scratch.ints[1]!;
    envelope.payload = undefined;
  }

  /** A message goes into a receive. */
  match(envelope: Envelope, receive: Receive): void {
    if (envelope.kind !== EnvelopeKind.offer) {
      receive.take(envelope);
      envelope.isTaken = true;
      return;
    }
    this.transfers.pull(envelope, receive);
  }

  // ---- probing ----

  addProbe(probe: Probe): void {
    this.probes.add(probe);
  }

  removeProbe(probe: Probe): void {
    this.probes.delete(probe);
  }

  // ---- cancelling a send ----

  /** The sender `gid` wants its offer back. True if it was not matched. */
  forget(ctx: number, gid: number, sendId: number): boolean {
    const queue = this.queueOf(ctx);
    const envelope = queue.findSend(gid, sendId);
    if (envelope !== undefined) queue.remove(envelope);
    return envelope !== undefined;
  }

  withdrawn(sendId: number, isForgotten: boolean): void {
    const send = this.sends.get(sendId);
    if (!isForgotten || send === undefined) return;
    this.sends.delete(sendId);
    send.cancelled();
  }

  /** A send has ended: the receiver has its data. */
  completed(sendId: number): void {
    const send = this.sends.get(sendId);
    if (send === undefined) return;
    this.sends.delete(sendId);
    send.finish(Status.empty());
  }

  // ---- reports ----

  /** What this rank waits for, for the report of a stuck job. */
  describe(): string {
    const parts: string[] = [];
    for (const queue of this.queues.values())
      for (const posted of queue.posted()) parts.push((posted as Receive).describe());
    for (const send of this.sends.values()) parts.push(send.describe());
    for (const probe of this.probes) parts.push(probe.describe());
    return parts.length === 0 ? 'something that is not a message' : parts.join(' and ');
  }
}

/** Larger arrays are not copied by a link before they leave: core/pup/writer.ts. */
const linkCopiesBelow = 4096;
