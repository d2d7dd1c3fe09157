/**
 * One PE of a simulated job: its host, its end of the network, and the core that it computes on.
 *
 * A turn is what a PE does without interruption: it takes in what has arrived, runs one task, and lets async methods go
 * on. The core's own time runs ahead of the loop's meanwhile, by the scheduler's cost, what messages cost, and the work
 * that the program declares (or is measured to do); messages leave, timers start and the clock reads at that time. The
 * next turn on the core begins where this one ends. PEs that share the core take turns (core.ts).
 */
import type { Clock } from '../../core/base/clock.ts';
import { locate } from '../../core/base/errors.ts';
import type { FileAccess } from '../../core/pe/file-access.ts';
import type { Pe } from '../../core/pe/pe.ts';
import type { PeHost, PeVitals } from '../../core/pe/pe-options.ts';
import type { TraceSink } from '../../core/pe/trace-sink.ts';
import type { SimEnd, SimNetwork } from '../../transports/sim/sim-network.ts';
import type { Core, CoreUser } from './core.ts';
import type { HostMemory } from './host-memory.ts';
import type { SimLoop } from './sim-loop.ts';
import type { SpeedProfile } from './speed-profile.ts';

/** What load balancing takes a PE to have that is stopped for a while. */
const speedMin = 1e-3;

/** What turns measured time into virtual time; without it computing is free unless declared. */
export interface Measure {
  readonly clock: Clock;
  readonly scale: number;
}

export interface VirtualPeOptions {
  readonly id: number;
  readonly loop: SimLoop;
  readonly network: SimNetwork;
  readonly core: Core;
  readonly speed: SpeedProfile;
  /** Seconds to pick and call an entry method. */
  readonly taskSeconds: number;
  readonly measure: Measure | undefined;
  /** Of its host, shared with the PEs beside it. */
  readonly memory: HostMemory;
  /** The disk; undefined: that of this machine. */
  readonly disk: ((user: VirtualPe) => FileAccess) | undefined;
  readonly trace: TraceSink | undefined;
}

export class VirtualPe implements PeHost, SimEnd, CoreUser {
  /** Seconds that it has spent on anything. */
  busySeconds = 0;
  /** Seconds of work that the program has declared. */
  declaredSeconds = 0;
  behind: CoreUser | undefined = undefined;
  readonly id: number;
  readonly clock: Clock = { now: () => this.now * 1000 + this.#clockAhead, readSeconds: 0 };
  readonly #loop: SimLoop;
  readonly #network: SimNetwork;
  readonly #core: Core;
  readonly #speed: SpeedProfile;
  readonly #taskSeconds: number;
  readonly #measure: Measure | undefined;
  readonly trace: TraceSink | undefined;
  readonly #memory: HostMemory;
  readonly files: FileAccess | undefined;
  #pe!: Pe;
  #isPlanned = false;
  #isIdle = true;
  #timers = 0;
  #isCrashed = false;
  /** How many times as long everything takes. */
  #slowness = 1;
  /** Milliseconds that its clock is ahead. */
  #clockAhead = 0;
  /** Timers that have run out while the core was busy; they come before the next task. */
  readonly #late: (() => void)[] = [];
  /** Real time up to which its computing has been measured. */
  #measuredTo = 0;

  constructor(options: VirtualPeOptions) {
    this.id = options.id;
    this.#loop = options.loop;
    this.#network = options.network;
    this.#core = options.core;
    this.#core.users++;
    this.#speed = options.speed;
    this.#taskSeconds = options.taskSeconds;
    this.#measure = options.measure;
    this.#memory = options.memory;
    this.trace = options.trace;
    this.files = options.disk?.(this);
  }

  get pe(): Pe {
    return this.#pe;
  }

  adopt(pe: Pe): void {
    this.#pe = pe;
  }

  // ---- time ----

  get now(): number {
    if (this.#measure !== undefined && this.#loop.current === this) this.#addMeasured(this.#measure);
    return Math.max(this.#core.time, this.#loop.queue.now);
  }

  spend(seconds: number): void {
    const { now } = this;
    const time = seconds * this.#slowness;
    this.#core.time = now + time;
    this.busySeconds += time;
  }

  work(seconds: number): void {
    this.declaredSeconds += seconds;
    this.#compute(this.now, seconds);
  }

  #compute(from: number, seconds: number): void {
    this.#core.time = this.#speed.finish(from, seconds * this.#slowness * this.#memory.slowdown);
    this.busySeconds += this.#core.time - from;
  }

  #addMeasured({ clock, scale }: Measure): void {
    const now = clock.now();
    const seconds = ((now - this.#measuredTo) / 1000) * scale;
    this.#measuredTo = now;
    this.#compute(Math.max(this.#core.time, this.#loop.queue.now), seconds);
  }

  // ---- turns ----

  /** A frame has come, in an event of the network: the turn is now if the core is free, without an event of its own. */
  arrived(): void {
    if (this.#isPlanned || this.#isCrashed) return;
    // On a faulty network a frame may come while its PE makes room, or another sends.
    if (this.#loop.current !== undefined) return this.wake();
    if (this.#isCoreBusy) this.#plan();
    else this.#turn();
  }

  /** Something may be there to do: there will be a turn as soon as the core is free. */
  wake(): void {
    if (this.#isPlanned || this.#isCrashed || this.#loop.current === this) return;
    this.#plan();
    this.#loop.poke();
  }

  #plan(): void {
    this.#isPlanned = true;
    this.#core.join(this);
  }

  /** It computes, or others have come before. */
  get #isCoreBusy(): boolean {
    return this.#core.time > this.#loop.queue.now || this.#core.isWantedBeside(this);
  }

  /** The core is free for this PE. */
  granted(): void {
    this.#isPlanned = false;
    if (this.#isCrashed) return;
    const timer = this.#late.shift();
    if (timer === undefined) this.#turn();
    else timer();
  }

  #turn(): void {
    this.#begin();
    if (this.#pe.queue.length > 0 || this.#network.hasFrames(this.id)) this.spend(this.#taskSeconds);
    this.#pe.runSome(1);
    this.#loop.endTurn();
  }

  #begin(): void {
    this.#loop.current = this;
    if (this.#measure !== undefined) this.#measuredTo = this.#measure.clock.now();
    if (!this.#isIdle) return;
    this.#isIdle = false;
    this.trace?.busy();
  }

  /** All that a turn has set going has run, async methods included. */
  finish(): void {
    const pe = this.#pe;
    if (this.#measure !== undefined) this.#addMeasured(this.#measure);
    this.#loop.current = undefined;
    this.#loop.hash.add(this.#core.time, this.id);
    if (pe.isStopped) return;
    // Each answer to a wave may bring the next one.
    do {
      if (pe.queue.length === 0 && !this.#network.hasFrames(this.id)) pe.onIdle();
    } while (pe.quiescence.isWaitingForIdle && pe.queue.length === 0 && !this.#network.hasFrames(this.id));
    if (pe.queue.length > 0 || this.#network.hasFrames(this.id) || this.#late.length > 0) return this.#plan();
    this.#isIdle = true;
    this.trace?.idle();
  }

  // ---- faults ----

  /** Its thread ends here and now. */
  crash(): void {
    this.#isCrashed = true;
    this.#pe.isStopped = true;
  }

  get isCrashed(): boolean {
    return this.#isCrashed;
  }

  set slowness(factor: number) {
    this.#slowness = factor;
  }

  /** It stands still; what it does next, it does so much later. */
  pause(seconds: number): void {
    this.#core.time = Math.max(this.#core.time, this.#loop.queue.now) + seconds;
  }

  leapClock(ms: number): void {
    this.#clockAhead += ms;
  }

  // ---- PeHost ----

  exit(code: number): void {
    this.#loop.exit(code, this.now);
  }

  fail(error: unknown): void {
    this.#loop.finish(1, locate(error, { pe: this.id }), this.now);
  }

  after(delayMs: number, action: () => void): () => void {
    this.#timers++;
    let isOpen = true;
    const { queue } = this.#loop;
    // When the core has been granted to it, others may wait for it already; it does not stand back behind them again.
    const run = (): void => {
      if (!isOpen) return this.#skipLate();
      isOpen = false;
      this.#timers--;
      this.#begin();
      action();
      // What it has settled goes on in this turn.
      this.#pe.needsTurn = true;
      this.#loop.endTurn();
    };
    const fire = (): void => {
      if (this.#isCrashed) return;
      if (!isOpen || !this.#isCoreBusy) return run();
      this.#late.push(run);
      if (!this.#isPlanned && this.#loop.current !== this) this.#plan();
    };
    queue.at(this.now + delayMs / 1000, { fire });
    return () => {
      if (isOpen) this.#timers--;
      isOpen = false;
    };
  }

  /** A timer was taken back while it waited for the core: whatever else is there has its turn. */
  #skipLate(): void {
    if (!this.#isPlanned && this.#loop.current !== this) this.#plan();
  }

  vitals(): PeVitals {
    const { now } = this;
    const speed = Math.max(speedMin, this.#speed.at(now));
    return {
      idleSeconds: now - this.busySeconds,
      speed,
      share: 1 / this.#core.users,
      memoryFree: this.#memory.free,
    };
  }

  hold(bytes: number): void {
    this.#memory.hold(bytes);
  }

  hasOutsideWork(): boolean {
    return this.#timers > 0 || this.#loop.hasOutsideWork(this.#pe.trackedCount);
  }
}
