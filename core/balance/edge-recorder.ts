/**
 * Who sends to whom, how often and how much: the messages that leave the elements of one PE.
 *
 * Recording a message costs two table look-ups, twice a local message, so a PE that sends much is sampled: at first
 * every message is recorded; once there have been `exactSends` records for each element here, one in 2, after as many
 * more one in 4, and so on to one in `gapMax`, at random distances. A record counts for as many messages as it
 * stands for, so sums are right on average, and exact where there is little traffic.
 *
 * A multicast of a section is a message to each of its members; see multicast-edges.ts.
 *
 * Not recorded: messages of an element to itself, to chares that are in no array, broadcasts, and answers.
 */
import type { Random } from '../base/random.ts';
import type { Collection } from '../chare/collection.ts';
import type { ElementRecord } from '../chare/element.ts';
import type { Key } from '../chare/index-space.ts';
import { approximateBytes } from '../pup/approximate-bytes.ts';

/** Messages from one element to another, by estimate. */
export interface Traffic {
  messages: number;
  bytes: number;
}

const exactSends = 64;
const gapMax = 1024;

/** What one element has sent, by the collections and keys of those it was for. */
export type Sent = Map<Collection, Map<Key, Traffic>>;

export class EdgeRecorder {
  /** Sends until the next that is noted, that one included. The senders count it down: a call would cost more. */
  countdown = 1;
  readonly #random: Random;
  #gap = 1;
  #records = 0;
  #elements = 1;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A new period of measurement, with about this many elements on the PE. */
  reset(elements: number): void {
    this.countdown = 1;
    this.#gap = 1;
    this.#records = 0;
    this.#elements = Math.max(1, elements);
  }

  /** Notes the message that the countdown has come to. */
  note(from: ElementRecord | undefined, to: Collection, key: Key, args: readonly unknown[]): void {
    const messages = this.skip();
    if (from === undefined || !to.shape.isArray || (from.collection === to && from.key === key)) return;
    from.sent ??= new Map();
    addTraffic(from.sent, to, key, messages, messages * approximateBytes(args));
    this.count(1);
  }

  /** The countdown begins anew. Returns how many messages the one that it has come to stands for. */
  skip(): number {
    const gap = this.#gap;
    this.countdown = gap === 1 ? 1 : 1 + Math.floor(this.#random.next() * (2 * gap - 1));
    return gap;
  }

  /** So many records have been made. */
  count(records: number): void {
    this.#records += records;
    if (this.#records < exactSends * this.#elements || this.#gap === gapMax) return;
    this.#records = 0;
    this.#gap *= 2;
  }
}

/** Adds messages to what somebody has sent. */
export function addTraffic(sent: Sent, to: Collection, key: Key, messages: number, bytes: number): void {
  let keys = sent.get(to);
  if (keys === undefined) {
    keys = new Map();
    sent.set(to, keys);
  }
  const traffic = keys.get(key);
  if (traffic === undefined) keys.set(key, { messages, bytes });
  else {
    traffic.messages += messages;
    traffic.bytes += bytes;
  }
}
