/**
 * Broadcasts of one collection on one PE.
 *
 * Protocol: the root of the collection numbers broadcasts and sends them down its spanning tree; links keep order,
 * so every PE gets 1, 2, 3, ... Each element remembers the last one it has run, and runs them in order, each once.
 * A picked task for number n runs everything up to n, so priorities may bring broadcasts forward but never swap them.
 *
 * An element inserted later carries the number its inserter had run; what is newer it runs on arrival, from the
 * history that arrays with insertion keep. Invariant: lastBroadcast of every element here equals `#ran`, except
 * while a broadcast is running.
 *
 * Limit: the history holds the last 1,024 broadcasts; an element that was on its way for longer than that ends the job.
 */
import { assert } from '../base/assert.ts';
import { CharmError } from '../base/errors.ts';
import type { Collection } from '../chare/collection.ts';
import type { ElementRecord } from '../chare/element.ts';
import type { SendOptions } from '../chare/proxy-types.ts';
import type { EntryMethod } from '../message/entry-table.ts';
import { FrameKind } from '../message/envelope.ts';
import { readOptions, writeOptions } from '../message/handle-kinds.ts';
import type { Task } from '../pe/task-queue.ts';
import type { Reader } from '../pup/reader.ts';
import { decodeArguments, encodeArguments } from '../pup/value-codec.ts';

interface Broadcast {
  readonly entry: EntryMethod;
  readonly args: unknown[];
}

const historyMax = 1024;

class BroadcastTask implements Task {
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
}

export class BroadcastManager {
  readonly #collection: Collection;
  /** Number of the last broadcast numbered here (root) or received. */
  #last = 0;
  /** Number of the last one that the elements here have run. */
  #ran = 0;
  /** Received and not run: number #ran + 1 first. */
  readonly #pending: Broadcast[] = [];
  /** Run lately, newest last. */
  readonly #history: Broadcast[] = [];

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
    if (root === pe.id) return this.#spread(entry, args, options);
    this.#encode(FrameKind.broadcastRequest, entry, args, options, 0);
    pe.send(root);
  }

  onFrame(kind: number, frame: Reader): void {
    const { pe, tree, type } = this.#collection;
    const entry = type.table.byId(frame.small);
    const number = frame.f64();
    const options = readOptions(frame);
    const args = decodeArguments(frame, pe.context);
    if (kind === FrameKind.broadcastRequest) return this.#spread(entry, args, options);
    for (const child of tree.children) pe.forward(child, frame);
    assert(number === this.#last + 1, `broadcast ${number} of ${type.name} came after ${this.#last}`);
    this.#last = number;
    this.#accept({ entry, args }, options);
  }

  /** Runs what an element that was on its way has missed. */
  catchUp(element: ElementRecord): void {
    if (element.lastBroadcast > this.#ran) return;
    const missed = this.#ran - element.lastBroadcast;
    if (missed > this.#history.length) {
      throw new CharmError(
        'ERR_USAGE',
        `${element.label} arrived ${missed} broadcasts late, more than the ${historyMax} that are kept`,
      );
    }
    for (const { entry, args } of this.#history.slice(this.#history.length - missed)) {
      element.lastBroadcast++;
      this.#collection.pe.execute(element, entry, args, undefined);
    }
  }

  runUpTo(number: number): void {
    while (this.#ran < number) {
      const broadcast = this.#pending.shift()!;
      this.#ran++;
      if (this.#collection.isOpen) this.#remember(broadcast);
      this.#runOnAll(broadcast);
    }
  }

  #runOnAll({ entry, args }: Broadcast): void {
    const { pe, elements } = this.#collection;
    // Elements inserted by an entry method of this very broadcast are appended, and have its number already.
    for (let i = 0; i < elements.length; i++) {
      const element = elements[i]!;
      if (element.lastBroadcast >= this.#ran) continue;
      element.lastBroadcast = this.#ran;
      pe.execute(element, entry, args, undefined);
    }
  }

  #remember(broadcast: Broadcast): void {
    this.#history.push(broadcast);
    if (this.#history.length > historyMax) this.#history.shift();
  }

  #spread(entry: EntryMethod, args: unknown[], options: SendOptions | undefined): void {
    const { pe, tree } = this.#collection;
    if (tree.children.length > 0) {
      this.#encode(FrameKind.broadcast, entry, args, options, this.#last + 1);
      for (const child of tree.children) pe.send(child);
    }
    this.#last++;
    this.#accept({ entry, args }, options);
  }

  #accept(broadcast: Broadcast, options: SendOptions | undefined): void {
    const { pe, root } = this.#collection;
    this.#pending.push(broadcast);
    pe.post(new BroadcastTask(this.#collection, this.#last, root), options);
  }

  /** Body: number, send options, arguments. */
  #encode(
    kind: FrameKind,
    entry: EntryMethod,
    args: unknown[],
    options: SendOptions | undefined,
    number: number,
  ): void {
    const { pe, id, type } = this.#collection;
    const writer = pe.writer;
    writer.begin(kind, 0, entry.id, id, pe.id);
    writer.f64(number);
    writeOptions(writer, options);
    encodeArguments(writer, args, `${type.name}.${entry.name}`);
    writer.end();
  }
}
