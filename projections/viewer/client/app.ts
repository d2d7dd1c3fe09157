/** The page: the strip, the views, the filters beside them, the keyboard. All of them follow one state (state.ts). */
import type { TraceSource, ViewInfo } from '../protocol.ts';
import { type Palette, paletteOf, type Theme } from './colors.ts';
import type { Context } from './context.ts';
import { button, byId, debounced, el, saveFile } from './dom.ts';
import { Focus } from './focus.ts';
import { keyList, keyNamed } from './keys.ts';
import { Legend } from './legend.ts';
import { LiveView } from './live/live-view.ts';
import type { LiveWatch } from './live/watch.ts';
import { OverviewStrip } from './overview.ts';
import { CanvasPainter, SvgPainter } from './painter.ts';
import { Store } from './state.ts';
import { saveTable, tableElement } from './table-view.ts';
import { TimelineView } from './timeline/view.ts';
import { isForPage, type View } from './view.ts';
import { otherViews } from './views/all.ts';
import { SearchView } from './views/search.ts';

interface Opened {
  readonly name: string;
  readonly source: TraceSource;
}

const exportScale = 2;

export class App {
  readonly #timeline = new TimelineView();
  readonly #views: readonly View[];
  readonly #strip = new OverviewStrip();
  readonly #legend = new Legend();
  readonly #facts = el('span', { class: 'facts' });
  readonly #host = el('section', { class: 'view' });
  readonly #tabs = el('nav', { class: 'tabs', 'aria-label': 'views' });
  readonly #detailsHost = el('aside', { class: 'details-host', hidden: true, 'aria-label': 'execution' });
  readonly #message = el('div', { class: 'message', role: 'alert', hidden: true });
  readonly #focus = new Focus(this.#detailsHost, this.#timeline);
  readonly #store: Store;
  readonly #opened: readonly Opened[];
  readonly #windows: (readonly [number, number])[] = [];
  #info: ViewInfo;
  #palette: Palette;
  #isTable = false;
  #tablesAsked = 0;
  #isPath = false;
  #context: Context;
  readonly #remember = debounced(500, () => this.#rememberWindow());

  /** @param opened None: there is only a running job. @param live A running job. */
  constructor(opened: readonly Opened[], info: ViewInfo, live?: LiveWatch) {
    this.#opened = opened;
    this.#info = info;
    const traceViews = opened.length === 0 ? [] : [this.#timeline, ...otherViews()];
    this.#views = [...traceViews, ...(live === undefined ? [] : [new LiveView(live)])];
    this.#store = new Store(info, info.pes.at(-1) ?? 0, this.#views[0]!.id);
    live?.listen(() => this.#update(false));
    this.#palette = this.#paletteFor(wantedTheme());
    this.#context = this.#newContext();
    this.#build();
    this.#store.listen((state, before) => this.#update(state.view !== before.view));
    window.addEventListener('resize', () => this.#update(false));
    new ResizeObserver(() => this.#update(false)).observe(this.#host);
    document.addEventListener('keydown', (event) => this.#key(event));
    this.#update(true);
  }

  /** Of a trace that grows: what there is now. */
  refresh(info: ViewInfo): void {
    if (info.end === this.#info.end && info.records === this.#info.records) return;
    this.#info = info;
    this.#store.grow(info);
    this.#palette = this.#paletteFor(this.#palette.theme);
    this.#context = this.#newContext();
    this.#timeline.forget();
    this.#facts.textContent = this.#factsText;
    this.#update(false);
  }

  report(error: unknown): void {
    this.#report(error);
  }

  get #factsText(): string {
    const { run, records, pes } = this.#info;
    const facts = [
      pes.length === 0 ? undefined : `${pes.length} PEs`,
      this.#hasTrace ? `${records.toLocaleString('en-US').replaceAll(',', ' ')} records` : undefined,
      run.host,
      run.startedAt,
    ];
    return facts.filter((fact) => fact !== undefined).join(' · ');
  }

  #newContext(): Context {
    const [first, ...others] = this.#opened;
    return {
      source: first?.source ?? noTrace,
      info: this.#info,
      store: this.#store,
      palette: this.#palette,
      others,
      report: (error) => this.#report(error),
      entryName: (row) => this.#info.entries[row]?.name ?? '(none)',
    };
  }

  #paletteFor(theme: Theme): Palette {
    document.documentElement.dataset['theme'] = theme;
    const { entries, executed } = this.#info;
    return paletteOf(
      theme,
      entries.map(({ name }) => name),
      executed,
    );
  }

  #build(): void {
    const { name, run, problems, reduced } = this.#info;
    this.#facts.title = run.commandLine ?? '';
    this.#facts.textContent = this.#factsText;
    const header = el(
      'header',
      {},
      el('h1', {}, name),
      this.#facts,
      el('span', { class: 'space' }),
      button('Table', 'picture or table (T)', () => this.#toggleTable()),
      button('PNG', 'save the picture as PNG', () => this.#savePng()),
      button('SVG', 'save the picture as SVG', () => this.#saveSvg()),
      button('CSV', 'save the table as CSV', () => void this.#saveCsv()),
      button('◐', 'light or dark (L)', () => this.#toggleTheme()),
      button('?', 'all keys', () => this.#toggleHelp()),
    );
    this.#tabs.append(
      ...this.#views.map((view) => {
        const tab = button(view.title, view.question, () => this.#store.set({ view: view.id }));
        tab.dataset['view'] = view.id;
        return tab;
      }),
    );
    const notes = [...(reduced === undefined ? [] : [reduced]), ...problems];
    byId('app').replaceChildren(
      header,
      ...(notes.length === 0 ? [] : [noteList(notes)]),
      this.#message,
      ...(this.#hasTrace ? [this.#strip.element] : []),
      this.#tabs,
      el('main', {}, ...(this.#hasTrace ? [this.#legend.element] : []), this.#host, this.#detailsHost),
      helpDialog(),
    );
  }

  get #hasTrace(): boolean {
    return this.#opened.length > 0;
  }

  get #view(): View {
    return this.#views.find(({ id }) => id === this.#store.state.view) ?? this.#views[0]!;
  }

  #update(isOtherView: boolean): void {
    const view = this.#view;
    // The view says when it has drawn what is current: tests and benches wait for that.
    document.documentElement.dataset['drawn'] = 'partly';
    if (isOtherView) {
      this.#host.replaceChildren(view.controls, view.body);
      for (const tab of this.#tabs.querySelectorAll('button'))
        tab.setAttribute('aria-current', tab.dataset['view'] === view.id ? 'page' : 'false');
    }
    if (this.#hasTrace) {
      this.#strip.update(this.#context);
      this.#legend.update(this.#context);
      this.#focus.update(this.#context);
    }
    // The timeline reacts to what others do, even when it is not seen.
    view.update(this.#context);
    if (this.#isTable) void this.#showTable();
    this.#remember();
  }

  #rememberWindow(): void {
    const { begin, end } = this.#store.state;
    const last = this.#windows.at(-1);
    if (last?.[0] === begin && last[1] === end) return;
    this.#windows.push([begin, end]);
    if (this.#windows.length > 100) this.#windows.shift();
  }

  #undoWindow(): void {
    const { begin, end } = this.#store.state;
    let last = this.#windows.pop();
    if (last !== undefined && last[0] === begin && last[1] === end) last = this.#windows.pop();
    if (last !== undefined) this.#store.setWindow(last[0], last[1]);
  }

  #report(error: unknown): void {
    this.#message.textContent = error instanceof Error ? error.message : String(error);
    this.#message.hidden = false;
    window.setTimeout(() => {
      this.#message.hidden = true;
    }, 8000);
  }

  #toggleTable(): void {
    this.#isTable = !this.#isTable;
    if (this.#isTable) void this.#showTable();
    else this.#update(true);
  }

  /** What was asked for last is shown, in whichever order answers come. */
  async #showTable(): Promise<void> {
    const view = this.#view;
    const number = ++this.#tablesAsked;
    try {
      const table = await view.table();
      if (number === this.#tablesAsked && view === this.#view && this.#isTable)
        this.#host.replaceChildren(view.controls, tableElement(table, `${view.title}: ${view.question}`));
    } catch (error) {
      this.#report(error);
    }
  }

  /** Of the window, over the timeline. */
  async #togglePath(): Promise<void> {
    this.#isPath = !this.#isPath;
    if (!this.#isPath) return this.#timeline.showPath([]);
    try {
      const { pe, begin, end } = await this.#context.source.ask('criticalPath', this.#store.selection);
      this.#timeline.showPath(Array.from(pe, (at, i) => ({ pe: at, begin: begin[i]!, end: end[i]! })));
      if (this.#view !== this.#timeline) this.#store.set({ view: 'timeline' });
    } catch (error) {
      this.#report(error);
    }
  }

  #search(): void {
    const search = this.#views.find((view) => view instanceof SearchView);
    this.#store.set({ view: 'search' });
    if (search instanceof SearchView) search.focus();
  }

  #toggleTheme(): void {
    const theme = this.#palette.theme === 'light' ? 'dark' : 'light';
    this.#palette = this.#paletteFor(theme);
    this.#context = this.#newContext();
    this.#update(false);
  }

  #toggleHelp(): void {
    const dialog = byId('help') as HTMLDialogElement;
    if (dialog.open) dialog.close();
    else dialog.showModal();
  }

  #savePng(): void {
    const canvas = document.createElement('canvas');
    const { clientWidth: width, clientHeight: height } = this.#view.body;
    this.#view.paint(new CanvasPainter(canvas, width, height, this.#palette.background, exportScale));
    canvas.toBlob((blob) => {
      if (blob !== null) saveFile(`${this.#fileName}.png`, blob);
    });
  }

  #saveSvg(): void {
    const { clientWidth: width, clientHeight: height } = this.#view.body;
    const painter = new SvgPainter(width, height, this.#palette.background);
    this.#view.paint(painter);
    saveFile(`${this.#fileName}.svg`, new Blob([painter.toString()], { type: 'image/svg+xml' }));
  }

  async #saveCsv(): Promise<void> {
    try {
      saveTable(await this.#view.table(), this.#fileName);
    } catch (error) {
      this.#report(error);
    }
  }

  get #fileName(): string {
    return `${this.#info.name.replaceAll(/[^\w.-]+/g, '-')}-${this.#view.id}`;
  }

  #key(event: KeyboardEvent): void {
    if (!isForPage(event)) return;
    const name = keyNamed(event.key);
    if (name === undefined) return;
    const { begin, end } = this.#store.state;
    const middle = this.#timeline.cursor ?? (begin + end) / 2;
    const actions: Readonly<Partial<Record<typeof name, () => void>>> = {
      left: () => this.#timeline.pan(-0.15),
      right: () => this.#timeline.pan(0.15),
      zoomIn: () => this.#timeline.zoom(0.7, middle),
      zoomOut: () => this.#timeline.zoom(1 / 0.7, middle),
      up: () => this.#timeline.scrollBy(-60),
      down: () => this.#timeline.scrollBy(60),
      fit: () => this.#store.setWindow(this.#store.whole.begin, this.#store.whole.end),
      undo: () => this.#undoWindow(),
      previous: () => void this.#focus.step(-1, 'pe'),
      next: () => void this.#focus.step(1, 'pe'),
      previousMethod: () => void this.#focus.step(-1, 'entry'),
      nextMethod: () => void this.#focus.step(1, 'entry'),
      sender: () => this.#focus.goToSender(),
      back: () => void this.#focus.traceBack(),
      focus: () => this.#focus.zoomTo(),
      path: () => void this.#togglePath(),
      search: () => this.#search(),
      table: () => this.#toggleTable(),
      theme: () => this.#toggleTheme(),
      help: () => this.#toggleHelp(),
      clear: () => this.#focus.clear(),
      views: () => {
        const view = this.#views[Number(event.key) - 1];
        if (view !== undefined) this.#store.set({ view: view.id });
      },
    };
    const action = actions[name];
    if (action === undefined || (byId('help') as HTMLDialogElement).open) return;
    event.preventDefault();
    action();
  }
}

/** Without a trace there is nothing to ask. */
const noTrace: TraceSource = { ask: () => Promise.reject(new Error('there is no trace here, only a running job')) };

function wantedTheme(): Theme {
  return window.matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

function noteList(notes: readonly string[]): HTMLElement {
  const summary = notes.length === 1 ? notes[0]! : `${notes.length} things to know about this trace: ${notes[0]}`;
  return el(
    'details',
    { class: 'notes' },
    el('summary', {}, summary),
    el('ul', {}, ...notes.map((note) => el('li', {}, note))),
  );
}

function helpDialog(): HTMLElement {
  const rows = Object.values(keyList).map(({ label, what }) => [el('dt', {}, label), el('dd', {}, what)]);
  const dialog = el('dialog', { id: 'help' }, el('h2', {}, 'Keys'), el('dl', {}, ...rows.flat()));
  dialog.append(button('close', 'close (Esc)', () => dialog.close()));
  return dialog;
}
