/**
 * A PE: one scheduler with everything it needs handed to it. It owns no thread: a host calls `receive` for frames
 * that arrive, `runSome` to process tasks, and `onIdle` when there is nothing to do. So the same code is a worker
 * thread, a process, or one of thousands of virtual PEs in one thread.
 *
 * Counting rule (quiescence depends on it): a counted frame is created when sent and processed when handled; a task
 * is created when posted and processed when it has run; a message held back counts as created until released.
 */

import { noBalancing } from '../balance/balancing.ts';
import { Continuation } from '../balance/continuation.ts';
import { EdgeRecorder } from '../balance/edge-recorder.ts';
import { LbManager } from '../balance/lb-manager.ts';
import { SeedPool } from '../balance/seed-pool.ts';
import type { Clock } from '../base/clock.ts';
import { CharmError, describeThrown, EntryError, stuckError, UsageError } from '../base/errors.ts';
import { isPromise } from '../base/is-promise.ts';
import type { Random } from '../base/random.ts';
import { Charm } from '../chare/charm.ts';
import { CollectionTable } from '../chare/collection-table.ts';
import type { ElementRecord } from '../chare/element.ts';
import { Mailbox } from '../chare/mailbox.ts';
import type { SendOptions } from '../chare/proxy-types.ts';
import { ReadonlyTable } from '../chare/readonly.ts';
import { QuiescenceDetector } from '../collective/quiescence.ts';
import { treePlace } from '../collective/spanning-tree.ts';
import { emigrate } from '../location/migration.ts';
import type { EntryMethod } from '../message/entry-table.ts';
import { FrameKind, isCounted, isHousekeeping } from '../message/envelope.ts';
import { FutureTable, type ReplyTarget } from '../message/future.ts';
import { makeDecodeContext } from '../message/handle-reader.ts';
import type { Registry } from '../message/registry.ts';
import type { Wait } from '../message/request.ts';
import type { Link } from '../message/transport.ts';
import { decodeValue } from '../pup/decode.ts';
import { encodeValue } from '../pup/encode.ts';
import { Reader } from '../pup/reader.ts';
import type { SharedHeap } from '../pup/shared-heap.ts';
import type { DecodeContext } from '../pup/value-codec.ts';
import { Writer } from '../pup/writer.ts';
import type { PeHost, PeOptions } from './pe-options.ts';
import { SendRoom } from './send-room.ts';
import type { Task, TaskQueue } from './task-queue.ts';
import type { TraceSink } from './trace-sink.ts';

export type { PeHost, PeOptions };

/** Frames taken from one PE before the next task is picked. */
const framesPerPoll = 256;
const queueHigh = 1024;
/** In place of a time. */
const notTimed = -1;
const tasksPerSlowPoll = 16;
const tasksPerTurn = 4;

export class Pe {
  readonly id: number;
  readonly pes: number;
  readonly node: number;
  readonly nodes: number;
  readonly args: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
  readonly host: PeHost;
  readonly queue: TaskQueue;
  readonly registry: Registry;
  readonly trace: TraceSink | undefined;
  /** Number of the last message sent under the eyes of `trace`. */
  lastEvent = 0;
  readonly charm: Charm;
  readonly collections: CollectionTable;
  readonly futures: FutureTable;
  readonly readonlies = new ReadonlyTable();
  readonly quiescence: QuiescenceDetector;
  readonly seeds: SeedPool;
  readonly lb: LbManager;
  readonly edges: EdgeRecorder;
  readonly continuation: Continuation;
  readonly room: SendRoom;
  readonly writer: Writer;
  /** What `charm.shared` takes from. */
  readonly heap: () => SharedHeap;
  readonly context: DecodeContext;
  /** What methods here wait for; only for reports. */
  readonly waits = new Set<Wait>();
  created = 0;
  processed = 0;
  /** Of these, those that show no life of the program. */
  housekeeping = 0;
  heldCount = 0;
  /** Mailboxes with messages that wait for their chare's state to change. */
  readonly gated = new Set<Mailbox>();
  /** Those with messages that wait for this PE to be idle. */
  readonly idlers = new Set<Mailbox>();
  /** Promises given to `charm.track` (and sleeps) that have not settled; each counts as created. */
  trackedCount = 0;
  /** The element whose entry method is running, or goes on behind an await of something of the runtime's. */
  current: ElementRecord | undefined = undefined;
  currentEntry: EntryMethod | undefined = undefined;
  /** An async method may go on after a microtask turn. */
  needsTurn = false;
  /** Tasks are being run, as opposed to microtasks. */
  isRunningTasks = false;
  /** On PE 0: `main` has begun and not ended. */
  isMainRunning = false;
  /** The job has ended for this PE. */
  isStopped = false;
  readonly pesPerNode: number;
  readonly #link: Link;
  /** Which entry method runs, on which index; see PeOptions. */
  readonly progress: Int32Array;
  readonly #handlers: ((frame: Reader) => void)[] = [];
  readonly #early: Uint8Array[] = [];
  readonly #receive = (frame: Reader): void => this.receive(frame);

  constructor(options: PeOptions) {
    this.id = options.id;
    this.pes = options.pes;
    this.node = Math.floor(options.id / options.pesPerNode);
    this.nodes = Math.ceil(options.pes / options.pesPerNode);
    this.pesPerNode = options.pesPerNode;
    this.args = options.args;
    this.clock = options.clock;
    this.random = options.random;
    this.host = options.host;
    this.queue = options.queue;
    this.registry = options.registry;
    this.trace = options.trace;
    this.writer = options.writer ?? new Writer(options.registry.classes);
    this.heap = options.heap;
    this.edges = new EdgeRecorder(options.random);
    this.continuation = new Continuation(this);
    this.#link = options.link;
    this.room = new SendRoom(options.link);
    this.progress = options.progress ?? new Int32Array(4);
    this.context = makeDecodeContext(this);
    this.futures = new FutureTable(this);
    this.quiescence = new QuiescenceDetector(this);
    this.seeds = new SeedPool(this, options.seedBalancer);
    this.lb = new LbManager(this, options.balancing ?? noBalancing);
    this.collections = new CollectionTable(this);
    this.charm = new Charm(this);
    this.handle(FrameKind.readonlies, (frame) => this.#onReadonlies(frame));
  }

  /** The PE that holds a node's branch of every node group. */
  firstPeOf(node: number): number {
    return node * this.pesPerNode;
  }

  // ---- frames ----

  /** Names the code for a kind of frame. */
  handle(kind: FrameKind, handler: (frame: Reader) => void): void {
    this.#handlers[kind] = handler;
  }

  /** Sends the sealed frame in `writer`. */
  send(to: number): void {
    if (isCounted(this.writer.bytes[0]!)) this.created++;
    this.#link.send(to, this.writer);
  }

  /** Sends a frame on as it is. */
  forward(to: number, frame: Reader): void {
    if (isCounted(frame.kind)) this.created++;
    this.#link.forward(to, frame);
  }

  /**
   * Takes in what has arrived. With a long queue it takes in less than it processes, so that a flood waits at its
   * senders and not in this PE's heap.
   */
  #poll(done: number): number {
    if (this.queue.length < queueHigh) return this.#link.poll(this.#receive, framesPerPoll);
    return done % tasksPerSlowPoll === 0 ? this.#link.poll(this.#receive, tasksPerSlowPoll / 2) : 0;
  }

  /** Takes in what has come, without picking. */
  receiveSome(): number {
    return this.#link.poll(this.#receive, framesPerPoll);
  }

  receive(frame: Reader): void {
    const kind = frame.kind;
    if (!this.readonlies.isSealed && this.id !== 0 && kind !== FrameKind.readonlies && isCounted(kind)) {
      this.#early.push(frame.copy());
      return;
    }
    this.trace?.scheduling();
    this.#dispatch(kind, frame);
    if (!isCounted(kind)) return;
    this.processed++;
    this.housekeeping += isHousekeeping[kind]!;
  }

  /** Handles a frame that was kept; it counted as processed when it first came. */
  replay(bytes: Uint8Array): void {
    const frame = Reader.over(bytes);
    this.#dispatch(frame.kind, frame);
  }

  /** Handles the sealed frame in `writer` here, without sending it. */
  replaySealedFrame(): void {
    this.replay(this.writer.copyFrame());
  }

  #dispatch(kind: number, frame: Reader): void {
    const handler = this.#handlers[kind];
    if (handler === undefined) throw new CharmError('ERR_DECODE', `unknown frame kind ${kind} from PE ${frame.source}`);
    handler(frame);
  }

  // ---- readonlies ----

  /** Sends the readonlies before anything else is sent; only PE 0 needs to. */
  sealReadonlies(): void {
    if (this.readonlies.isSealed || this.id !== 0) return;
    this.readonlies.isSealed = true;
    this.writer.begin(FrameKind.readonlies, 0, 0, 0, this.id);
    encodeValue(this.writer, this.readonlies.toEntries(), 'the readonly values');
    this.writer.end();
    for (const child of treePlace(this.id, 0, this).children) this.send(child);
  }

  #onReadonlies(frame: Reader): void {
    for (const child of treePlace(this.id, 0, this).children) this.forward(child, frame);
    this.readonlies.load(decodeValue(frame, this.context) as [string, unknown][]);
    for (const bytes of this.#early.splice(0)) {
      this.replay(bytes);
      this.processed++;
    }
  }

  /** The host has found nothing to do; called again and again until there is. */
  onIdle(): void {
    this.rest();
    this.quiescence.onIdle();
  }

  /** Nothing is queued here. */
  rest(): void {
    this.seeds.onIdle();
    if (this.idlers.size > 0 && this.queue.length === 0) this.#postIdler();
  }

  /** The next method that waits for an idle PE; each has its turn. */
  #postIdler(): void {
    for (const mailbox of this.idlers) {
      this.idlers.delete(mailbox);
      this.idlers.add(mailbox);
      return this.post({ source: this.id, target: mailbox.element, run: () => mailbox.runIdler() });
    }
  }

  // ---- tasks ----

  /** Puts a task into the queue. */
  post(task: Task, options?: SendOptions): void {
    this.created++;
    if (options === undefined) this.queue.push(task);
    else if (options.expedited === true) this.queue.pushExpedited(task);
    else this.queue.pushPrioritised(task, options.priority, options.queueing === 'lifo');
    this.host.wake();
  }

  /** A message waits for something that does not exist yet. */
  hold(): void {
    this.created++;
    this.heldCount++;
  }

  release(): void {
    this.processed++;
    this.heldCount--;
  }

  /** A promise has been settled whose waiter goes on in a microtask. */
  resumeSoon(): void {
    this.needsTurn = true;
    this.host.wake();
  }

  /**
   * Processes up to `tasksMax` tasks: for each, what has arrived is taken in first, then the most urgent task is
   * picked. Stops early when there is nothing left, a few tasks after an async method began to need a microtask turn
   * (a turn costs 80 ns, so several methods share one), or when the job has ended. Returns the number of tasks and frames processed.
   */
  runSome(tasksMax: number): number {
    let done = 0;
    let sinceTurn = 0;
    if (this.continuation.isActive) this.continuation.tasksBegin();
    if (this.lb.isAsleep) this.lb.mayWake();
    this.isRunningTasks = true;
    this.trace?.scheduling();
    if (this.gated.size > 0) this.reexamine();
    try {
      while (done < tasksMax) {
        const frames = this.#poll(done);
        const task = this.queue.pick();
        if (task === undefined) {
          done += frames;
          if (frames === 0 || this.queue.length === 0) break;
          continue;
        }
        task.run(this);
        this.processed++;
        done++;
        if (this.isStopped || (this.needsTurn && ++sinceTurn === tasksPerTurn)) break;
      }
    } catch (error) {
      this.current = undefined;
      this.fail(error);
    }
    this.isRunningTasks = false;
    if (this.continuation.isActive) this.continuation.tasksEnded();
    return done;
  }

  /** Runs an entry method, and sees to its result. */
  execute(element: ElementRecord, entry: EntryMethod, args: unknown[], reply: ReplyTarget | undefined): void {
    this.current = element;
    this.currentEntry = entry;
    const progress = this.progress;
    const { collection } = element;
    progress[0] = collection.progressBase + entry.id;
    progress[1] = collection.hasFlatKeys ? (element.key as number) : -1;
    const meter = collection.meters[entry.slot] ?? collection.newMeter(entry.slot);
    let startedAt = notTimed;
    if (--meter.countdown === 0) startedAt = this.clock.now();
    else element.ticks = (element.ticks + meter.meanTicks) | 0;
    const chare = element.chare!;
    const run = entry.run;
    let result: unknown;
    try {
      switch (args.length) {
        case 0:
          result = run.call(chare);
          break;
        case 1:
          result = run.call(chare, args[0]);
          break;
        case 2:
          result = run.call(chare, args[0], args[1]);
          break;
        default:
          result = run.apply(chare, args);
      }
    } catch (cause) {
      this.current = undefined;
      progress[0] = 0;
      return this.#entryFailed(element, entry, cause, reply);
    }
    if (startedAt !== notTimed) meter.sample(element, (this.clock.now() - startedAt) / 1000);
    this.current = undefined;
    progress[0] = 0;
    if (result !== undefined && isPromise(result)) this.#follow(result, element, entry, reply);
    else if (reply !== undefined) this.#answer(reply, result, element, entry);
    if (element.needsSettling) this.settle(element);
  }

  /** The same under the eyes of a sink: message (`source`, `event`) calls. */
  executeTraced(
    element: ElementRecord,
    entry: EntryMethod,
    args: unknown[],
    reply: ReplyTarget | undefined,
    source: number,
    event: number,
  ): void {
    if (entry.isUntraced) return this.execute(element, entry, args, reply);
    this.trace?.begin(element, entry, source, event);
    this.execute(element, entry, args, reply);
    this.trace?.end(element);
  }

  /** Runs an entry method when it may run: at once, unless it is gated. */
  deliver(
    element: ElementRecord,
    entry: EntryMethod,
    args: unknown[],
    reply: ReplyTarget | undefined,
    source: number,
    event: number,
  ): void {
    if (entry.gate === undefined) this.executeTraced(element, entry, args, reply, source, event);
    else Mailbox.of(element).deliver({ entry, args, reply, source, event });
  }

  /** Async methods may have changed what the messages of their chares wait for, unseen by the scheduler. */
  reexamine(): void {
    for (const mailbox of [...this.gated]) if (mailbox.element.entriesInFlight > 0) this.guard(() => mailbox.examine());
  }

  /** Runs the program's code outside the loop. */
  guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.fail(error);
    }
  }

  /**
   * Carries out what was put off until an entry method of the element has ended: its messages that may run now, and, if
   * it is idle, to end or to move.
   */
  settle(element: ElementRecord): void {
    element.mailbox?.examine();
    if (element.holds > 0 || element.isGone || this.isStopped) return;
    if (element.mustDie) {
      if (element.entriesInFlight > 0) return;
      element.collection.bury(element);
      // It may have held its companions in place.
      for (const companion of element.companions) this.settle(companion);
    } else if (element.moveTo !== -1) emigrate(element);
  }

  /** Something that held an element in place has ended. */
  ended(element: ElementRecord): void {
    element.entriesInFlight--;
    if (element.needsSettling) this.guard(() => this.settle(element));
  }

  #answer(reply: ReplyTarget, result: unknown, element: ElementRecord, entry: EntryMethod): void {
    try {
      reply.resolve(result);
    } catch (cause) {
      // The result can't be encoded.
      this.#entryFailed(element, entry, cause, reply);
    }
  }

  /** An async entry method has begun; its promise tells when and how it ends. */
  #follow(
    result: PromiseLike<unknown>,
    element: ElementRecord,
    entry: EntryMethod,
    reply: ReplyTarget | undefined,
  ): void {
    if (element.frames?.follow(result, entry, reply) === true) return;
    element.entriesInFlight++;
    this.needsTurn = true;
    result.then(
      (value) => {
        if (reply !== undefined) this.#answer(reply, value, element, entry);
        this.ended(element);
      },
      (cause: unknown) => {
        this.#entryFailed(element, entry, cause, reply);
        this.ended(element);
      },
    );
  }

  /** The outcome of an async entry method that has moved along with its element. */
  answer(
    isValue: boolean,
    value: unknown,
    element: ElementRecord,
    entry: EntryMethod,
    reply: ReplyTarget | undefined,
  ): void {
    if (!isValue) this.#entryFailed(element, entry, value, reply);
    else if (reply !== undefined) this.#answer(reply, value, element, entry);
  }

  #entryFailed(element: ElementRecord, entry: EntryMethod, cause: unknown, reply: ReplyTarget | undefined): void {
    if (this.isStopped) return;
    const place = { pe: this.id, chare: element.label, entry: entry.name };
    const error = new EntryError('ERR_ENTRY_FAILED', describeThrown(cause), place, { cause });
    if (reply === undefined) this.fail(error);
    else reply.reject(error);
  }

  // ---- the end ----

  exit(code: number): void {
    if (this.isStopped) return;
    if (!Number.isInteger(code) || code < 0 || code > 255)
      return this.fail(new UsageError(`an exit code is an integer from 0 to 255, not ${code}`));
    this.isStopped = true;
    this.host.exit(code);
  }

  fail(error: unknown): void {
    if (this.isStopped) return;
    this.isStopped = true;
    this.host.fail(error);
  }

  /** PE 0 has found that the job will stay idle for ever. */
  stuck(waits: readonly string[]): void {
    this.fail(stuckError(waits));
  }
}
