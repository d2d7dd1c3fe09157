/**
 * The two queues of one context at one rank: receives that were posted and wait for a message, and messages that came and wait
 * for a receive.
 *
 * Invariants: both are in the order of their coming; no receive and no message that match are in them at the same time. So the
 * first that matches is the right one, in both directions: messages of a sender do not overtake each other.
 */
import { ANY_SOURCE, ANY_TAG } from '../constants.ts';
import type { Envelope } from './envelope.ts';

/** A receive that waits. */
export interface Posted {
  readonly source: number;
  readonly tag: number;
  nextPosted: Posted | undefined;
  previousPosted: Posted | undefined;
}

export class MatchQueue {
  private firstPosted: Posted | undefined = undefined;
  private lastPosted: Posted | undefined = undefined;
  private first: Envelope | undefined = undefined;
  private last: Envelope | undefined = undefined;

  get isEmpty(): boolean {
    return this.first === undefined && this.firstPosted === undefined;
  }

  /** The oldest posted receive that a message goes to, taken out. */
  takePosted(source: number, tag: number): Posted | undefined {
    let posted = this.firstPosted;
    while (posted !== undefined) {
      const fits =
        (posted.source === source || posted.source === ANY_SOURCE) && (posted.tag === tag || posted.tag === ANY_TAG);
      if (fits) break;
      posted = posted.nextPosted;
    }
    if (posted !== undefined) this.withdraw(posted);
    return posted;
  }

  /** The oldest message that a receive would get; it stays. */
  find(source: number, tag: number): Envelope | undefined {
    let envelope = this.first;
    while (envelope !== undefined) {
      const fits = (source === ANY_SOURCE || source === envelope.source) && (tag === ANY_TAG || tag === envelope.tag);
      if (fits) return envelope;
      envelope = envelope.next;
    }
    return undefined;
  }

  findSend(gid: number, sendId: number): Envelope | undefined {
    let envelope = this.first;
    while (envelope !== undefined && (envelope.gid !== gid || envelope.sendId !== sendId)) envelope = envelope.next;
    return envelope;
  }

  post(posted: Posted): void {
    posted.previousPosted = this.lastPosted;
    posted.nextPosted = undefined;
    if (this.lastPosted === undefined) this.firstPosted = posted;
    else this.lastPosted.nextPosted = posted;
    this.lastPosted = posted;
  }

  withdraw(posted: Posted): void {
    const { nextPosted: next, previousPosted: previous } = posted;
    if (previous === undefined) this.firstPosted = next;
    else previous.nextPosted = next;
    if (next === undefined) this.lastPosted = previous;
    else next.previousPosted = previous;
    posted.nextPosted = undefined;
    posted.previousPosted = undefined;
  }

  add(envelope: Envelope): void {
    envelope.previous = this.last;
    envelope.next = undefined;
    if (this.last === undefined) this.first = envelope;
    else this.last.next = envelope;
    this.last = envelope;
  }

  remove(envelope: Envelope): void {
    const { next, previous } = envelope;
    if (previous === undefined) this.first = next;
    else previous.next = next;
    if (next === undefined) this.last = previous;
    else next.previous = previous;
    envelope.next = undefined;
    envelope.previous = undefined;
  }

  *posted(): IterableIterator<Posted> {
    for (let p = this.firstPosted; p !== undefined; p = p.nextPosted) yield p;
  }

  *unexpected(): IterableIterator<Envelope> {
    for (let e = this.first; e !== undefined; e = e.next) yield e;
  }
}
