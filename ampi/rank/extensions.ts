/**
 * What AMPI adds to MPI: ranks that move and are balanced, their load, user data that go along, marks in traces.
 */
import type { Charm } from '../../core/index.ts';
import type { RankChare } from './rank.ts';

/** What a call of `migrate` is for. */
export interface MigrateHints {
  /** Comes to the next load-balancing step (default), and waits for it (`sync`) or not (`async`). */
  readonly balance?: 'sync' | 'async';
  /** To a PE. */
  readonly to?: number;
  /** Away from the PE that it is on. */
  readonly evacuate?: boolean;
  /** Not there yet: jobs have no checkpoints. */
  readonly checkpoint?: string;
}

/** Data of the program that go along when its rank moves. */
export interface PupMethods<T = unknown> {
  pack(): T;
  unpack(packed: T): void;
  aboutToMigrate?(): void;
  justMigrated?(): void;
}

export abstract class Extensions {
  /** @internal */
  abstract readonly _chare: RankChare;
  abstract get charm(): Charm;
  /** Says once per PE what can't be done. @internal */
  protected abstract warnOnce(message: string): void;
  /** @internal */
  readonly _pups: PupMethods[] = [];
  private suspended: (() => void) | undefined = undefined;
  private wasResumed = false;

  // ---- where a rank is ----

  /** The PE that this rank is on now. */
  get pe(): number {
    return this.charm.pe;
  }

  get pes(): number {
    return this.charm.pes;
  }

  get node(): number {
    return this.charm.node;
  }

  get nodes(): number {
    return this.charm.nodes;
  }

  /**
   * A point where this rank may move. A rank whose program is an ordinary async function can't: what it would take along is on the
   * stack of the language. It stays, which a note on standard error says once.
   */
  async migrate(hints: MigrateHints = {}): Promise<void> {
    if (hints.to !== undefined && (!Number.isInteger(hints.to) || hints.to < 0 || hints.to >= this.pes))
      throw new RangeError(`migrate: there is no PE ${hints.to}; PEs are 0 to ${this.pes - 1}`);
    if (hints.checkpoint !== undefined) this.warnOnce('migrate: jobs have no checkpoints yet; nothing was written');
    if (this.pes > 1) this.warnOnce('migrate: ranks stay where they are, as their programs are plain async functions');
  }

  migrateTo(pe: number): Promise<void> {
    return this.migrate({ to: pe });
  }

  // ---- load ----

  /** Seconds of work of this rank in each step, for balancers, instead of what is measured. */
  loadSetValue(seconds: number): void {
    this._chare.setLoad(seconds);
  }

  /** Load is measured again, after `loadSetValue` or `loadStopMeasure`. */
  loadStartMeasure(): void {
    this._chare.setLoad(Number.NaN);
  }

  /** Until `loadStartMeasure` this rank counts as doing nothing. */
  loadStopMeasure(): void {
    this._chare.setLoad(0);
  }

  // ---- user data ----

  /** Data that go along when the rank moves; its number. */
  registerPup<T>(methods: PupMethods<T>): number {
    return this._pups.push(methods as PupMethods) - 1;
  }

  getPupData(number: number): PupMethods | undefined {
    return this._pups[number];
  }

  // ---- giving way ----

  /** Lets the other ranks of this PE run. */
  abstract yield(): Promise<void>;

  /** Waits until another rank calls `resume` for this one; at once if one has since the last time. */
  suspend(): Promise<void> {
    if (this.wasResumed) {
      this.wasResumed = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.suspended = resolve;
    });
  }

  /** @internal */
  _unsuspend(): void {
    const { suspended } = this;
    this.suspended = undefined;
    if (suspended === undefined) this.wasResumed = true;
    else suspended();
  }

  // ---- traces ----

  /** Marks a stretch of time in a trace. */
  traceBegin(name: string): void {
    this.charm.trace.begin(name);
  }

  traceEnd(name: string): void {
    this.charm.trace.end(name);
  }

  traceEvent(name: string): void {
    this.charm.trace.event(name);
  }

  /** Tracing on this PE: 0 is off, everything else on. */
  pcontrol(level: number): void {
    if (level === 0) this.charm.trace.off();
    else this.charm.trace.on();
  }
}
