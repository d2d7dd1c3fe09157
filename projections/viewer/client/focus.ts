/** The execution that is looked at: its details, its messages, and ways to go on from it. */
import type { Arrow, ExecutionDetails, ExecutionId } from '../protocol.ts';
import type { Context } from './context.ts';
import { detailsPanel } from './details.ts';
import type { TimelineView } from './timeline/view.ts';

const backSteps = 1000;

export class Focus {
  readonly #host: HTMLElement;
  readonly #timeline: TimelineView;
  #context!: Context;
  #shown = '';
  #details: ExecutionDetails | undefined;
  #arrows: { readonly back: readonly Arrow[]; readonly forward: readonly Arrow[] } = { back: [], forward: [] };

  constructor(host: HTMLElement, timeline: TimelineView) {
    this.#host = host;
    this.#timeline = timeline;
  }

  update(context: Context): void {
    const isNewPalette = this.#context?.palette !== context.palette;
    this.#context = context;
    const { execution } = context.store.state;
    const key = execution === undefined ? '' : `${execution.pe}.${execution.row}`;
    if (key !== this.#shown) {
      this.#shown = key;
      void this.#load(execution);
    } else if (isNewPalette) this.#render();
  }

  async #load(id: ExecutionId | undefined): Promise<void> {
    const key = this.#shown;
    try {
      const { source } = this.#context;
      const found = id === undefined ? undefined : await source.ask('execution', id);
      const arrows = id === undefined ? undefined : await source.ask('chain', { ...id, back: 1, forward: 1 });
      if (key !== this.#shown) return;
      this.#details = found?.details ?? undefined;
      this.#arrows = arrows ?? { back: [], forward: [] };
      this.#render();
    } catch (error) {
      this.#context.report(error);
    }
  }

  #render(): void {
    const details = this.#details;
    this.#timeline.showExecution(details, this.#arrows);
    this.#host.hidden = details === undefined;
    if (details === undefined) {
      this.#host.replaceChildren();
      return;
    }
    const panel = detailsPanel(details, this.#context, {
      show: (id) => this.show(id),
      step: (direction, same) => void this.step(direction, same),
      traceBack: () => void this.traceBack(),
      focus: () => this.zoomTo(),
      close: () => this.clear(),
    });
    this.#host.replaceChildren(panel);
  }

  /** Brings it into the window, if it is not there. */
  show({ pe, row, begin, end }: ExecutionId & { readonly begin?: number; readonly end?: number }): void {
    const { store } = this.#context;
    const { state } = store;
    const isHidden = state.pes?.includes(pe) === false;
    store.set({ execution: { pe, row }, ...(isHidden ? { pes: [...(state.pes ?? []), pe] } : {}) });
    if (begin === undefined || end === undefined || (begin < state.end && end > state.begin)) return;
    const half = Math.max((state.end - state.begin) / 2, end - begin);
    store.setWindow((begin + end) / 2 - half, (begin + end) / 2 + half);
  }

  async step(direction: 1 | -1, same: 'pe' | 'entry' | 'element'): Promise<void> {
    const { store, source, report } = this.#context;
    const { execution } = store.state;
    if (execution === undefined) return;
    try {
      const { found } = await source.ask('neighbour', { ...execution, direction, same });
      if (found === null) return;
      const { details } = await source.ask('execution', found);
      this.show(details ?? found);
    } catch (error) {
      report(error);
    }
  }

  goToSender(): void {
    const sender = this.#details?.sender;
    if (sender !== undefined && sender !== null) this.show(sender);
  }

  async traceBack(): Promise<void> {
    const { store, source, report } = this.#context;
    const { execution } = store.state;
    if (execution === undefined) return;
    try {
      this.#arrows = await source.ask('chain', { ...execution, back: backSteps, forward: 1 });
      const first = this.#arrows.back.at(-1);
      this.#render();
      if (first !== undefined && first.from.begin < store.state.begin)
        store.setWindow(first.from.begin - (store.state.end - first.from.begin) * 0.03, store.state.end);
    } catch (error) {
      report(error);
    }
  }

  zoomTo(): void {
    const details = this.#details;
    if (details === undefined) return;
    const around = Math.max(100, details.end - details.begin);
    this.#context.store.setWindow(details.begin - 2 * around, details.end + 2 * around);
  }

  clear(): void {
    this.#context.store.set({ execution: undefined });
  }
}
