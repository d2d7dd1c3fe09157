/** Search: executions by name and duration; a list, each with a way into the timeline. */
import type { Found } from '../../../analysis/search.ts';
import type { Ask } from '../../protocol.ts';
import type { Context } from '../context.ts';
import { debounced, el, select } from '../dom.ts';
import { formatMoment, formatTime, parseTime } from '../format.ts';
import type { Painter } from '../painter.ts';
import { tableElement } from '../table-view.ts';
import type { Table, View } from '../view.ts';

const foundMax = 1000;

export class SearchView implements View {
  readonly id = 'search';
  readonly title = 'Search';
  readonly question = 'Where is it? Executions by entry method, chare and duration.';
  readonly controls: HTMLElement = el('div', { class: 'controls' });
  readonly body: HTMLElement = el('div', { class: 'chart-body search-body' });
  readonly #text = el('input', {
    type: 'search',
    placeholder: 'part of Class::method or Class[index]',
    'aria-label': 'search text',
  });
  readonly #duration = el('input', {
    type: 'text',
    placeholder: 'at least, e.g. 50us',
    'aria-label': 'shortest duration',
  });
  #context: Context | undefined;
  #found: Found | undefined;
  #asked = '';
  #answered = '';
  #loading: Promise<void> = Promise.resolve();
  readonly #load = debounced(150, () => void this.#loadNow());

  constructor() {
    const changed = (): void => {
      this.#context?.store.setOption('search.text', this.#text.value);
      this.#context?.store.setOption('search.min', this.#duration.value);
    };
    this.#text.addEventListener('input', debounced(250, changed));
    this.#duration.addEventListener('change', changed);
  }

  focus(): void {
    this.#text.focus();
    this.#text.select();
  }

  update(context: Context): void {
    const isNew = this.#context === undefined;
    this.#context = context;
    const { store } = context;
    if (document.activeElement !== this.#text) this.#text.value = store.option('search.text', '');
    if (document.activeElement !== this.#duration) this.#duration.value = store.option('search.min', '');
    if (isNew) {
      const order = select(
        'order',
        [
          ['duration', 'longest first'],
          ['time', 'by time'],
        ],
        store.option('search.order', 'duration'),
        (value) => store.setOption('search.order', value),
      );
      this.controls.replaceChildren(this.#text, this.#duration, order, el('span', { class: 'hint' }, this.question));
    }
    this.#load();
    this.#tellDrawn();
  }

  #tellDrawn(): void {
    const isCurrent = this.#answered === JSON.stringify(this.#ask());
    if (isCurrent && this.body.isConnected) document.documentElement.dataset['drawn'] = 'all';
  }

  /** What is current, asked for once. */
  #loadNow(): Promise<void> {
    const ask = this.#ask();
    const key = JSON.stringify(ask);
    if (key !== this.#asked) {
      this.#asked = key;
      this.#loading = this.#loadFor(key, ask);
    }
    return this.#loading;
  }

  #ask(): Ask<'search'> {
    const { store } = this.#context!;
    const order = store.option('search.order', 'duration') === 'time' ? ('time' as const) : ('duration' as const);
    const durationMin = parseTime(this.#duration.value) ?? 0;
    return { ...store.selection, text: this.#text.value.slice(0, 1000), durationMin, order, max: foundMax };
  }

  async #loadFor(key: string, ask: Ask<'search'>): Promise<void> {
    const { source, report } = this.#context!;
    try {
      const found = await source.ask('search', ask);
      if (key !== this.#asked) return;
      this.#found = found;
      this.#answered = key;
      this.body.replaceChildren(tableElement(this.#tableOf(found), `${found.total} executions`));
      this.#tellDrawn();
    } catch (error) {
      report(error);
    }
  }

  paint(painter: Painter): void {
    const { palette } = this.#context!;
    const rows = this.#found === undefined ? [] : Array.from(this.#found.pe.subarray(0, 200).keys());
    for (const i of rows) painter.text(10, 14 + i * 18, this.#line(i).join('   '), { color: palette.text, size: 12 });
  }

  #line(i: number): string[] {
    const { pe, entry, element, begin, duration } = this.#found!;
    const name = this.#context!.entryName(entry[i]!);
    return [`PE ${pe[i]}`, name, element[i]!, formatMoment(begin[i]!, 1e3), formatTime(duration[i]!)];
  }

  async table(): Promise<Table> {
    await this.#loadNow();
    return this.#found === undefined ? { columns: [], rows: [] } : this.#tableOf(this.#found);
  }

  #tableOf(found: Found): Table {
    const context = this.#context!;
    return {
      columns: [
        { title: 'PE' },
        { title: 'entry method' },
        { title: 'chare' },
        { title: 'begin', format: (ns) => formatMoment(ns, 1e3) },
        { title: 'duration', format: formatTime },
      ],
      rows: Array.from(found.pe, (pe, i) => [
        pe,
        context.entryName(found.entry[i]!),
        found.element[i]!,
        found.begin[i]!,
        found.duration[i]!,
      ]),
      ...(found.total > foundMax ? { note: `The first ${foundMax} of ${found.total}.` } : {}),
      onRow: (i) => {
        const half = Math.max(5 * found.duration[i]!, 1000);
        context.store.setWindow(found.begin[i]! - half, found.begin[i]! + half);
        context.store.set({ view: 'timeline', execution: { pe: found.pe[i]!, row: found.row[i]! } });
      },
    };
  }
}
