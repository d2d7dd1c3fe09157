/**
 * Records what a PE does: stands between the PE and its link, its clock and its host, and hears from the host's loop what it does next
 * (log.ts says what is written).
 *
 * What has no effect is left out: a run of tasks, or a word that the PE is idle, in which no frame came, nothing was sent,
 * processed or read from the clock. So an idle PE writes nothing.
 */
import type { Clock } from '../../core/base/clock.ts';
import type { Pe, PeHost } from '../../core/pe/pe.ts';
import type { Reader } from '../../core/pup/reader.ts';
import type { Writer } from '../../core/pup/writer.ts';
import type { HostedLink, Journal } from '../thread-host.ts';
import { LogWriter, Step } from './log.ts';

/** A link that tells from which PE the frame is that it hands over. */
export interface TellingLink extends HostedLink {
  readonly from: number;
}

export class Recorder implements Journal {
  readonly #log: LogWriter;
  #pe!: Pe;
  /** Step that has begun and had no effect yet. */
  #begun: number = 0;
  #batch = 0;
  #polls = 0;
  #sent = 0;
  #before = 0;
  #timers = 0;
  #outsides = 0;
  #isDrained = false;
  /** Frames arrive in the callback of a socket that runs now. */
  #isArriving = false;
  #receive: (frame: Reader) => void = () => undefined;

  constructor(path: string) {
    this.#log = new LogWriter(path);
  }

  close(): void {
    this.#log.close();
  }

  watch(pe: Pe): void {
    this.#pe = pe;
  }

  // ---- what the loop does ----

  runs(batch: number): void {
    this.#begin(Step.run);
    this.#batch = batch;
    this.#polls = 0;
    // It closes the account of who went on before.
    if (this.#pe.continuation.isActive) this.#commit();
  }

  hasRun(done: number): void {
    if (done > 0 || this.#effects() !== this.#before) this.#commit();
    if (this.#begun === 0) this.#write(Step.done, done);
    this.#begun = 0;
  }

  idles(): void {
    this.#begin(Step.idle);
  }

  hasIdled(): void {
    if (this.#effects() !== this.#before) this.#commit();
    this.#begun = 0;
  }

  microtask(): void {
    this.#write(Step.microtask);
  }

  turn(): void {
    if (!this.#isDrained) this.#write(Step.turn);
    this.#isDrained = true;
  }

  checks(): void {
    this.#write(Step.check);
  }

  /** The thread is about to sleep. */
  sleeps(): void {
    this.#log.flush();
  }

  // ---- what the PE is handed ----

  /** A frame has come by sockets of this thread, in a callback. */
  arrived(frame: Reader, from: number): void {
    if (!this.#isArriving) {
      this.#isArriving = true;
      // Ahead of all promises that go on because of what has come: they do so behind everything that came with it.
      queueMicrotask(() => {
        this.#isArriving = false;
        this.#write(Step.arrived);
      });
    }
    this.#write(Step.arrival, from, frame.kind, frame.small, frame.collection);
  }

  link(inner: TellingLink): HostedLink {
    const take = (frame: Reader): void => {
      this.#write(Step.frame, this.#polls, inner.from, frame.kind, frame.small, frame.collection);
      this.#receive(frame);
    };
    return {
      send: (pe: number, writer: Writer) => {
        this.#sent++;
        inner.send(pe, writer);
      },
      forward: (pe: number, frame: Reader) => {
        this.#sent++;
        inner.forward(pe, frame);
      },
      poll: (receive, framesMax) => {
        this.#receive = receive;
        this.#polls++;
        return inner.poll(take, framesMax);
      },
      get isHolding() {
        return inner.isHolding;
      },
      get hasIncoming() {
        return inner.hasIncoming;
      },
      flush: () => inner.flush?.(),
    };
  }

  clock(inner: Clock): Clock {
    return {
      readSeconds: inner.readSeconds,
      now: () => {
        const time = inner.now();
        this.#commit();
        this.#log.floats(Step.clock, time);
        this.#isDrained = false;
        return time;
      },
    };
  }

  host(inner: PeHost): PeHost {
    return {
      exit: (code) => inner.exit(code),
      fail: (error) => inner.fail(error),
      wake: () => inner.wake(),
      work: (seconds) => inner.work(seconds),
      after: (delayMs, action) => {
        const number = ++this.#timers;
        return inner.after(delayMs, () => {
          this.#write(Step.timer, number);
          action();
        });
      },
      outside: (work) => {
        const number = ++this.#outsides;
        // As many microtasks as in a replay.
        return work.then(
          (value) => {
            this.#write(Step.outside, number);
            return value;
          },
          (error: unknown) => {
            this.#write(Step.outside, number);
            throw error;
          },
        );
      },
      vitals: () => {
        const vitals = inner.vitals();
        const { idleSeconds, speed, memoryFree } = vitals;
        this.#commit();
        this.#isDrained = false;
        this.#log.floats(Step.vitals, idleSeconds, speed, memoryFree);
        return vitals;
      },
      hasOutsideWork: () => {
        const isOpen = inner.hasOutsideWork();
        this.#write(Step.probe, isOpen ? 1 : 0);
        return isOpen;
      },
    };
  }

  // ---- inside ----

  #begin(step: number): void {
    this.#begun = step;
    this.#before = this.#effects();
  }

  /** A number that changes whenever the PE has done something. */
  #effects(): number {
    const { created, processed } = this.#pe;
    return created + processed + this.#sent;
  }

  #commit(): void {
    if (this.#begun === 0) return;
    if (this.#begun === Step.run) this.#log.step(Step.run, this.#batch);
    else this.#log.step(this.#begun);
    this.#begun = 0;
  }

  #write(tag: number, ...numbers: number[]): void {
    this.#commit();
    this.#isDrained = false;
    this.#log.step(tag, ...numbers);
  }
}
