/**
 * A multiphase shared array: one array of numbers that many chares use, in phases that all of them go through together.
 *
 *  1. The array is cut into pages, dealt out to the PEs. Each chare that takes part has a view, under a number of its own.
 *  2. In a phase all read, or all write, or all accumulate. Reading brings a page here once a phase; what is written and
 *     accumulated is kept here until the phase ends.
 *  3. `sync(next)` ends the phase: the view sends what it has kept to the pages' PEs, which answer when it is there; then it
 *     waits until all views have come so far, and all want the same next phase. So what is read is what the phase before has left.
 *
 * Checked: that each index is written by one view only in a phase, that nobody does in a phase what belongs in another, that all want the
 * same phase. An error names view, index and phase, and ends the waiting of all.
 */
import { Chare, type Charm, type GroupProxy, UsageError } from '../core/index.ts';

export type Phase = 'read' | 'write' | 'accumulate';

export interface CreatePhasedArrayOptions {
  /** Numbers in it, all 0 at first. */
  readonly length: number;
  /** Views that take part in each change of phase. */
  readonly views: number;
  /** Numbers of a page. Default: 1,024. */
  readonly pageLength?: number;
}

/** Creates an array. The program exports the library's classes: `export * from 'charm4ts/data'`. */
export async function createPhasedArray(charm: Charm, options: CreatePhasedArrayOptions): Promise<PhasedArray> {
  const { length, views, pageLength = 1024 } = options;
  for (const [name, value] of Object.entries({ length, views, pageLength }))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new UsageError(`${name} must be an integer from 1 on, not ${value}`);
  return new PhasedArray(length, views, pageLength, await charm.group(PageServer, { args: [pageLength, views] }));
}

/** A multiphase shared array. Can be sent to any chare. */
export class PhasedArray {
  readonly length: number;
  readonly views: number;
  readonly pageLength: number;
  readonly servers: GroupProxy<PageServer>;

  constructor(length: number, views: number, pageLength: number, servers: GroupProxy<PageServer>) {
    this.length = length;
    this.views = views;
    this.pageLength = pageLength;
    this.servers = servers;
  }

  /** The view with this number, from 0; each is taken once. It begins in the phase `write`. */
  view(number: number): PhasedView {
    if (!Number.isInteger(number) || number < 0 || number >= this.views)
      throw new UsageError(`there are views 0 to ${this.views - 1}, not ${number}`);
    return new PhasedView(this, number);
  }
}

/** One chare's view of a phased array: a plain value, which travels with its chare. */
export class PhasedView {
  readonly array: PhasedArray;
  readonly number: number;
  phase: Phase = 'write';
  private epoch = 0;
  private pages = new Map<number, Float64Array>();
  /** By page: what has been written or added, and where. */
  private kept = new Map<number, Map<number, number>>();

  constructor(array: PhasedArray, number: number) {
    this.array = array;
    this.number = number;
  }

  /** Writes a number. @throws UsageError outside the phase `write`. */
  set(index: number, value: number): void {
    this._check(index, 'write');
    this._keep(index).set(index, value);
  }

  /** Adds to a number. @throws UsageError outside the phase `accumulate`. */
  add(index: number, value: number): void {
    this._check(index, 'accumulate');
    const kept = this._keep(index);
    kept.set(index, (kept.get(index) ?? 0) + value);
  }

  /** Reads a number. @throws UsageError outside the phase `read`. */
  async get(index: number): Promise<number> {
    this._check(index, 'read');
    await this.load(index, index + 1);
    return this.at(index);
  }

  /** Brings the numbers from `from` up to, but not with, `to` here, so that `at` can read them in this phase. */
  async load(from: number, to: number): Promise<void> {
    if (to <= from) return;
    for (const index of [from, to - 1]) this._check(index, 'read');
    const { pageLength, servers } = this.array;
    const wanted: Promise<void>[] = [];
    for (let page = Math.floor(from / pageLength); page * pageLength < to; page++) {
      if (this.pages.has(page)) continue;
      const { epoch } = this;
      const come = servers.at(page % servers.size).ask.page(page);
      wanted.push(come.then((numbers) => void (epoch === this.epoch && this.pages.set(page, numbers))));
    }
    await Promise.all(wanted);
  }

  /** A number that has been loaded in this phase. @throws UsageError if it has not. */
  at(index: number): number {
    this._check(index, 'read');
    const { pageLength } = this.array;
    const page = this.pages.get(Math.floor(index / pageLength));
    if (page === undefined) throw new UsageError(`${this._who(index)} is not here: load it first, or use get`);
    return page[index % pageLength]!;
  }

  /**
   * Ends the phase, and begins the next one; all views must call it, with the same phase.
   * @throws UsageError if two views have written the same index, or want different phases; it names them
   */
  async sync(next: Phase): Promise<void> {
    const { servers } = this.array;
    const { phase, epoch, number } = this;
    const kept = [...this.kept];
    this.kept = new Map();
    this.pages = new Map();
    const sent = kept.map(([page, numbers]) =>
      servers.at(page % servers.size).ask.merge(page, [...numbers], phase, epoch, number),
    );
    const failure = await Promise.all(sent).then(
      () => undefined,
      (error: unknown) => causeOf(error),
    );
    await servers.at(0).ask.arrive(number, next, failure);
    this.phase = next;
    this.epoch++;
  }

  _keep(index: number): Map<number, number> {
    const page = Math.floor(index / this.array.pageLength);
    let kept = this.kept.get(page);
    if (kept === undefined) {
      kept = new Map();
      this.kept.set(page, kept);
    }
    return kept;
  }

  _check(index: number, phase: Phase): void {
    if (!Number.isInteger(index) || index < 0 || index >= this.array.length)
      throw new UsageError(`view ${this.number}: there is no index ${index}; there are 0 to ${this.array.length - 1}`);
    if (phase === this.phase) return;
    const what = { read: 'read', write: 'written', accumulate: 'added to' }[phase];
    throw new UsageError(
      `${this._who(index)} can't be ${what} in the phase "${this.phase}"; all views go on with sync("${phase}")`,
    );
  }

  _who(index: number): string {
    return `view ${this.number}: index ${index}`;
  }
}

/** What the server has thrown, without the place that `ask` adds. */
function causeOf(error: unknown): string {
  const { cause = error } = error as { readonly cause?: unknown };
  return cause instanceof Error ? cause.message : String(cause);
}

interface Page {
  readonly numbers: Float64Array;
  /** Who has written each number in the phase `epoch`; -1 for nobody. */
  readonly writers: Int32Array;
  epoch: number;
}

interface Arrival {
  readonly view: number;
  readonly next: Phase;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** The pages of one PE; on PE 0 also where views wait for each other. */
export class PageServer extends Chare {
  private readonly pageLength: number;
  private readonly views: number;
  private readonly pages = new Map<number, Page>();
  private arrivals: Arrival[] = [];
  private failure: string | undefined = undefined;

  constructor(pageLength: number, views: number) {
    super();
    this.pageLength = pageLength;
    this.views = views;
  }

  page(page: number): Float64Array {
    return this.pages.get(page)?.numbers.slice() ?? new Float64Array(this.pageLength);
  }

  merge(
    number: number,
    entries: readonly (readonly [number, number])[],
    phase: Phase,
    epoch: number,
    view: number,
  ): void {
    const page = this.pages.get(number) ?? this._newPage(number);
    if (page.epoch !== epoch) page.writers.fill(-1);
    page.epoch = epoch;
    for (const [index, value] of entries) {
      const at = index % this.pageLength;
      if (phase === 'accumulate') {
        page.numbers[at]! += value;
        continue;
      }
      const writer = page.writers[at]!;
      if (writer !== -1 && writer !== view)
        throw new UsageError(`views ${writer} and ${view} have both written index ${index} in one phase "write"`);
      page.writers[at] = view;
      page.numbers[at] = value;
    }
  }

  _newPage(number: number): Page {
    const numbers = new Float64Array(this.pageLength);
    const page = { numbers, writers: new Int32Array(this.pageLength).fill(-1), epoch: -1 };
    this.pages.set(number, page);
    return page;
  }

  /** A view has ended its phase; resolves when all have. */
  arrive(view: number, next: Phase, failure: string | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      this.failure ??= failure;
      const other = this.arrivals.find((arrival) => arrival.view === view || arrival.next !== next);
      if (other?.view === view) this.failure ??= `view ${view} is used by two chares, or has not awaited its sync`;
      else if (other !== undefined)
        this.failure ??= `view ${view} goes on to the phase "${next}", and view ${other.view} to "${other.next}"; all must go on to the same`;
      this.arrivals.push({ view, next, resolve, reject });
      if (this.failure !== undefined) {
        // Who comes later hears it too.
        for (const arrival of this.arrivals.splice(0)) arrival.reject(new UsageError(this.failure));
      } else if (this.arrivals.length === this.views) for (const arrival of this.arrivals.splice(0)) arrival.resolve();
    });
  }
}
