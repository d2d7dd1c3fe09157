/**
 * A view that asks one question and draws the answer: the frame of all views but the timeline.
 *
 *  1. `load` is called when the selection or an option has changed and come to rest; the picture before stays meanwhile.
 *  2. `render` draws the answer and says which places of the picture mean something.
 *  3. The mouse over such a place shows its text; a click does what the place does.
 */
import type { Context } from './context.ts';
import { debounced, el, perFrame, select } from './dom.ts';
import { type Box, CanvasPainter, type Painter } from './painter.ts';
import type { Table, View } from './view.ts';

export interface Place {
  readonly text: string;
  readonly click?: () => void;
}

/** A part of the picture that knows what lies where. */
export interface Hit extends Box {
  at(x: number, y: number): Place | undefined;
}

export interface Option {
  readonly key: string;
  readonly label: string;
  readonly values: readonly (readonly [value: string, text: string])[];
}

export abstract class ChartView<Data> implements View {
  abstract readonly id: string;
  abstract readonly title: string;
  abstract readonly question: string;
  readonly controls: HTMLElement = el('div', { class: 'controls' });
  readonly body: HTMLElement;
  protected context!: Context;
  protected data: Data | undefined;
  readonly #canvas: HTMLCanvasElement;
  readonly #tip: HTMLElement = el('div', { class: 'tip', role: 'status' });
  #hits: Hit[] = [];
  #asked = '';
  /** What the data answer. */
  #answered = '';
  #abort: AbortController | undefined;
  readonly #draw = perFrame(() => this.#drawNow());
  #loading: Promise<void> = Promise.resolve();
  readonly #load = debounced(120, () => void this.#loadNow());

  constructor() {
    this.#canvas = el('canvas', { tabindex: 0, 'aria-label': 'picture; the table has the same' });
    this.body = el('div', { class: 'chart-body' }, this.#canvas, this.#tip);
    this.#canvas.addEventListener('pointermove', ({ offsetX, offsetY }) => this.#point(offsetX, offsetY));
    this.#canvas.addEventListener('pointerleave', () => {
      this.#tip.hidden = true;
    });
    this.#canvas.addEventListener('click', ({ offsetX, offsetY }) => this.#placeAt(offsetX, offsetY)?.click?.());
  }

  protected readonly options: readonly Option[] = [];
  protected abstract load(context: Context, signal: AbortSignal): Promise<Data>;
  protected abstract render(painter: Painter, data: Data, hits: Hit[]): void;
  protected abstract tableOf(data: Data): Table;

  /** Height that the picture needs for what is in it; it scrolls if that is more than there is. */
  protected heightFor(_data: Data, available: number): number {
    return available;
  }

  /** Of what is shown besides the selection: changes when there is something new. */
  protected get version(): number {
    return 0;
  }

  protected option(key: string): string {
    const option = this.options.find((one) => one.key === key);
    return this.context.store.option(`${this.id}.${key}`, option?.values[0]?.[0] ?? '');
  }

  update(context: Context): void {
    const isNew = this.context === undefined;
    this.context = context;
    if (isNew || this.options.length > 0) this.#fillControls();
    if (this.#key() !== this.#asked) this.#load();
    this.#draw();
  }

  #key(): string {
    const { store, info } = this.context;
    const options = this.options.map(({ key }) => this.option(key));
    return JSON.stringify([store.selection, options, info.name, info.end, info.records, this.version]);
  }

  #fillControls(): void {
    if (this.controls.contains(document.activeElement)) return;
    this.controls.replaceChildren(
      ...this.options.map(({ key, label, values }) =>
        select(label, values, this.option(key), (value) => this.context.store.setOption(`${this.id}.${key}`, value)),
      ),
      el('span', { class: 'hint' }, this.question),
    );
  }

  /** What is current, asked for once. */
  #loadNow(): Promise<void> {
    const key = this.#key();
    if (key !== this.#asked) {
      this.#asked = key;
      this.#loading = this.#loadFor(key);
    }
    return this.#loading;
  }

  async #loadFor(key: string): Promise<void> {
    this.#abort?.abort();
    this.#abort = new AbortController();
    this.body.dataset['loading'] = 'true';
    try {
      const data = await this.load(this.context, this.#abort.signal);
      if (key !== this.#asked) return;
      this.data = data;
      this.#answered = key;
      delete this.body.dataset['loading'];
      this.#draw();
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') return;
      delete this.body.dataset['loading'];
      this.context.report(error);
    }
  }

  #drawNow(): void {
    const { clientWidth: width, clientHeight: available } = this.body;
    if (width === 0 || this.data === undefined) return;
    const height = Math.min(8000, Math.max(available - 4, this.heightFor(this.data, available - 4)));
    this.#canvas.style.height = `${height}px`;
    const painter = new CanvasPainter(this.#canvas, width, height, this.context.palette.background);
    this.#hits = [];
    this.render(painter, this.data, this.#hits);
    if (this.#answered === this.#key()) document.documentElement.dataset['drawn'] = 'all';
  }

  paint(painter: Painter): void {
    if (this.data !== undefined) this.render(painter, this.data, []);
  }

  async table(): Promise<Table> {
    await this.#loadNow();
    if (this.data === undefined) return { columns: [], rows: [], note: 'There is nothing here.' };
    return this.tableOf(this.data);
  }

  #placeAt(x: number, y: number): Place | undefined {
    for (let i = this.#hits.length - 1; i >= 0; i--) {
      const hit = this.#hits[i]!;
      if (x < hit.x || y < hit.y || x >= hit.x + hit.width || y >= hit.y + hit.height) continue;
      const place = hit.at(x, y);
      if (place !== undefined) return place;
    }
    return undefined;
  }

  #point(x: number, y: number): void {
    const place = this.#placeAt(x, y);
    this.#tip.hidden = place === undefined;
    this.#canvas.style.cursor = place?.click === undefined ? 'default' : 'pointer';
    if (place === undefined) return;
    this.#tip.textContent = place.text;
    const room = this.body.clientWidth - 280;
    this.#tip.style.left = `${Math.max(0, x > room ? x - 290 : x + 14)}px`;
    this.#tip.style.top = `${y + 14}px`;
  }
}

/** A place that is the same all over a box. */
export function boxHit(box: Box, place: Place): Hit {
  return { ...box, at: () => place };
}
