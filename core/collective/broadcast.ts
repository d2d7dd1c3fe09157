/**
 * Broadcasts of one collection on one PE.
 *
 * Protocol: the root of the collection numbers broadcasts and sends them down its spanning tree; links keep order,
 * so every PE gets 1, 2, 3, ... Each element remembers the last one it has run, and runs them in order, each once.
 * A picked task for number n runs everything up to n, so priorities may bring broadcasts forward but never swap them.
 *
 * An element that comes later, inserted or migrated, carries the number up to which it has run (its inserter has). What
 * is newer it runs on arrival, from the history that every PE keeps.
 *
 * Forgetting: a PE's low number is the lowest that it or an element it has sent away and not heard of may be at. Low
 * numbers go up the tree, the minimum over all PEs comes down with the next broadcasts, and older history is dropped. A low number
 * that has been reported never falls: an element that comes late and goes on at once stays the business of the PE before.
 *
 * Invariant: lastBroadcast of every element here is at least `#ran`, except while a broadcast is running.
 */
import { assert } from '../base/assert.ts';
import { UsageError } from '../base/errors.ts';
import type { Collection } from '../chare/collection.ts';
import type { ElementRecord } from '../chare/element.ts';
import type { SendOptions } from '../chare/proxy-types.ts';
import type { EntryMethod } from '../message/entry-table.ts';
import { FrameKind } from '../message/envelope.ts';
import { readOptions, writeOptions } from '../message/handle-kinds.ts';
import type { CheckableTask } from '../pe/message-check.ts';
import { decodeArguments } from '../pup/decode.ts';
import { encodeArguments } from '../pup/encode.ts';
import type { Reader } from '../pup/reader.ts';
import { SharedArray } from '../pup/shared-array.ts';

interface Broadcast {
  readonly entry: EntryMethod;
  readonly args: unknown[];
  /** Its name in traces: the PE that sent it and a number; see pe/trace-sink.ts. */
  readonly source: number;
  readonly event: number;
}

/** Low numbers are reported when they have risen by this much. */
const reportEvery = 32;

class BroadcastTask implements CheckableTask {
  readonly target: Collection;
  readonly source: number;
  readonly #number: number;

  constructor(target: Collection, number: number, source: number) {
    this.target = target;
    this.source = source;
    this.#number = number;
  }

  run(): void {
    this.target.broadcasts.runUpTo(this.#number);
  }

  contents(): ReturnType<CheckableTask['contents']> {
    return this.target.broadcasts.contentsOf(this.#number);
  }
}

export class BroadcastManager {
  readonly #collection: Collection;
  /** Number of the last broadcast numbered here (root) or received. */
  #last = 0;
  /** Number of the last one that the elements here have run. */
  #ran = 0;
  /** Received and not run: number #ran + 1 first. */
  readonly #pending: Broadcast[] = [];
  /** Run and not forgotten, newest last. */
  readonly #history: Broadcast[] = [];
  /** Numbers of elements that left and have not been reported as come, with how many. */
  readonly #onTheirWay = new Map<number, number>();
  /** Who is to be told when all that left at a number have come. */
  readonly #relays = new Map<number, (() => void)[]>();
  /** Low numbers of the children's subtrees. */
  readonly #childLows = new Map<number, number>();
  #reportedLow = 0;

  constructor(collection: Collection) {
    this.#collection = collection;
  }

  /** What a newborn starts from: it gets everything newer. */
  get ran(): number {
    return this.#ran;
  }

  /** Sends to all elements. */
  send(entry: EntryMethod, args: unknown[], options: SendOptions | undefined): void {
    const { root, pe } = this.#collection;
    refuseOwned(args, this.#collection.type.name, entry.name);
    const event = pe.trace === undefined || entry.isUntraced ? 0 : ++pe.lastEvent;
    if (event !== 0) pe.trace?.broadcast(event, this.#collection, entry, options);
    const broadcast = { entry, args, source: pe.id, event };
    if (root === pe.id) return this.#spread(broadcast, options);
    this.#encode(FrameKind.broadcastRequest, broadcast, options, 0);
    pe.send(root);
  }

  onFrame(kind: number, frame: Reader): void {
    const { pe, tree, type } = this.#collection;
    const entry = type.table.byId(frame.small);
    const number = frame.f64();
    const forget = frame.f64();
    const event = frame.u32();
    const options = readOptions(frame);
    const broadcast = { entry, args: decodeArguments(frame, pe.context), source: frame.source, event };
    if (kind === FrameKind.broadcastRequest) return this.#spread(broadcast, options);
    for (const child of tree.children) pe.forward(child, frame);
    assert(number === this.#last + 1, `broadcast ${number} of ${type.name} came after ${this.#last}`);
    this.#last = number;
    this.#forget(forget);
    this.#accept(broadcast, options);
  }

  /** An element at broadcast `number` has left this PE. */
  sent(number: number): void {
    this.#onTheirWay.set(number, (this.#onTheirWay.get(number) ?? 0) + 1);
  }

  /**
   * An element has come that left PE `from` at broadcast `number`. Runs what it has missed, and then tells that PE. If it goes on
   * before it has run all, that PE is told when it has come there: this one may have reported a low number above the element's.
   */
  arrived(element: ElementRecord, from: number, number: number): void {
    this.#catchUp(element);
    const next = element.lastBroadcast;
    if (!element.isGone || !this.#onTheirWay.has(next)) return this.#acknowledge(from, number);
    const waiting = this.#relays.get(next) ?? [];
    waiting.push(() => this.#acknowledge(from, number));
    this.#relays.set(next, waiting);
  }

  #acknowledge(from: number, number: number): void {
    const { pe, id } = this.#collection;
    if (from === pe.id) return this.#came(number);
    pe.writer.begin(FrameKind.migrated, 0, 0, id, pe.id);
    pe.writer.f64(number);
    pe.writer.end();
    pe.send(from);
  }

  onMigrated(frame: Reader): void {
    this.#came(frame.f64());
  }

  /** An element that had left this PE at broadcast `number` has come where it was sent. */
  #came(number: number): void {
    const left = this.#onTheirWay.get(number)! - 1;
    if (left > 0) this.#onTheirWay.set(number, left);
    else {
      this.#onTheirWay.delete(number);
      const relays = this.#relays.get(number) ?? [];
      this.#relays.delete(number);
      for (const relay of relays) relay();
    }
    this.#report();
  }

  onRun(frame: Reader): void {
    this.#childLows.set(frame.source, frame.f64());
    this.#report();
  }

  /** Passes the low number of this subtree up when it has risen enough. */
  #report(): void {
    const { pe, tree, id } = this.#collection;
    let low = this.#ran;
    for (const number of this.#onTheirWay.keys()) low = Math.min(low, number);
    for (const child of tree.children) low = Math.min(low, this.#childLows.get(child) ?? 0);
    if (low < this.#reportedLow + reportEvery) return;
    this.#reportedLow = low;
    if (tree.parent === -1) return this.#forget(low);
    pe.writer.begin(FrameKind.broadcastsRun, 0, 0, id, pe.id);
    pe.writer.f64(low);
    pe.writer.end();
    pe.send(tree.parent);
  }

  #forget(upTo: number): void {
    const kept = this.#ran - upTo;
    if (this.#history.length > kept) this.#history.splice(0, this.#history.length - kept);
  }

  #catchUp(element: ElementRecord): void {
    const missed = this.#ran - element.lastBroadcast;
    if (missed <= 0) return;
    assert(
      missed <= this.#history.length,
      `${element.label} came ${missed} broadcasts late, ${this.#history.length} are kept`,
    );
    for (const { entry, args, source, event } of this.#history.slice(this.#history.length - missed)) {
      if (element.isGone) return;
      element.lastBroadcast++;
      this.#collection.pe.deliver(element, entry, args, undefined, source, event);
    }
  }

  /** What a broadcast carries that has not run yet; for pe/message-check.ts. */
  contentsOf(number: number): ReturnType<CheckableTask['contents']> {
    const broadcast = this.#pending[number - this.#ran - 1];
    if (broadcast === undefined) return undefined;
    const { entry, args } = broadcast;
    return { collection: this.#collection, label: this.#collection.labelOf(undefined), entry, args };
  }

  runUpTo(number: number): void {
    while (this.#ran < number) {
      const broadcast = this.#pending.shift()!;
      this.#ran++;
      if (this.#collection.shape.isArray) this.#history.push(broadcast);
      this.#runOnAll(broadcast);
    }
    if (this.#collection.shape.isArray) this.#report();
  }

  #runOnAll({ entry, args, source, event }: Broadcast): void {
    const { pe, elements } = this.#collection;
    // The list changes while this runs: elements come at its end, and one that leaves is replaced by the last.
    for (let i = 0; i < elements.length; i++) {
      const element = elements[i]!;
      if (element.lastBroadcast >= this.#ran) continue;
      element.lastBroadcast = this.#ran;
      pe.queue.check?.verify(args, pe, element.label, entry);
      pe.deliver(element, entry, args, undefined, source, event);
      if (elements[i] !== element) i--;
    }
  }

  #spread(broadcast: Broadcast, options: SendOptions | undefined): void {
    const { pe, tree } = this.#collection;
    if (tree.children.length > 0) {
      this.#encode(FrameKind.broadcast, broadcast, options, this.#last + 1);
      for (const child of tree.children) pe.send(child);
    }
    this.#last++;
    this.#accept(broadcast, options);
  }

  #accept(broadcast: Broadcast, options: SendOptions | undefined): void {
    const { pe, root } = this.#collection;
    this.#pending.push(broadcast);
    pe.trace?.broadcastQueued(this.#collection, broadcast.source, broadcast.event);
    pe.post(new BroadcastTask(this.#collection, this.#last, root), options);
  }

  /** The source of the frame is the PE that asked for the broadcast. Body: number, what may be forgotten, number for traces, send options, arguments. */
  #encode(kind: FrameKind, broadcast: Broadcast, options: SendOptions | undefined, number: number): void {
    const { pe, id, type } = this.#collection;
    const { entry, args, source, event } = broadcast;
    const writer = pe.writer;
    writer.begin(kind, 0, entry.id, id, source);
    writer.f64(number);
    writer.f64(this.#reportedLow);
    writer.u32(event);
    writeOptions(writer, options);
    encodeArguments(writer, args, `${type.name}.${entry.name}`);
    writer.end();
  }
}

/** On a single PE nothing is encoded, which would notice. */
function refuseOwned(args: readonly unknown[], className: string, entry: string): void {
  for (const arg of args) {
    if (arg instanceof SharedArray && !arg.isPublished)
      throw new UsageError(
        `${arg.toString()} can't be broadcast to ${className}.${entry}: only one may own it; publish() it first`,
        'ERR_SHARED_ARRAY',
      );
  }
}
