/** The strip on top: how busy all PEs were over the whole run, with the window in it. Drag to set the window, or to move it. */
import type { Overview } from '../protocol.ts';
import type { Context } from './context.ts';
import { el, perFrame } from './dom.ts';
import { formatShare, formatTime } from './format.ts';
import { CanvasPainter } from './painter.ts';

const height = 56;

export class OverviewStrip {
  readonly element: HTMLElement;
  readonly #canvas: HTMLCanvasElement;
  #context: Context | undefined;
  #overview: Overview | undefined;
  #asked = '';
  readonly draw: () => void = perFrame(() => this.#draw());

  constructor() {
    this.#canvas = el('canvas', { class: 'overview', 'aria-label': 'utilisation over the whole run' });
    this.element = el('div', { class: 'overview-strip' }, this.#canvas);
    this.#listen();
  }

  update(context: Context): void {
    this.#context = context;
    void this.#load(context);
    this.draw();
  }

  async #load({ source, store, info, report }: Context): Promise<void> {
    // Of the whole run: the window is what the strip is for.
    const { begin: _begin, end: _end, ...selection } = store.selection;
    const ask = { columns: 1000, ...selection };
    const key = JSON.stringify([ask, info.end]);
    if (key === this.#asked) return;
    this.#asked = key;
    try {
      const overview = await source.ask('overview', ask);
      if (key !== this.#asked) return;
      this.#overview = overview;
      this.draw();
    } catch (error) {
      report(error);
    }
  }

  #draw(): void {
    const width = this.element.clientWidth;
    const context = this.#context;
    if (width === 0 || context === undefined) return;
    const { palette, store } = context;
    const painter = new CanvasPainter(this.#canvas, width, height, palette.idle);
    this.#canvas.style.height = `${height}px`;
    const overview = this.#overview;
    if (overview !== undefined) {
      const columns = overview.busy.length;
      const step = width / columns;
      for (let i = 0; i < columns; i++) {
        const busy = overview.busy[i]! * height;
        const idle = overview.idle[i]! * height;
        painter.rect(i * step, 0, step + 0.5, height - idle, palette.overhead);
        painter.rect(i * step, height - busy, step + 0.5, busy, palette.accent);
        painter.rect(i * step, 0, step + 0.5, Math.max(0, Math.min(idle, height - busy)), palette.idle);
      }
    }
    const { begin, end } = store.state;
    const [x1, x2] = [this.#x(begin), this.#x(end)];
    painter.rect(0, 0, x1, height, palette.background, 0.6);
    painter.rect(x2, 0, width - x2, height, palette.background, 0.6);
    painter.outline(x1 + 0.5, 0.5, Math.max(2, x2 - x1 - 1), height - 1, palette.text, 1);
    const shown = overview === undefined ? '' : ` · busy ${formatShare(meanOf(overview, begin, end))}`;
    const label = `${formatTime(end - begin)} of ${formatTime(store.whole.end - store.whole.begin)}${shown}`;
    painter.rect(2, 2, Math.min(260, 6.4 * label.length + 8), 17, palette.background, 0.8);
    painter.text(6, 11, label, { color: palette.text, size: 11 });
  }

  #x(time: number): number {
    const { begin, end } = this.#context!.store.whole;
    return ((time - begin) / Math.max(1, end - begin)) * this.element.clientWidth;
  }

  #listen(): void {
    const canvas = this.#canvas;
    let from:
      | { readonly x: number; readonly isMoving: boolean; readonly begin: number; readonly end: number }
      | undefined;
    const timeOf = (x: number): number => {
      const { begin, end } = this.#context!.store.whole;
      return begin + (x / Math.max(1, this.element.clientWidth)) * (end - begin);
    };
    canvas.addEventListener('pointerdown', ({ offsetX: x, pointerId }) => {
      const { store } = this.#context!;
      const { begin, end } = store.state;
      const isMoving = !store.isWhole && x >= this.#x(begin) - 3 && x <= this.#x(end) + 3;
      from = { x, isMoving, begin, end };
      canvas.setPointerCapture(pointerId);
    });
    canvas.addEventListener('pointermove', ({ offsetX: x }) => {
      if (from === undefined || Math.abs(x - from.x) < 3) return;
      const { store } = this.#context!;
      const [a, b] = [timeOf(from.x), timeOf(x)];
      if (from.isMoving) store.setWindow(from.begin + b - a, from.end + b - a, true);
      else store.setWindow(Math.min(a, b), Math.max(a, b), true);
    });
    canvas.addEventListener('pointerup', ({ offsetX: x }) => {
      if (from !== undefined && Math.abs(x - from.x) < 3 && !from.isMoving) {
        const { store } = this.#context!;
        const half = (store.state.end - store.state.begin) / 2;
        store.setWindow(timeOf(x) - half, timeOf(x) + half);
      }
      from = undefined;
    });
    canvas.addEventListener('dblclick', () => {
      const { store } = this.#context!;
      store.setWindow(store.whole.begin, store.whole.end);
    });
  }
}

function meanOf({ begin, end, busy }: Overview, from: number, to: number): number {
  const width = (end - begin) / busy.length;
  const first = Math.max(0, Math.floor((from - begin) / width));
  const last = Math.min(busy.length, Math.max(first + 1, Math.ceil((to - begin) / width)));
  let sum = 0;
  for (let i = first; i < last; i++) sum += busy[i]!;
  return sum / Math.max(1, last - first);
}
