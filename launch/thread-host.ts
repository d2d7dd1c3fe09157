/**
 * Runs one PE in a worker thread.
 *
 * The loop alternates between levels, cheapest first:
 *  1. tasks and frames, in batches, while there are any;
 *  2. a microtask turn (70 ns) when an async method may go on;
 *  3. a turn of the event loop (1 us) twice a millisecond, and before idling, so that timers, sockets and chains
 *     of promises live;
 *  4. spinning on the rings for a moment (spin-time.ts), since a message that comes now is answered 20 times faster;
 *  5. sleep, in Atomics.waitAsync, which leaves the event loop alive and uses no CPU.
 */
import { systemClock } from '../core/base/clock.ts';
import { locate, toWire } from '../core/base/errors.ts';
import type { Link } from '../core/message/transport.ts';
import type { Pe } from '../core/pe/pe.ts';
import type { PeHost, PeVitals } from '../core/pe/pe-options.ts';
import { PeWord, peWordsPerPe, type SharedMachine, wakePe } from '../transports/threads/threads-link.ts';
import { spin } from './spin.ts';
import { SpinTime } from './spin-time.ts';
import type { WorkerMessage } from './worker-protocol.ts';

/** The event loop gets a turn this often. */
const turnEveryMs = 0.5;
const batchMax = 1024;
/** Spinning looks at the event loop this often. */
const spinSliceMs = 0.05;
const briefSpins = 200;
/** While too much waits to be sent nothing is picked, up to this many tasks; see `#waitsForRoom`. */
const congestedQueueMax = 4096;
/** PE 0, idle for this long, asks whether the job is stuck; doubled while nothing happens. */
const stuckCheckMsMin = 100;
const stuckCheckMsMax = 2000;
/** A link that wakes nobody is spun on for longer, since a sleep costs a millisecond there. */
const spinMsPolled = 5;
/** Asleep, such a link is looked at; the longer nothing comes, the less often. */
const pollMsMin = 1;
const pollMsMax = 8;

/** What the loop asks of the kind of thread that it runs in: of Node.js, or of a browser. */
export interface ThreadSystem {
  /** To the supervisor. */
  tell(message: WorkerMessage): void;
  /** Calls back in the next turn of the event loop. */
  soon(action: () => void): void;
  /** Bytes of heap that may still be used; Infinity where that can't be known. */
  memoryFree(): number;
  /** `begin` calls back once the event loop has nothing left to wait for; never where that can't be known. */
  readonly probe: { begin(onDrained: () => void): void; cancel(): void };
}

/** A link that can be waited on. */
export interface HostedLink extends Link {
  /** True while frames wait for room. */
  readonly isHolding: boolean;
  /** True if something may have come. */
  readonly hasIncoming: boolean;
  /** Sends what was gathered; called before the PE idles, and twice a millisecond. */
  flush?(): void;
  /** Nobody wakes the PE when something comes: it must look from time to time, also while it sleeps. */
  readonly isPolled?: boolean;
}

/** Hears what the loop does, in order. */
export interface Journal {
  runs(batch: number): void;
  hasRun(done: number): void;
  idles(): void;
  hasIdled(): void;
  microtask(): void;
  /** A turn of the event loop. */
  turn(): void;
  sleeps(): void;
  /** Whether the job is stuck is about to be asked. */
  checks(): void;
}

type Next = 'microtask' | 'turn' | 'room' | 'park' | 'stop';

export class ThreadHost implements PeHost {
  readonly #system: ThreadSystem;
  readonly #words: Int32Array;
  readonly #parkedWord: number;
  readonly #stopWord: number;
  readonly #id: number;
  readonly #local: number;
  readonly #link: HostedLink;
  readonly #spinTime: SpinTime;
  /** A stuck check wants to know whether the event loop waits for anything. */
  #mustProbe = false;
  /** The event loop waited for nothing when this many messages had been processed. */
  #drainedAt = -1;
  #pe!: Pe;
  #journal: Journal | undefined = undefined;
  #isParked = false;
  #resume: () => void = () => undefined;
  #batch = 64;
  #sinceClock = 0;
  /** When it found nothing to do; 0 while there is something. Outlives turns of the event loop. */
  #idleSince = 0;
  /** All such times together. */
  #idleMs = 0;
  #lastTurn = 0;
  /** An async method has gone on since the last turn of the event loop: more promises may be pending. */
  #hasLooseEnds = true;
  #pollTimer: ReturnType<typeof setTimeout> | undefined = undefined;
  #stuckCheckMs = stuckCheckMsMin;
  #processedAtCheck = 0;

  /** `local` is the PE's number in this process, by which it is woken. */
  constructor(
    system: ThreadSystem,
    id: number,
    local: number,
    machine: SharedMachine,
    link: HostedLink,
    spinMs: number,
  ) {
    this.#system = system;
    this.#words = machine.peWords;
    this.#parkedWord = local * peWordsPerPe + PeWord.parked;
    this.#stopWord = local * peWordsPerPe + PeWord.stop;
    this.#id = id;
    this.#local = local;
    this.#link = link;
    this.#spinTime = new SpinTime(spinMs, performance.now());
  }

  /** Hosts a PE that something else runs so far. */
  adopt(pe: Pe): void {
    this.#pe = pe;
  }

  /** Runs `pe` until the job ends. */
  async run(pe: Pe, journal?: Journal): Promise<void> {
    this.#pe = pe;
    this.#journal = journal;
    pe.room.isUnlimited = journal !== undefined;
    for (;;) {
      const next = this.#work();
      if (next === 'stop') return;
      if (next === 'microtask') this.#journal?.microtask();
      else this.#journal?.turn();
      if (next === 'microtask') await undefined;
      else if (next === 'turn') await this.#eventLoopTurn();
      else if (next === 'room') await this.#pauseForRoom();
      else {
        await this.#park();
        // So that a replay knows how far promises have gone on.
        if (this.#journal !== undefined) await this.#eventLoopTurn();
      }
    }
  }

  /** Levels 1 and 4. Returns what must come next. */
  #work(): Next {
    const pe = this.#pe;
    for (;;) {
      if (this.#mustStop()) return 'stop';
      if (pe.room.isCongested) {
        if (this.#waitsForRoom()) return 'room';
      } else if (pe.room.isWanted) {
        pe.room.made();
        pe.needsTurn = true;
      }
      this.#journal?.runs(this.#batch);
      const done = pe.runSome(this.#batch);
      this.#journal?.hasRun(done);
      if (done > 0 && this.#idleSince !== 0) {
        this.#endIdle(performance.now());
        pe.trace?.busy();
        this.#spinTime.found();
      }
      if (pe.needsTurn) {
        pe.needsTurn = false;
        this.#hasLooseEnds = true;
        return this.#isTurnDue(done) ? 'turn' : 'microtask';
      }
      if (done > 0) {
        if (this.#isTurnDue(done)) return 'turn';
        continue;
      }
      this.#link.flush?.();
      if (this.#hasLooseEnds) return 'turn';
      this.#journal?.idles();
      pe.onIdle();
      this.#journal?.hasIdled();
      this.#link.flush?.();
      if (pe.queue.length > 0 || pe.needsTurn || this.#spinBriefly()) continue;
      const now = performance.now();
      if (this.#idleSince === 0) {
        this.#idleSince = now;
        pe.trace?.idle();
      }
      const spinMs = this.#link.isPolled === true ? spinMsPolled : this.#spinTime.ms;
      if (now - this.#idleSince >= spinMs && !this.#link.isHolding) return 'park';
      if (now - this.#lastTurn > turnEveryMs) return 'turn';
      this.#spin(now + spinSliceMs);
    }
  }

  /**
   * Back-pressure: while others take less than this PE sends, it picks nothing, but goes on receiving. Once many tasks wait it
   * picks all the same: else two PEs that flood each other would wait for ever, each with a full queue.
   */
  #waitsForRoom(): boolean {
    this.#link.flush?.();
    this.#pe.receiveSome();
    return this.#pe.queue.length < congestedQueueMax;
  }

  /** Timers and sockets go on; a millisecond is less than it takes to send what waits. */
  #pauseForRoom(): Promise<void> {
    this.#hasLooseEnds = true;
    return new Promise((resolve) => setTimeout(resolve, 1));
  }

  #endIdle(now: number): void {
    this.#idleMs += now - this.#idleSince;
    this.#idleSince = 0;
  }

  #mustStop(): boolean {
    if (this.#words[this.#stopWord] === 1) this.#pe.isStopped = true;
    return this.#pe.isStopped;
  }

  /** A microsecond without looking at the clock: an answer usually comes within it. */
  #spinBriefly(): boolean {
    for (let i = 0; i < briefSpins; i++) if (this.#link.hasIncoming) return true;
    return false;
  }

  #spin(untilMs: number): void {
    const words = this.#words;
    do {
      if (this.#spinBriefly() || words[this.#stopWord] === 1) return;
    } while (performance.now() < untilMs && !this.#link.isHolding);
  }

  /**
   * True twice a millisecond. The clock is read once a batch, and the batch is fitted to the length of the program's
   * entry methods.
   */
  #isTurnDue(done: number): boolean {
    this.#sinceClock += done;
    if (this.#sinceClock < this.#batch) return false;
    this.#sinceClock = 0;
    const now = performance.now();
    const elapsed = now - this.#lastTurn;
    if (elapsed > turnEveryMs) {
      if (elapsed > 2 * turnEveryMs && this.#batch > 1) this.#batch >>= 1;
      this.#lastTurn = now;
      this.#link.flush?.();
      return true;
    }
    if (elapsed < turnEveryMs / 4 && this.#batch < batchMax) this.#batch <<= 1;
    return false;
  }

  #eventLoopTurn(): Promise<void> {
    this.#hasLooseEnds = false;
    return new Promise((resolve) => {
      this.#system.soon(() => {
        this.#lastTurn = performance.now();
        resolve();
      });
    });
  }

  /** Sleeps until someone wakes this PE: a sender, the supervisor, or its own timers and I/O through `wake`. */
  async #park(): Promise<void> {
    Atomics.store(this.#words, this.#parkedWord, 1);
    if (this.#link.hasIncoming || this.#mustStop()) {
      Atomics.store(this.#words, this.#parkedWord, 0);
      return;
    }
    const waiting = Atomics.waitAsync(this.#words, this.#parkedWord, 1);
    if (!waiting.async) return;
    const woken = new Promise<void>((resolve) => {
      this.#resume = resolve;
      void waiting.value.then(() => resolve());
    });
    this.#isParked = true;
    this.#journal?.sleeps();
    const since = performance.now();
    const spunMs = since - this.#idleSince;
    const timer = this.#id === 0 ? this.#scheduleStuckCheck() : undefined;
    if (this.#mustProbe) this.#probeLoop();
    if (this.#link.isPolled === true) this.#pollLater(pollMsMin);
    await woken;
    clearTimeout(this.#pollTimer);
    this.#system.probe.cancel();
    this.#isParked = false;
    const now = performance.now();
    this.#endIdle(now);
    this.#spinTime.failed(spunMs, now - since, now);
    clearTimeout(timer);
    this.#hasLooseEnds = true;
  }

  #pollLater(delayMs: number): void {
    const look = (): void => {
      if (this.#link.hasIncoming) this.wake();
      else this.#pollLater(Math.min(2 * delayMs, pollMsMax));
    };
    this.#pollTimer = setTimeout(look, delayMs);
    this.#pollTimer.unref();
  }

  #probeLoop(): void {
    this.#system.probe.begin(() => {
      this.#mustProbe = false;
      this.#drainedAt = this.#pe.processed;
    });
  }

  #scheduleStuckCheck(): ReturnType<typeof setTimeout> {
    const { processed } = this.#pe;
    const isStill = processed === this.#processedAtCheck;
    this.#stuckCheckMs = isStill ? Math.min(this.#stuckCheckMs * 2, stuckCheckMsMax) : stuckCheckMsMin;
    const timer = setTimeout(() => {
      this.#processedAtCheck = this.#pe.processed;
      this.#journal?.checks();
      this.#pe.quiescence.checkStuck();
      wakePe(this.#words, this.#local);
    }, this.#stuckCheckMs);
    // Not in browsers.
    timer.unref?.();
    return timer;
  }

  // ---- PeHost ----

  exit(code: number): void {
    this.#system.tell({ kind: 'exit', code });
  }

  fail(error: unknown): void {
    this.#system.tell({ kind: 'failed', error: toWire(locate(error, { pe: this.#id })) });
  }

  /** Something has come in this thread: a timer, a socket. */
  wake(): void {
    if (!this.#isParked) return;
    this.#isParked = false;
    wakePe(this.#words, this.#local);
    // By way of the word it would be tens of microseconds later.
    this.#resume();
  }

  after(delayMs: number, action: () => void): () => void {
    const timer = setTimeout(() => {
      action();
      this.wake();
    }, delayMs);
    return () => clearTimeout(timer);
  }

  work(seconds: number): void {
    spin(systemClock, seconds);
  }

  vitals(): PeVitals {
    const idleMs = this.#idleSince === 0 ? this.#idleMs : this.#idleMs + performance.now() - this.#idleSince;
    return { idleSeconds: idleMs / 1000, speed: 1, memoryFree: this.#system.memoryFree() };
  }

  /** Yes, unless it is known that there is none; the answer is then there for the next stuck check. */
  hasOutsideWork(): boolean {
    if (this.#drainedAt === this.#pe.processed) return false;
    this.#mustProbe = true;
    return true;
  }
}
