/** A message between ranks as its receiver sees it, before it has gone into a receive. */
import type { Payload } from '../datatype/place.ts';

/** How the data come. `tiny`: up to 8 bytes in two integers; `offer`: still at the sender, to be asked for. */
export const EnvelopeKind = { tiny: 0, eager: 1, offer: 2, object: 3 } as const;
export type EnvelopeKind = (typeof EnvelopeKind)[keyof typeof EnvelopeKind];

/** Plain fields: one is made for every message. */
export class Envelope {
  kind: EnvelopeKind;
  /** Context: which communicator, and whether the message belongs to a collective operation. */
  readonly ctx: number;
  /** Rank of the sender in the communicator. */
  readonly source: number;
  readonly tag: number;
  /** The sender, by the number that it has in the whole job. */
  readonly gid: number;
  /** Number of the message among those of this sender to this receiver. */
  readonly seq: number;
  readonly size: number;
  /** Of data that wait at the sender: under which number; 0: they do not. */
  sendId: number;
  payload: Payload | undefined;
  lo = 0;
  hi = 0;
  value: unknown = undefined;
  /** Where the sender's data lie in the memory that the PEs of its process share; -1: not there. */
  heapAt = -1;
  node = -1;
  /** The payload is the sender's own memory: whoever keeps it copies it. */
  isLive = false;
  /** Must be matched before the send completes. */
  isSync = false;
  /** The receiver has all of it. */
  isTaken = false;
  // In the queue.
  next: Envelope | undefined = undefined;
  previous: Envelope | undefined = undefined;

  constructor(
    kind: EnvelopeKind,
    ctx: number,
    source: number,
    tag: number,
    gid: number,
    seq: number,
    size: number,
    sendId: number,
    payload: Payload | undefined,
  ) {
    this.kind = kind;
    this.ctx = ctx;
    this.source = source;
    this.tag = tag;
    this.gid = gid;
    this.seq = seq;
    this.size = size;
    this.sendId = sendId;
    this.payload = payload;
  }
}
