/**
 * Messages between two ranks. A buffer is a typed array, or a part of one with a type: `{ data, count, type, offset }`.
 *
 * A send is done when its buffer may be used again: short messages at once, long ones when the receiver has taken them (the
 * limit is `--eager-bytes`). Mistakes in arguments are thrown at the call.
 */
import { ANY_SOURCE, ANY_TAG, PROC_NULL } from '../constants.ts';
import { type Buf, bytesOf, type Payload, Place } from '../datatype/place.ts';
import { MpiError } from '../errors.ts';
import { Message, Probe, statusOf } from '../messages/probe.ts';
import { PersistentReceive, type Receive, type Target } from '../messages/receive.ts';
import type { Request } from '../messages/request.ts';
import { DoneSend, PersistentSend, type Send } from '../messages/send.ts';
import { Status } from '../messages/status.ts';
import { CommBase } from './comm-base.ts';

const done: Promise<void> = Promise.resolve();

/** The data of a buffer as a typed array. */
export function payloadOf(buf: Buf): Payload {
  if (!ArrayBuffer.isView(buf) || buf instanceof DataView) return Place.of(buf).payload();
  // A Buffer's slice is no copy.
  return buf instanceof Uint8Array && buf.constructor !== Uint8Array
    ? bytesOf(new DataView(buf.buffer, buf.byteOffset, buf.byteLength))
    : buf;
}

export function targetOf(buf: Buf): Exclude<Target, undefined> {
  return ArrayBuffer.isView(buf) && !(buf instanceof DataView) ? buf : Place.of(buf);
}

type Mode = 'standard' | 'synchronous' | 'buffered';

export abstract class PointToPoint extends CommBase {
  // ---- blocking ----

  /** Sends; cost: about 0.2 us on a PE, 0.8 us between PEs. */
  send(buf: Buf, dest: number, tag = 0): Promise<void> {
    const send = this.begin(buf, dest, tag, false);
    return send === undefined ? done : (send.wait() as Promise<unknown> as Promise<void>);
  }

  /** Done only when the receiver has matched the message. */
  ssend(buf: Buf, dest: number, tag = 0): Promise<void> {
    const send = this.begin(buf, dest, tag, true);
    return send === undefined ? done : (send.wait() as Promise<unknown> as Promise<void>);
  }

  /** Done at once; the message goes from a copy in the attached buffer. @throws MpiError BUFFER if there is no room for it */
  bsend(buf: Buf, dest: number, tag = 0): Promise<void> {
    this.beginBuffered(buf, dest, tag);
    return done;
  }

  /** The receive must have been posted; that is not checked. */
  rsend(buf: Buf, dest: number, tag = 0): Promise<void> {
    return this.send(buf, dest, tag);
  }

  /** Receives into a buffer that has room for at least what was sent. */
  recv(buf: Buf, source: number = ANY_SOURCE, tag: number = ANY_TAG): Promise<Status> {
    if (source === PROC_NULL) return Promise.resolve(Status.ofNobody());
    this.checkSource(source, tag);
    return this.engine.receive(this, this.ctx, source, tag, targetOf(buf)).wait();
  }

  async sendrecv(
    sendbuf: Buf,
    dest: number,
    sendtag: number,
    recvbuf: Buf,
    source: number = ANY_SOURCE,
    recvtag: number = ANY_TAG,
  ): Promise<Status> {
    const receive = this.irecv(recvbuf, source, recvtag);
    const send = this.begin(sendbuf, dest, sendtag, false);
    const status = await receive.wait();
    if (send !== undefined) await send.wait();
    return status;
  }

  /** What is received replaces what was sent. */
  sendrecvReplace(
    buf: Buf,
    dest: number,
    sendtag: number,
    source: number = ANY_SOURCE,
    recvtag: number = ANY_TAG,
  ): Promise<Status> {
    return this.sendrecv(payloadOf(buf).slice(), dest, sendtag, buf, source, recvtag);
  }

  // ---- non-blocking ----

  isend(buf: Buf, dest: number, tag = 0): Request {
    return this.begin(buf, dest, tag, false) ?? new DoneSend(this.engine, this);
  }

  issend(buf: Buf, dest: number, tag = 0): Request {
    return this.begin(buf, dest, tag, true) ?? new DoneSend(this.engine, this);
  }

  ibsend(buf: Buf, dest: number, tag = 0): Request {
    this.beginBuffered(buf, dest, tag);
    return new DoneSend(this.engine, this);
  }

  irsend(buf: Buf, dest: number, tag = 0): Request {
    return this.isend(buf, dest, tag);
  }

  irecv(buf: Buf, source: number = ANY_SOURCE, tag: number = ANY_TAG): Request {
    const nobody = this.fromNobody(source, tag);
    return nobody ?? this.engine.receive(this, this.ctx, source, tag, targetOf(buf));
  }

  // ---- persistent ----

  sendInit(buf: Buf, dest: number, tag = 0): Request {
    return this.persistent(buf, dest, tag, 'standard');
  }

  ssendInit(buf: Buf, dest: number, tag = 0): Request {
    return this.persistent(buf, dest, tag, 'synchronous');
  }

  bsendInit(buf: Buf, dest: number, tag = 0): Request {
    return this.persistent(buf, dest, tag, 'buffered');
  }

  rsendInit(buf: Buf, dest: number, tag = 0): Request {
    return this.persistent(buf, dest, tag, 'standard');
  }

  recvInit(buf: Buf, source: number = ANY_SOURCE, tag: number = ANY_TAG): Request {
    if (source === PROC_NULL) return new PersistentSend(this.engine, this, () => undefined);
    this.checkSource(source, tag);
    return new PersistentReceive(this.engine, this, this.ctx, source, tag, targetOf(buf));
  }

  private persistent(buf: Buf, dest: number, tag: number, mode: Mode): Request {
    if (dest !== PROC_NULL) this.checkDest(dest, tag);
    return new PersistentSend(this.engine, this, () => {
      if (mode !== 'buffered') return this.begin(buf, dest, tag, mode === 'synchronous');
      this.beginBuffered(buf, dest, tag);
      return undefined;
    });
  }

  // ---- values ----

  /** Sends any value that messages of chares can carry. It must not be changed afterwards. */
  sendObject(value: unknown, dest: number, tag = 0): Promise<void> {
    if (dest !== PROC_NULL) {
      const gid = this.checkDest(dest, tag);
      this.engine.sendValue(this.ctx, this.rank, gid, tag, value);
    }
    return done;
  }

  /** Receives a value that was sent with `sendObject`. */
  async recvObject<T = unknown>(
    source: number = ANY_SOURCE,
    tag: number = ANY_TAG,
  ): Promise<{ readonly value: T; readonly status: Status }> {
    if (source === PROC_NULL) return { value: undefined as T, status: Status.ofNobody() };
    this.checkSource(source, tag);
    const receive = this.engine.receive(this, this.ctx, source, tag, undefined);
    const status = await receive.wait();
    return { value: receive.value as T, status };
  }

  // ---- probing ----

  /** Waits for a message, and leaves it there. */
  probe(source: number = ANY_SOURCE, tag: number = ANY_TAG): Promise<Status> {
    if (source === PROC_NULL) return Promise.resolve(Status.ofNobody());
    this.checkSource(source, tag);
    const { engine, ctx } = this;
    const found = engine.queueOf(ctx).find(source, tag);
    if (found !== undefined) return Promise.resolve(statusOf(found));
    return new Promise((resolve) => {
      engine.addProbe(new Probe(engine, { ctx, source, tag, takes: false }, (envelope) => resolve(statusOf(envelope))));
    });
  }

  /** The status of a message that is there; undefined if there is none. */
  async iprobe(source: number = ANY_SOURCE, tag: number = ANY_TAG): Promise<Status | undefined> {
    if (source === PROC_NULL) return Status.ofNobody();
    this.checkSource(source, tag);
    const queue = this.engine.queueOf(this.ctx);
    if (queue.find(source, tag) === undefined) await this.engine.yield();
    const found = queue.find(source, tag);
    return found === undefined ? undefined : statusOf(found);
  }

  /** Waits for a message and takes it out of matching: only `mrecv` gets it then. Null for a message from nobody. */
  mprobe(source: number = ANY_SOURCE, tag: number = ANY_TAG): Promise<Message | null> {
    if (source === PROC_NULL) return Promise.resolve(null);
    this.checkSource(source, tag);
    const { engine, ctx } = this;
    const taken = this.takeMessage(source, tag);
    if (taken !== undefined) return Promise.resolve(taken);
    return new Promise((resolve) => {
      const found = (envelope: Parameters<typeof statusOf>[0]): void => resolve(new Message(engine, this, envelope));
      engine.addProbe(new Probe(engine, { ctx, source, tag, takes: true }, found));
    });
  }

  async improbe(source: number = ANY_SOURCE, tag: number = ANY_TAG): Promise<Message | null | undefined> {
    if (source === PROC_NULL) return null;
    this.checkSource(source, tag);
    const taken = this.takeMessage(source, tag);
    if (taken !== undefined) return taken;
    await this.engine.yield();
    return this.takeMessage(source, tag);
  }

  private takeMessage(source: number, tag: number): Message | undefined {
    const queue = this.engine.queueOf(this.ctx);
    const found = queue.find(source, tag);
    if (found === undefined) return undefined;
    queue.remove(found);
    return new Message(this.engine, this, found);
  }

  /** Receives a message that a matched probe has taken; null is a message from nobody. */
  mrecv(buf: Buf, message: Message | null): Promise<Status> {
    return message === null ? Promise.resolve(Status.ofNobody()) : this.imrecv(buf, message).wait();
  }

  imrecv(buf: Buf, message: Message | null): Request {
    if (message === null) return this.ended(Status.ofNobody());
    if (message.isReceived) throw this.fail(new MpiError('REQUEST', 'a matched message can be received only once'));
    return message.into(targetOf(buf));
  }

  // ---- inside ----

  /** Begins a send; undefined if it is done already. */
  private begin(buf: Buf, dest: number, tag: number, isSync: boolean): Send | undefined {
    if (dest === PROC_NULL) return undefined;
    const gid = this.checkDest(dest, tag);
    return this.engine.send(this, this.ctx, this.rank, gid, dest, tag, payloadOf(buf), isSync);
  }

  private beginBuffered(buf: Buf, dest: number, tag: number): void {
    if (dest === PROC_NULL) return;
    const gid = this.checkDest(dest, tag);
    const payload = payloadOf(buf).slice();
    const release = this.mpi._takeBuffer(this, payload.byteLength);
    const send = this.engine.send(this, this.ctx, this.rank, gid, dest, tag, payload, false);
    if (send === undefined) release();
    else {
      send.whenSent = release;
      send.free();
    }
  }

  private fromNobody(source: number, tag: number): Request | undefined {
    if (source === PROC_NULL) return this.ended(Status.ofNobody());
    this.checkSource(source, tag);
    return undefined;
  }

  private ended(status: Status): Request {
    const request = new DoneSend(this.engine, this);
    request.status = status;
    return request;
  }
}

export type { Receive };
