/** The numbers of messages from and to each other rank, and messages that came before their turn. */
import type { Envelope } from './envelope.ts';

export class Sequences {
  private out: Int32Array;
  private in: Int32Array;
  private readonly waiting = new Map<number, Map<number, Envelope>>();

  constructor(ranks: number) {
    this.out = new Int32Array(ranks);
    this.in = new Int32Array(ranks);
  }

  /** The number of the next message to a rank. */
  next(gid: number): number {
    if (gid >= this.out.length) this.out = grown(this.out, gid);
    return this.out[gid]!++;
  }

  /** True if the message is the next of its sender; then it counts as come. */
  isNext(gid: number, seq: number): boolean {
    if (gid >= this.in.length) this.in = grown(this.in, gid);
    if (this.in[gid] !== seq) return false;
    this.in[gid] = seq + 1;
    return true;
  }

  early(envelope: Envelope): void {
    let of = this.waiting.get(envelope.gid);
    if (of === undefined) {
      of = new Map();
      this.waiting.set(envelope.gid, of);
    }
    of.set(envelope.seq, envelope);
  }

  /** The next message of a sender, if it came early. */
  takeEarly(gid: number): Envelope | undefined {
    if (this.waiting.size === 0) return undefined;
    const of = this.waiting.get(gid);
    const envelope = of?.get(this.in[gid]!);
    if (of === undefined || envelope === undefined) return undefined;
    of.delete(envelope.seq);
    if (of.size === 0) this.waiting.delete(gid);
    this.in[gid]!++;
    return envelope;
  }
}

/** More ranks have come to be: spawned ones. */
function grown(numbers: Int32Array, gid: number): Int32Array {
  const more = new Int32Array(Math.max(gid + 1, numbers.length * 2));
  more.set(numbers);
  return more;
}
