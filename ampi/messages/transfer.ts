/**
 * The data of large messages, after they have been matched.
 *
 *  1. The sender is on this PE: copied from its memory.
 *  2. They lie in memory that the process shares (`mpi.allocMem`), and the sender is in this process: copied from there, and the
 *     sender is told.
 *  3. Otherwise the receiver grants the transfer and says in which process it is. In the same one the sender copies pieces into
 *     slots of shared memory, a few ahead, while the receiver copies them out; to another process the pieces are messages.
 *
 * Invariant: a slot is in use from the moment it is filled until its receiver says `more`.
 */
import { bytesOf, Place } from '../datatype/place.ts';
import type { Engine } from './engine.ts';
import type { Envelope } from './envelope.ts';
import type { Receive } from './receive.ts';
import type { Send } from './send.ts';
import { Status } from './status.ts';

/** Pieces to other processes, and how many are on their way. */
const pieceBytes = 1 << 18;
const piecesAhead = 4;

/** A send whose receiver is ready. */
interface Going {
  readonly send: Send;
  readonly recvId: number;
  readonly isNear: boolean;
  /** The payload as bytes: making the view costs 100 ns. */
  readonly bytes: Uint8Array;
  ahead: number;
}

export class Transfers {
  private readonly engine: Engine;
  private readonly going = new Map<number, Going>();

  constructor(engine: Engine) {
    this.engine = engine;
  }

  // ---- at the receiver ----

  /** Gets the data of an offer into a receive. */
  pull(envelope: Envelope, receive: Receive): void {
    const { engine } = this;
    const { here } = engine;
    const fits = receive.accepts(envelope);
    const sender = here.ranks[envelope.gid];
    const send = sender?.sends.get(envelope.sendId);
    if (sender !== undefined && send !== undefined) {
      if (fits) {
        if (envelope.size > 0) receive.fill(send.payload);
        receive.finish(new Status(envelope.source, envelope.tag, envelope.size));
      }
      return sender.completed(envelope.sendId);
    }
    const peer = engine.peer(envelope.gid);
    if (!fits || envelope.size === 0) {
      if (fits) receive.finish(new Status(envelope.source, envelope.tag, 0));
      return peer.sent(envelope.sendId);
    }
    if (envelope.heapAt >= 0 && envelope.node === here.node) {
      receive.fill(here.heapBytes(envelope.heapAt, envelope.size));
      receive.finish(new Status(envelope.source, envelope.tag, envelope.size));
      return peer.sent(envelope.sendId);
    }
    const recvId = engine.newId();
    receive.expected = new Status(envelope.source, envelope.tag, envelope.size);
    engine.receives.set(recvId, receive);
    peer.grant(envelope.sendId, recvId, here.node);
  }

  /** A piece has come, as a message or in a slot of shared memory. */
  piece(recvId: number, offset: number, bytes: Uint8Array): void {
    const receive = this.engine.receives.get(recvId);
    if (receive === undefined) return;
    const { target, expected } = receive;
    if (target instanceof Place) {
      if (target.type.isContiguous) bytesOf(target.data).set(bytes, target.at + offset);
      else target.unpack(bytes, 0, bytes.length, offset);
    } else bytesOf(target!).set(bytes, offset);
    receive.received += bytes.length;
    if (receive.received < expected!.bytes) return;
    this.engine.receives.delete(recvId);
    receive.finish(expected!);
  }

  // ---- at the sender ----

  grant(sendId: number, recvId: number, node: number): void {
    const { sends, here } = this.engine;
    const send = sends.get(sendId);
    if (send === undefined) return;
    const going = { send, recvId, isNear: node === here.node, bytes: bytesOf(send.payload), ahead: 0 };
    this.going.set(sendId, going);
    this.goOn(going);
  }

  /** The receiver has copied a piece. */
  more(sendId: number, slot: number): void {
    const { here } = this.engine;
    if (slot >= 0) here.freeSlot(slot);
    const going = this.going.get(sendId);
    if (going !== undefined) {
      going.ahead--;
      this.goOn(going);
    }
    while (here.hasStarved && here.hasFreeSlot) here.takeStarved()?.();
  }

  private goOn(going: Going): void {
    while (going.send.sent < going.bytes.length && going.ahead < piecesAhead) {
      if (!(going.isNear ? this.sendNear(going) : this.sendFar(going))) return;
    }
    const { send } = going;
    if (send.sent < going.bytes.length || !this.going.delete(send.sendId)) return;
    // All of it has been copied or sent: the buffer is free, and so is the program.
    this.engine.completed(send.sendId);
  }

  private sendFar(going: Going): boolean {
    const { send, recvId, bytes } = going;
    const end = Math.min(send.sent + pieceBytes, bytes.length);
    this.engine.peer(send.gid).piece(recvId, this.engine.gid, send.sendId, send.sent, bytes.slice(send.sent, end));
    send.sent = end;
    going.ahead++;
    return true;
  }

  private sendNear(going: Going): boolean {
    const { send, recvId, bytes } = going;
    const { here } = this.engine;
    const slot = here.takeSlot();
    if (slot < 0) {
      here.starve(() => this.goOn(going));
      return false;
    }
    const end = Math.min(send.sent + here.slotBytes, bytes.length);
    const at = here.fillSlot(slot, bytes, send.sent, end);
    this.engine.peer(send.gid).staged(recvId, this.engine.gid, send.sendId, send.sent, at, end - send.sent, slot);
    send.sent = end;
    going.ahead++;
    return true;
  }
}
