/**
 * Does what a recorded PE did: reads its log (log.ts), and gives the PE its frames, the clock, timers and turns in that order.
 *
 *  1. A frame that the log wants is waited for, with the thread blocked: nothing else may happen before it. Frames from one PE
 *     come in the order sent, so the sender is enough to know which.
 *  2. What the PE does by itself must agree with the log. Where it does not, the replay has left the recorded run: an error says where.
 *  3. A frame that does not come while all PEs wait will never come: that is the same error.
 *  4. At the end of the log the PE goes on by itself: the recorded run was over, or its end could not be written.
 */
import type { Clock } from '../../core/base/clock.ts';
import { CharmError } from '../../core/base/errors.ts';
import type { Link } from '../../core/message/transport.ts';
import type { Pe, PeHost } from '../../core/pe/pe.ts';
import type { Reader } from '../../core/pup/reader.ts';
import { PeWord, peWordsPerPe, type SharedMachine, type ThreadsLink } from '../../transports/threads/threads-link.ts';
import type { HostedLink } from '../thread-host.ts';
import { describeFrame } from './describe-frame.ts';
import { LogReader, Step, stepNames } from './log.ts';

/** Looks, this far apart, at which all PEs wait for one another. */
const looksMax = 20;
const lookMs = 100;
/** Turns of the event loop in which a promise of the program's own may settle. */
const outsideWaitMs = 10_000;

export interface ReplayerOptions {
  readonly path: string;
  readonly pe: number;
  readonly machine: SharedMachine;
  readonly link: ThreadsLink;
  /** The same link for frames that go out, as it was recorded: to PEs of another node without what nodes don't share. */
  readonly outgoing: Link;
}

interface Timer {
  readonly delayMs: number;
  readonly action: () => void;
}

interface Outside {
  /** It has settled before the log says so; passes the word on. */
  release: (() => void) | undefined;
}

export class Replayer {
  readonly #log: LogReader;
  readonly #options: ReplayerOptions;
  readonly #words: Int32Array;
  readonly #timers = new Map<number, Timer>();
  readonly #outsides = new Map<number, Outside>();
  #timerCount = 0;
  #outsideCount = 0;
  #polls = 0;
  #pe!: Pe;
  /** What the log has held back, for when it has ended. */
  readonly #onFree: (() => void)[] = [];

  constructor(options: ReplayerOptions) {
    this.#options = options;
    this.#log = new LogReader(options.path);
    this.#words = options.machine.peWords;
  }

  /** Goes through the log to its end. */
  async run(pe: Pe): Promise<void> {
    this.#pe = pe;
    try {
      while (this.#log.next !== 0 && !this.#mustStop()) {
        const isSettled = this.#step(this.#log.next);
        if (isSettled !== undefined) await isSettled;
      }
    } catch (error) {
      pe.fail(error);
    }
    for (const action of this.#onFree.splice(0)) action();
  }

  #step(tag: number): Promise<unknown> | undefined {
    const log = this.#log;
    const pe = this.#pe;
    switch (tag) {
      case Step.run: {
        log.enter();
        return this.#runSome(log.number());
      }
      case Step.microtask:
        log.enter();
        pe.needsTurn = false;
        return Promise.resolve();
      case Step.turn:
        log.enter();
        pe.needsTurn = false;
        return turn();
      case Step.arrival:
        log.enter();
        this.#takeFrame((frame) => pe.receive(frame));
        return undefined;
      case Step.arrived:
        log.enter();
        return turn();
      case Step.idle:
        log.enter();
        pe.onIdle();
        return undefined;
      case Step.check:
        log.enter();
        pe.quiescence.checkStuck();
        return turn();
      case Step.timer: {
        const number = log.nextNumber;
        const timer = this.#timers.get(number);
        if (timer === undefined) throw this.#diverged(`timer ${number} is over`, 'it has not been set');
        log.enter();
        log.number();
        this.#timers.delete(number);
        timer.action();
        return turn();
      }
      case Step.outside:
        return this.#awaitOutside(log.nextNumber);
      default:
        throw this.#diverged(`"${stepNames[tag]}" inside what it does now`, 'it has done without');
    }
  }

  #runSome(batch: number): Promise<void> | undefined {
    this.#polls = 0;
    const done = this.#pe.runSome(batch);
    if (this.#pe.isStopped || this.#log.next === 0) return undefined;
    if (this.#log.next !== Step.done)
      throw this.#diverged(this.#describeNext(), `nothing more of it, after ${done} messages`);
    const recorded = this.#log.nextNumber;
    if (recorded > done && done === 0) return this.#runLater(batch, recorded);
    this.#checkDone(done, recorded);
    return undefined;
  }

  #checkDone(done: number, recorded: number): void {
    if (done !== recorded) throw this.#diverged(`${recorded} messages in a row`, String(done));
    this.#log.enter();
    this.#log.number();
  }

  /** Something outside has to settle first, of which nothing is known. */
  async #runLater(batch: number, recorded: number): Promise<void> {
    const giveUp = performance.now() + outsideWaitMs;
    let done = 0;
    while (done === 0 && performance.now() < giveUp && !this.#mustStop()) {
      await turn();
      this.#polls = 0;
      done = this.#pe.runSome(batch);
    }
    if (!this.#mustStop()) this.#checkDone(done, recorded);
  }

  async #awaitOutside(number: number): Promise<void> {
    const outside = this.#outsides.get(number);
    if (outside === undefined)
      throw this.#diverged(`promise ${number} of charm.track has settled`, 'it has not been given');
    if (outside.release === undefined) {
      // It settles as soon as it can, while the log stands here.
      const at = this.#log.count;
      while (this.#log.count === at && !this.#mustStop()) await turn();
    } else {
      this.#log.enter();
      this.#log.number();
      outside.release();
    }
    await turn();
  }

  // ---- what the PE is handed ----

  link(): HostedLink {
    const { link, outgoing } = this.#options;
    return {
      send: (pe, writer) => outgoing.send(pe, writer),
      forward: (pe, frame) => outgoing.forward(pe, frame),
      poll: (receive, framesMax) => (this.#log.next === 0 ? link.poll(receive, framesMax) : this.#poll(receive)),
      get isHolding() {
        return link.isHolding;
      },
      get hasIncoming() {
        return link.hasIncoming;
      },
    };
  }

  #poll(receive: (frame: Reader) => void): number {
    const log = this.#log;
    this.#options.link.push();
    this.#polls++;
    let count = 0;
    while (log.next === Step.frame && log.nextNumber === this.#polls) {
      log.enter();
      log.number();
      this.#takeFrame(receive);
      count++;
    }
    return count;
  }

  #takeFrame(receive: (frame: Reader) => void): void {
    const log = this.#log;
    const { link } = this.#options;
    const from = log.number();
    const [kind, small, collection] = [log.number(), log.number(), log.number()];
    const take = (frame: Reader): void => {
      if (frame.kind !== kind || frame.small !== small || frame.collection !== collection)
        throw this.#diverged(
          `${describeFrame(this.#pe, kind, small, collection)} from PE ${from}`,
          describeFrame(this.#pe, frame.kind, frame.small, frame.collection),
        );
      receive(frame);
    };
    const what = (): string => `${describeFrame(this.#pe, kind, small, collection)} from PE ${from}`;
    while (!link.takeFrom(from, take)) this.#block(from, what);
  }

  /** Until something may have come from a PE. */
  #block(from: number, what: () => string): void {
    const { link, pe } = this.#options;
    const words = this.#words;
    const parked = pe * peWordsPerPe + PeWord.parked;
    for (let looks = 0; looks < looksMax; ) {
      link.push();
      Atomics.store(words, parked, 1);
      if (link.hasIncomingFrom(from) || this.#mustStop()) break;
      const isIn = link.isHolding ? 1 : lookMs;
      if (Atomics.wait(words, parked, 1, isIn) === 'timed-out' && isIn === lookMs)
        looks = this.#doAllWait() ? looks + 1 : 0;
      if (looks === looksMax) throw this.#diverged(what(), 'no PE sends it, and all wait');
    }
    Atomics.store(words, parked, 0);
    if (this.#mustStop()) throw new CharmError('ERR_REPLAY', 'the job has ended');
  }

  #doAllWait(): boolean {
    for (let pe = 0; pe < this.#options.machine.pes; pe++)
      if (Atomics.load(this.#words, pe * peWordsPerPe + PeWord.parked) === 0) return false;
    return true;
  }

  clock(inner: Clock): Clock {
    return {
      readSeconds: inner.readSeconds,
      now: () => {
        if (this.#log.next === 0) return inner.now();
        if (this.#log.next !== Step.clock) throw this.#diverged(this.#describeNext(), 'the clock is read');
        this.#log.enter();
        return this.#log.float();
      },
    };
  }

  host(inner: PeHost): PeHost {
    return {
      exit: (code) => inner.exit(code),
      fail: (error) => inner.fail(error),
      wake: () => inner.wake(),
      // It took its time when it was recorded.
      work: (seconds) => (this.#log.next === 0 ? inner.work(seconds) : undefined),
      after: (delayMs, action) => this.#after(inner, delayMs, action),
      outside: (work) => this.#outside(work),
      vitals: () => {
        const log = this.#log;
        if (log.next !== Step.vitals) return inner.vitals();
        log.enter();
        return { idleSeconds: log.float(), speed: log.float(), memoryFree: log.float() };
      },
      hasOutsideWork: () => {
        if (this.#log.next !== Step.probe) return inner.hasOutsideWork();
        this.#log.enter();
        return this.#log.number() === 1;
      },
    };
  }

  #after(inner: PeHost, delayMs: number, action: () => void): () => void {
    if (this.#log.next === 0) return inner.after(delayMs, action);
    const number = ++this.#timerCount;
    this.#timers.set(number, { delayMs, action });
    let cancel = (): void => undefined;
    this.#onFree.push(() => {
      if (this.#timers.delete(number)) cancel = inner.after(delayMs, action);
    });
    return () => {
      this.#timers.delete(number);
      cancel();
    };
  }

  #outside<T>(work: Promise<T>): Promise<T> {
    if (this.#log.next === 0) return work;
    const number = ++this.#outsideCount;
    const outside: Outside = { release: undefined };
    this.#outsides.set(number, outside);
    return new Promise((resolve, reject) => {
      const settle = (pass: () => void): void => {
        const log = this.#log;
        if (log.next === Step.outside && log.nextNumber === number) {
          log.enter();
          log.number();
          pass();
        } else if (log.next === 0) pass();
        else {
          outside.release = pass;
          this.#onFree.push(pass);
        }
      };
      work.then(
        (value) => settle(() => resolve(value)),
        (error: unknown) => settle(() => reject(error)),
      );
    });
  }

  // ---- inside ----

  #mustStop(): boolean {
    if (this.#words[this.#options.pe * peWordsPerPe + PeWord.stop] === 1) this.#pe.isStopped = true;
    return this.#pe.isStopped;
  }

  #describeNext(): string {
    return `"${stepNames[this.#log.next]}"`;
  }

  /** Ends the job, whatever becomes of the error where it is thrown. */
  #diverged(recorded: string, now: string): CharmError {
    const pe = this.#pe;
    const message =
      `the replay has left the recorded run at step ${this.#log.count + 1}: recorded was ${recorded}; now: ${now}. ` +
      'The program or its input is not the same, or something decided that is not recorded; see docs/record-replay.md';
    const { current, currentEntry } = pe;
    const entry = currentEntry === undefined ? {} : { entry: currentEntry.name };
    const place = current === undefined ? { pe: pe.id } : { pe: pe.id, chare: current.label, ...entry };
    const error = new CharmError('ERR_REPLAY', message, place);
    pe.fail(error);
    return error;
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
