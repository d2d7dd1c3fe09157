/**
 * What is looked at: one selection for all views, kept in the address of the page. Copying the address copies the view; back
 * and forward go through what was looked at.
 */
import type { Selection } from '../../analysis/selection.ts';
import type { ExecutionId } from '../protocol.ts';
import { formatRanges, parseRanges } from './format.ts';

export interface State {
  readonly view: string;
  /** Nanoseconds; the window that is shown. */
  readonly begin: number;
  readonly end: number;
  readonly pes: readonly number[] | undefined;
  readonly entries: readonly number[] | undefined;
  readonly chare: string;
  readonly execution: ExecutionId | undefined;
  /** Of views, by `view.option`. */
  readonly options: Readonly<Record<string, string>>;
}

type Listener = (state: State, before: State) => void;

export class Store {
  readonly #listeners = new Set<Listener>();
  readonly #pesMax: number;
  readonly #firstView: string;
  #whole: { readonly begin: number; readonly end: number };
  #state: State;
  #timer: number | undefined;

  /** @param firstView What is shown where the address names none. */
  constructor(range: { readonly begin: number; readonly end: number }, pesMax: number, firstView: string) {
    this.#pesMax = pesMax;
    this.#firstView = firstView;
    this.#whole = range;
    this.#state = this.#fromAddress();
    window.addEventListener('hashchange', () => this.#apply(this.#fromAddress()));
  }

  get state(): State {
    return this.#state;
  }

  get whole(): { readonly begin: number; readonly end: number } {
    return this.#whole;
  }

  /** The run has gone on. Whoever looks at the whole of it goes on doing so. */
  grow(range: { readonly begin: number; readonly end: number }): void {
    const { isWhole } = this;
    this.#whole = { begin: range.begin, end: range.end };
    if (isWhole) this.#state = { ...this.#state, begin: range.begin, end: range.end };
  }

  get isWhole(): boolean {
    return this.#state.begin <= this.#whole.begin && this.#state.end >= this.#whole.end;
  }

  /** As analysis takes it. */
  get selection(): Selection {
    const { begin, end, pes, entries, chare } = this.#state;
    return {
      begin,
      end,
      ...(pes === undefined ? {} : { pes }),
      ...(entries === undefined ? {} : { entries }),
      ...(chare === '' ? {} : { chare }),
    };
  }

  listen(listener: Listener): void {
    this.#listeners.add(listener);
  }

  /** `isMoving`: one of many small steps; the address follows when they stop. */
  set(change: Partial<State>, isMoving = false): void {
    this.#apply({ ...this.#state, ...change });
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#toAddress(), isMoving ? 400 : 0);
  }

  option(key: string, fallback: string): string {
    return this.#state.options[key] ?? fallback;
  }

  setOption(key: string, value: string): void {
    this.set({ options: { ...this.#state.options, [key]: value } });
  }

  /** Moves and scales the window, inside of the run. */
  setWindow(begin: number, end: number, isMoving = false): void {
    const whole = this.#whole.end - this.#whole.begin;
    const length = Math.min(Math.max(end - begin, 10), Math.max(10, whole));
    const first = Math.min(Math.max(begin, this.#whole.begin), Math.max(this.#whole.begin, this.#whole.end - length));
    this.set({ begin: first, end: first + length }, isMoving);
  }

  #apply(state: State): void {
    const before = this.#state;
    this.#state = state;
    for (const listener of this.#listeners) listener(state, before);
  }

  #toAddress(): void {
    const { view, begin, end, pes, entries, chare, execution, options } = this.#state;
    const address = new URLSearchParams({ view });
    if (!this.isWhole) address.set('t', `${Math.round(begin)}-${Math.round(end)}`);
    if (pes !== undefined) address.set('pes', formatRanges(pes));
    if (entries !== undefined) address.set('entries', formatRanges([...entries].sort((a, b) => a - b)));
    if (chare !== '') address.set('chare', chare);
    if (execution !== undefined) address.set('x', `${execution.pe}.${execution.row}`);
    for (const [key, value] of Object.entries(options)) address.set(`o.${key}`, value);
    const hash = `#${address.toString()}`;
    if (hash !== location.hash) history.pushState(null, '', hash);
  }

  #fromAddress(): State {
    const address = new URLSearchParams(location.hash.slice(1));
    const [, begin, end] = /^(-?\d+)-(\d+)$/.exec(address.get('t') ?? '') ?? [];
    const [, pe, row] = /^(\d+)\.(\d+)$/.exec(address.get('x') ?? '') ?? [];
    const options = [...address].filter(([key]) => key.startsWith('o.')).map(([key, value]) => [key.slice(2), value]);
    return {
      view: address.get('view') ?? this.#firstView,
      begin: begin === undefined ? this.#whole.begin : Number(begin),
      end: end === undefined ? this.#whole.end : Math.max(Number(end), Number(begin) + 1),
      pes: rangesIn(address.get('pes'), this.#pesMax),
      entries: rangesIn(address.get('entries'), 65_535),
      chare: address.get('chare') ?? '',
      execution: pe === undefined ? undefined : { pe: Number(pe), row: Number(row) },
      options: Object.fromEntries(options) as Record<string, string>,
    };
  }
}

function rangesIn(text: string | null, max: number): number[] | undefined {
  return text === null ? undefined : parseRanges(text, max);
}
