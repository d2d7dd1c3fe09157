/**
 * The timeline: rows of PEs (or lanes of chares) over time.
 *
 * Moving and zooming only draw; what is missing is asked for meanwhile. The executions of the window are asked for one by
 * one when there are few enough of them; until then, and when there are more, tiles stand in.
 */
import type { Blocks, ExecutionDetails } from '../../protocol.ts';
import type { Context } from '../context.ts';
import { debounced, el, perFrame, select } from '../dom.ts';
import { CanvasPainter, type Painter } from '../painter.ts';
import type { Table, View } from '../view.ts';
import { drawScene, type PathStep, type Scene } from './draw.ts';
import { LaneLoader } from './lanes.ts';
import { axisHeight, gutter, Layout, type Row, rowHeightMax, rowHeightMin } from './layout.ts';
import { listenToMouse } from './mouse.ts';
import { TileCache } from './tiles.ts';

const blocksMax = 8000;

export class TimelineView implements View {
  readonly id = 'timeline';
  readonly title = 'Timeline';
  readonly question = 'What did each PE do when, and who sent what to whom?';
  readonly controls: HTMLElement = el('div', { class: 'controls' });
  readonly body: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  context!: Context;
  layout!: Layout;
  /** 0: as fits. */
  rowHeight = 0;
  scroll = 0;
  cursor: number | undefined;
  marked: readonly [number, number] | undefined;
  #tiles: TileCache | undefined;
  #lanes: LaneLoader | undefined;
  #blocks: Blocks | undefined;
  #blocksAsk = '';
  /** The chare that they were asked for. */
  #blocksOf = '';
  #details: ExecutionDetails | undefined;
  #arrows: Scene['arrows'] = { back: [], forward: [] };
  #path: readonly PathStep[] = [];
  #recolored: unknown[] = [];
  #wasLanes = false;
  readonly draw: () => void = perFrame(() => this.#draw());
  readonly #loadBlocks = debounced(60, () => void this.#askBlocks());

  constructor() {
    this.canvas = el('canvas', { class: 'timeline', tabindex: 0, 'aria-label': 'timeline; the table has the same' });
    this.body = el('div', { class: 'timeline-body' }, this.canvas);
    listenToMouse(this);
  }

  update(context: Context): void {
    const isNew = this.context?.source !== context.source;
    this.context = context;
    if (isNew || this.#tiles === undefined) {
      this.#tiles = new TileCache(context.source, context.palette, this.draw);
      this.#lanes = new LaneLoader(this.draw);
      this.#fillControls();
    }
    const { entries, chare } = context.store.state;
    this.#tiles.choose(chare);
    if (chare !== this.#blocksOf) this.#blocks = undefined;
    this.#blocksOf = chare;
    const colors = [context.palette, entries];
    if (colors.some((item, i) => item !== this.#recolored[i])) this.#tiles.recolor(context.palette, this.chosenEntries);
    this.#recolored = colors;
    if (this.isLanes !== this.#wasLanes) this.#fillControls();
    this.#loadBlocks();
    this.draw();
  }

  get isLanes(): boolean {
    return this.context.store.option('timeline.rows', 'pes') === 'chares';
  }

  get chosenEntries(): Uint8Array | undefined {
    const { entries } = this.context.store.state;
    if (entries === undefined) return undefined;
    const chosen = new Uint8Array(this.context.info.entries.length + 1);
    for (const entry of entries) chosen[entry + 1] = 1;
    return chosen;
  }

  showExecution(details: ExecutionDetails | undefined, arrows: Scene['arrows']): void {
    this.#details = details;
    this.#arrows = arrows;
    this.draw();
  }

  showPath(path: readonly PathStep[]): void {
    this.#path = path;
    this.draw();
  }

  /** Of a trace that grows: what is here may lack something. */
  forget(): void {
    this.#tiles?.forget();
    this.#lanes?.forget();
    this.#blocksAsk = '';
    this.#blocks = undefined;
  }

  /** Scales the window around a moment. */
  zoom(factor: number, around: number): void {
    const { begin, end } = this.context.store.state;
    this.context.store.setWindow(around - (around - begin) * factor, around + (end - around) * factor, true);
  }

  /** Moves by a part of the window. */
  pan(share: number): void {
    const { begin, end } = this.context.store.state;
    const step = (end - begin) * share;
    this.context.store.setWindow(begin + step, end + step, true);
  }

  scrollBy(pixels: number): void {
    this.scroll = this.layout.scroll + pixels;
    this.draw();
    this.#loadBlocks();
  }

  scaleRows(factor: number): void {
    const height = this.layout.rowHeight * factor;
    this.rowHeight = Math.max(rowHeightMin, Math.min(rowHeightMax * 2, height));
    this.draw();
    this.#loadBlocks();
  }

  #fillControls(): void {
    const { store } = this.context;
    this.#wasLanes = this.isLanes;
    const rows = select(
      'rows',
      [
        ['pes', 'PEs'],
        ['chares', 'chares'],
      ],
      store.option('timeline.rows', 'pes'),
      (value) => store.setOption('timeline.rows', value),
    );
    const hint =
      'drag: move · wheel: zoom · shift+drag: zoom to · ctrl+wheel: row height · click: messages · ? all keys';
    this.controls.replaceChildren(rows, el('span', { class: 'hint' }, hint));
  }

  #rows(): readonly Row[] {
    if (this.isLanes) return laneRows(this.#lanes?.lanes?.names ?? []);
    const { info, store } = this.context;
    const wanted = store.state.pes === undefined ? undefined : new Set(store.state.pes);
    const rows = info.pes.map((pe, place) => ({ place, pe, node: info.nodeOf[place] ?? 0 }));
    const shown = rows.filter(({ pe }) => wanted?.has(pe) ?? true);
    const isGrouped = new Set(shown.map(({ node }) => node)).size < shown.length;
    return shown
      .sort((a, b) => a.node - b.node || a.pe - b.pe)
      .map((row) => ({ ...row, label: isGrouped ? `${row.node} · PE ${row.pe}` : `PE ${row.pe}` }));
  }

  layoutFor(width: number, height: number): Layout {
    const rows = this.#rows();
    const room = (height - axisHeight) / Math.max(1, rows.length);
    const fitting = Math.max(rowHeightMin, Math.min(rowHeightMax, room));
    return new Layout({ width, height }, this.context.store.state, rows, this.rowHeight || fitting, this.scroll);
  }

  #draw(): void {
    const { clientWidth: width, clientHeight: height } = this.body;
    if (width === 0 || height === 0 || this.context === undefined) return;
    if (this.isLanes) this.#lanes?.load(this.context, Math.max(50, width - gutter));
    this.layout = this.layoutFor(width, height);
    this.scroll = this.layout.scroll;
    const painter = new CanvasPainter(this.canvas, width, height, this.context.palette.background);
    const scene = this.#scene(this.layout);
    drawScene(painter, scene);
    const isWaiting = this.isLanes && scene.lanes === undefined;
    const tiles = scene.blocks === undefined && !this.isLanes ? this.#tiles?.state : 'all';
    document.documentElement.dataset['drawn'] = isWaiting ? 'partly' : tiles;
  }

  paint(painter: Painter): void {
    drawScene(painter, this.#scene(this.layoutFor(painter.width, painter.height)));
  }

  #scene(layout: Layout): Scene {
    const { palette, info, entryName } = this.context;
    return {
      layout,
      palette,
      tiles: this.#tiles!,
      traceBegin: info.begin,
      blocks: this.#hasBlocksOf(layout) ? this.#blocks : undefined,
      lanes: this.isLanes ? this.#lanes?.scene(palette) : undefined,
      chosenEntries: this.chosenEntries,
      entryName,
      execution: this.#details,
      arrows: this.#arrows,
      path: this.#path,
      cursor: this.cursor,
      marked: this.marked,
    };
  }

  /** Those that are here, for this window and these rows. */
  #hasBlocksOf(layout: Layout): boolean {
    const blocks = this.#blocks;
    if (blocks === undefined || blocks.isTooMany || this.isLanes) return false;
    if (blocks.begin > layout.begin || blocks.end < layout.end) return false;
    const [first, end] = layout.visible;
    return this.#blockRows !== undefined && layout.rows.slice(first, end).every(({ pe }) => this.#blockRows!.has(pe));
  }

  #blockRows: ReadonlySet<number> | undefined;

  async #askBlocks(): Promise<void> {
    const { layout } = this;
    if (layout === undefined || this.isLanes) return;
    const [first, last] = layout.visible;
    const length = layout.end - layout.begin;
    const pes = layout.rows.slice(first, last).map(({ pe }) => pe);
    if (pes.length > 128 || this.#hasBlocksOf(layout)) return;
    const window = { begin: layout.begin - length / 2, end: layout.end + length / 2 };
    const ask = { ...window, pes, max: blocksMax, ...this.#chare };
    const key = JSON.stringify(ask);
    if (key === this.#blocksAsk) return;
    this.#blocksAsk = key;
    try {
      const blocks = await this.context.source.ask('blocks', ask);
      if (key !== this.#blocksAsk) return;
      this.#blocks = blocks;
      this.#blockRows = new Set(pes);
      this.draw();
    } catch (error) {
      this.context.report(error);
    }
  }

  get #chare(): { readonly chare?: string } {
    const { chare } = this.context.store.state;
    return chare === '' ? {} : { chare };
  }

  async table(): Promise<Table> {
    const { store, info, source, entryName } = this.context;
    const { begin, end, entries } = store.state;
    const pes = store.state.pes ?? info.pes;
    const blocks = await source.ask('blocks', { begin, end, pes: pes.slice(0, 4096), max: blocksMax, ...this.#chare });
    const chosen = Array.from(blocks.pe.keys()).filter(
      (i) => blocks.isOfChare[i] === 1 && (entries === undefined || entries.includes(blocks.entry[i]!)),
    );
    const columns = [{ title: 'PE' }, { title: 'begin (ns)' }, { title: 'duration (ns)' }, { title: 'entry method' }];
    const rows = chosen.map((i) => [
      blocks.pe[i]!,
      blocks.from[i]!,
      blocks.to[i]! - blocks.from[i]!,
      entryName(blocks.entry[i]!),
    ]);
    const tooMany = `More than ${blocksMax} executions are in this window: zoom in, or choose fewer PEs.`;
    return {
      columns,
      rows,
      ...(blocks.isTooMany ? { note: tooMany } : {}),
      onRow: (row) => store.set({ execution: { pe: blocks.pe[chosen[row]!]!, row: blocks.row[chosen[row]!]! } }),
    };
  }
}

/** One collection needs no name, only indices. */
function laneRows(names: readonly string[]): Row[] {
  const collections = new Set(names.map((name) => name.replace(/\[[^[]*\]$/, '')));
  const isOne = collections.size === 1 && names.length > 1;
  const shortened = (name: string): string => (isOne ? name.slice([...collections][0]!.length) : name);
  return names.map((name, i) => ({ place: -1, pe: -1 - i, node: 0, label: shortened(name), chare: name }));
}
