/**
 * The loop of a simulated job: takes one event of virtual time after the other.
 *
 * Between a turn of a PE and the next event all microtasks run, so that async methods go on in their own turn. When no
 * event is left, the job waits for something real (a file that the program reads), or it is stuck: PE 0 then asks, as
 * in a real job. Trips through Node's event loop are made after a number of events, never after a time, so that they
 * change nothing.
 */
import { CharmError } from '../../core/base/errors.ts';
import type { EventQueue } from '../../transports/sim/event-queue.ts';
import type { RunHash } from '../../transports/sim/run-hash.ts';
import { OutsideWork } from '../outside-work.ts';
import type { FaultRun } from './faults/fault-run.ts';
import type { VirtualPe } from './virtual-pe.ts';

export interface SimEndOfRun {
  readonly exitCode: number;
  readonly error: unknown;
  /** Virtual time. */
  readonly seconds: number;
}

const eventsPerTrip = 4096;
/**
 * Real time between looks at whether work outside has ended; and in how many of them in a row nothing may be seen of tracked work:
 * a second. Looks are counted, not time, since this process may not have run meanwhile.
 */
const outsidePollMs = 50;
const quietLooksMax = 20;

export class SimLoop {
  readonly queue: EventQueue;
  readonly hash: RunHash;
  /** On a faulty machine. */
  faults: FaultRun | undefined = undefined;
  /** The PE whose turn it is. */
  current: VirtualPe | undefined = undefined;
  readonly #pes: readonly VirtualPe[];
  readonly #outsideWork = new OutsideWork();
  readonly #signal: AbortSignal | undefined;
  #end: SimEndOfRun | undefined = undefined;
  #resolve!: (end: SimEndOfRun) => void;
  #reject!: (error: unknown) => void;
  #mustDrain = false;
  #sinceTrip = 0;
  #waiting: NodeJS.Timeout | undefined = undefined;
  #isOutsideOpen = true;
  #isOutsideKnown = false;
  /** Looks in a row in which nothing was open and no message had been processed. */
  #quietLooks = 0;
  #processed = 0;

  /** `pes` is filled by the caller. */
  constructor(queue: EventQueue, hash: RunHash, pes: readonly VirtualPe[], signal: AbortSignal | undefined) {
    this.queue = queue;
    this.hash = hash;
    this.#pes = pes;
    this.#signal = signal;
  }

  run(): Promise<SimEndOfRun> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      setImmediate(this.#step);
    });
  }

  /** The program has called `exit`. The end of a job needs all nodes: it waits until a loss has been found. */
  exit(exitCode: number, seconds: number): void {
    if (this.faults?.hasLoss !== true) this.finish(exitCode, undefined, seconds);
  }

  /** The first end counts. */
  finish(exitCode: number, error: unknown, seconds: number): void {
    this.#end ??= { exitCode, error, seconds };
    for (const { pe } of this.#pes) pe.isStopped = true;
    this.poke();
  }

  /** The turn of `current` has done what it can do at once. */
  endTurn(): void {
    const { current } = this;
    if (current === undefined) return;
    if (current.pe.needsTurn) this.#mustDrain = true;
    else current.finish();
  }

  /** Something has come from outside while the loop was waiting. */
  poke(): void {
    if (this.#waiting === undefined) return;
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
    this.#quietLooks = 0;
    setImmediate(this.#step);
  }

  /**
   * Does the program wait for timers, sockets or files of its own? `tracked` are promises that it has told of: work in
   * Node's thread pool that is not on files (compression, for instance) is in no list, so as long as there are some,
   * a second must pass without anything to be seen.
   */
  hasOutsideWork(tracked: number): boolean {
    if (!this.#isOutsideKnown) {
      this.#isOutsideKnown = true;
      this.#isOutsideOpen = this.#outsideWork.isOpen();
      if (this.#isOutsideOpen) this.#quietLooks = 0;
    }
    return this.#isOutsideOpen || (tracked > 0 && this.#quietLooks < quietLooksMax);
  }

  readonly #step = (): void => {
    try {
      this.#run();
    } catch (error) {
      this.#reject(error);
    }
  };

  #run(): void {
    this.#finishTurn();
    while (this.#sinceTrip++ < eventsPerTrip) {
      if (this.#end !== undefined) return this.#resolve(this.#end);
      // Behind all microtasks, those that they make included.
      if (this.#mustDrain) return queueMicrotask(() => process.nextTick(this.#step));
      if (this.queue.length === this.queue.background) return this.#idle();
      this.queue.fireNext();
    }
    this.faults?.checkLiveness();
    if (this.#signal?.aborted === true) this.#interrupt();
    this.#isOutsideKnown = false;
    this.#sinceTrip = 0;
    setImmediate(this.#step);
  }

  #finishTurn(): void {
    if (!this.#mustDrain) return;
    this.#mustDrain = false;
    const { current } = this;
    if (current === undefined) return;
    const { pe } = current;
    pe.needsTurn = false;
    // Closes the account of the method that went on, and looks at the messages that waited for what it changed.
    pe.runSome(0);
    if (pe.needsTurn) this.#mustDrain = true;
    else current.finish();
  }

  #interrupt(): void {
    this.finish(130, new CharmError('ERR_INTERRUPTED', 'the simulation was interrupted'), this.queue.now);
  }

  /** No event is left. Promises and real I/O come first; then the question whether the job is stuck. */
  #idle(): void {
    setImmediate(() => {
      if (this.#signal?.aborted === true) this.#interrupt();
      if (this.#end !== undefined || this.#hasEvents) return this.#step();
      if (this.#isWaitingOutside()) return this.#wait();
      this.#askIfStuck();
      if (this.#hasEvents || this.#end !== undefined) return this.#step();
      // Heartbeats may find out why nothing goes on.
      if (this.queue.fireNext()) return this.#step();
      this.#wait();
    });
  }

  /** Something will happen that the job waits for. */
  get #hasEvents(): boolean {
    return this.queue.length > this.queue.background;
  }

  #isWaitingOutside(): boolean {
    this.#isOutsideKnown = false;
    return this.hasOutsideWork(
      this.#pes.reduce((sum, { pe, isCrashed }) => (isCrashed ? sum : sum + pe.trackedCount), 0),
    );
  }

  #askIfStuck(): void {
    const [first] = this.#pes;
    first?.pe.quiescence.checkStuck();
    for (const { pe } of this.#pes) pe.quiescence.onIdle();
  }

  #wait(): void {
    this.#waiting = setTimeout(() => {
      this.#waiting = undefined;
      const processed = this.#pes.reduce((sum, { pe }) => sum + pe.processed, 0);
      this.#quietLooks = processed === this.#processed ? this.#quietLooks + 1 : 0;
      this.#processed = processed;
      this.#idle();
    }, outsidePollMs);
  }
}
