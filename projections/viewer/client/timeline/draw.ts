/** Draws the timeline, layer by layer, from what has been loaded. */
import type { Arrow, ArrowEnd, Blocks, ExecutionDetails, Lanes } from '../../protocol.ts';
import { tileColumns, tileRows } from '../../protocol.ts';
import { drawTimeAxis } from '../axis.ts';
import { type Palette, textOn } from '../colors.ts';
import type { Painter } from '../painter.ts';
import { axisHeight, gutter, type Layout } from './layout.ts';
import type { TileCache } from './tiles.ts';

export interface Scene {
  readonly layout: Layout;
  readonly palette: Palette;
  readonly tiles: TileCache;
  readonly traceBegin: number;
  readonly blocks: Blocks | undefined;
  readonly lanes: { readonly lanes: Lanes; readonly canvas: HTMLCanvasElement } | undefined;
  readonly chosenEntries: Uint8Array | undefined;
  readonly entryName: (row: number) => string;
  readonly execution: ExecutionDetails | undefined;
  readonly arrows: { readonly back: readonly Arrow[]; readonly forward: readonly Arrow[] };
  readonly path: readonly PathStep[];
  readonly cursor: number | undefined;
  readonly marked: readonly [number, number] | undefined;
}

/** A part of the critical path. */
export interface PathStep {
  readonly pe: number;
  readonly begin: number;
  readonly end: number;
}

export function drawScene(painter: Painter, scene: Scene): void {
  const { layout, palette } = scene;
  painter.clip({ x: gutter, y: axisHeight, width: layout.width - gutter, height: layout.height - axisHeight });
  if (scene.lanes !== undefined) drawLanes(painter, layout, scene.lanes);
  else if (scene.blocks !== undefined && !scene.blocks.isTooMany) drawBlocks(painter, scene, scene.blocks);
  else drawTiles(painter, scene);
  if (scene.lanes === undefined) {
    drawNodes(painter, scene);
    drawPath(painter, scene);
    drawArrows(painter, scene);
    drawSelected(painter, scene);
  }
  drawMarks(painter, scene);
  painter.unclip();
  drawLabels(painter, scene);
  painter.rect(gutter, 0, layout.width - gutter, axisHeight, palette.background);
  drawTimeAxis(painter, layout, palette, { x: gutter, y: axisHeight, width: layout.width - gutter });
}

function drawTiles(painter: Painter, { layout, tiles, traceBegin }: Scene): void {
  const level = Math.max(0, Math.ceil(Math.log2(layout.nsPerPixel / Math.max(1, devicePixelRatio))));
  const tileTime = 2 ** level * tileColumns;
  const firstIndex = Math.max(0, Math.floor((layout.begin - traceBegin) / tileTime));
  const lastIndex = Math.floor((layout.end - traceBegin) / tileTime);
  const isSmooth = layout.rowHeight < 1;
  const gap = layout.rowHeight >= 5 ? 1 : 0;
  tiles.beginFrame();
  for (const [row, place, count] of runs(layout, gap > 0)) {
    const block = Math.floor(place / tileRows);
    const first = place % tileRows;
    const y = layout.y(row);
    const height = count * layout.rowHeight - gap;
    for (let index = firstIndex; index <= lastIndex; index++) {
      const x = layout.x(traceBegin + index * tileTime);
      const target = { x, y, width: tileTime / layout.nsPerPixel, height };
      tiles.draw(painter, { level, index, block }, first, first + count, target, isSmooth);
    }
  }
  tiles.endFrame();
}

/** Visible rows that lie together in a block of tiles, so that they can be drawn at once. */
function* runs(layout: Layout, isSingle: boolean): Generator<readonly [row: number, place: number, count: number]> {
  const [first, end] = layout.visible;
  for (let row = first; row < end; ) {
    const { place } = layout.rows[row]!;
    const blockEnd = (Math.floor(place / tileRows) + 1) * tileRows;
    let count = 1;
    while (
      !isSingle &&
      row + count < end &&
      place + count < blockEnd &&
      layout.rows[row + count]!.place === place + count
    )
      count++;
    yield [row, place, count];
    row += count;
  }
}

function drawBlocks(painter: Painter, scene: Scene, blocks: Blocks): void {
  const { layout, palette, chosenEntries } = scene;
  const gap = layout.rowHeight >= 5 ? 1 : 0;
  const height = layout.rowHeight - gap;
  const [first, end] = layout.visible;
  for (let row = first; row < end; row++)
    painter.rect(gutter, layout.y(row), layout.width - gutter, height, palette.idle);
  for (let i = 0; i < blocks.pe.length; i++) {
    const row = layout.rowOfPe(blocks.pe[i]!);
    if (row === undefined || row < first || row >= end) continue;
    const x = Math.max(layout.x(blocks.from[i]!), gutter - 2);
    const width = Math.min(layout.x(blocks.to[i]!), layout.width + 2) - x;
    if (width < -1 || x > layout.width) continue;
    const entry = blocks.entry[i]!;
    const isChosen = blocks.isOfChare[i] === 1 && (chosenEntries === undefined || chosenEntries[entry + 1] === 1);
    const color = isChosen ? palette.entry(entry) : palette.overhead;
    const y = layout.y(row);
    painter.rect(x, y, Math.max(0.7, width - 0.5), height, color);
    if (width > 30 && height >= 12)
      painter.text(x + 4, y + height / 2, shortName(scene.entryName(entry)), {
        color: isChosen ? textOn(color) : palette.text,
        size: 11,
        widthMax: width - 8,
      });
  }
  drawBeside(painter, scene, blocks, height);
}

/** Sends as ticks below, user events and spans as bars above. */
function drawBeside(painter: Painter, { layout, palette }: Scene, blocks: Blocks, height: number): void {
  if (height < 8) return;
  const { sends, spans, points } = blocks;
  for (let i = 0; i < sends.pe.length; i++) {
    const row = layout.rowOfPe(sends.pe[i]!);
    if (row !== undefined) painter.rect(layout.x(sends.time[i]!), layout.y(row) + height - 3, 1, 3, palette.text);
  }
  for (let i = 0; i < spans.pe.length; i++) {
    const row = layout.rowOfPe(spans.pe[i]!);
    if (row === undefined) continue;
    const x = layout.x(spans.from[i]!);
    painter.rect(x, layout.y(row), Math.max(1, layout.x(spans.to[i]!) - x), 3, spanColor(spans.kind[i]!, palette));
  }
  for (let i = 0; i < points.pe.length; i++) {
    const row = layout.rowOfPe(points.pe[i]!);
    if (row === undefined) continue;
    const [x, y] = [layout.x(points.time[i]!), layout.y(row)];
    painter.area([x - 3, y, x + 3, y, x, y + 5], palette.text);
  }
}

/** Pack and unpack, user events and notes, the runtime's own. */
function spanColor(kind: number, palette: Palette): string {
  if (kind <= 1) return '#cc79a7';
  return kind <= 3 ? palette.accent : palette.faint;
}

function drawLanes(
  painter: Painter,
  layout: Layout,
  { lanes, canvas }: { readonly lanes: Lanes; readonly canvas: HTMLCanvasElement },
): void {
  const x = layout.x(lanes.begin);
  const width = layout.x(lanes.end) - x;
  const gap = layout.rowHeight >= 5 ? 1 : 0;
  const [first, end] = layout.visible;
  for (let row = first; row < end; row++)
    painter.bitmap(
      canvas,
      { x: 0, y: row, width: lanes.columns, height: 1 },
      { x, y: layout.y(row), width, height: layout.rowHeight - gap },
    );
}

function drawNodes(painter: Painter, { layout, palette }: Scene): void {
  const [first, end] = layout.visible;
  for (let row = Math.max(1, first); row < end; row++) {
    if (layout.rows[row]!.node === layout.rows[row - 1]!.node) continue;
    // Where every PE is a node of its own there is nothing to group.
    if (layout.rows[row + 1]?.node !== layout.rows[row]!.node && layout.rowHeight < 5) continue;
    painter.line([0, layout.y(row) - 0.5, layout.width, layout.y(row) - 0.5], palette.faint, 0.6);
  }
}

function drawLabels(painter: Painter, { layout, palette }: Scene): void {
  painter.rect(0, 0, gutter, layout.height, palette.background);
  const [first, end] = layout.visible;
  const step = Math.max(1, Math.ceil(13 / layout.rowHeight));
  painter.clip({ x: 0, y: axisHeight, width: gutter, height: layout.height - axisHeight });
  for (let row = first - (first % step); row < end; row += step) {
    const { label } = layout.rows[row]!;
    const y = layout.y(row) + Math.max(6, layout.rowHeight / 2);
    painter.text(gutter - 8, y, label, { color: palette.faint, size: 11, align: 'right', widthMax: gutter - 12 });
  }
  painter.unclip();
}

function drawArrows(painter: Painter, scene: Scene): void {
  const { palette, arrows } = scene;
  for (const arrow of arrows.forward) drawArrow(painter, scene, arrow, palette.accent);
  for (const arrow of arrows.back) drawArrow(painter, scene, arrow, palette.path);
}

function middleOf(layout: Layout, pe: number): number | undefined {
  const row = layout.rowOfPe(pe);
  return row === undefined ? undefined : layout.y(row) + layout.rowHeight / 2;
}

function drawArrow(painter: Painter, { layout }: Scene, { from, to }: Arrow, color: string): void {
  const [y1, y2] = [middleOf(layout, from.pe), middleOf(layout, to.pe)];
  if (y1 === undefined || y2 === undefined) return;
  const [x1, x2] = [layout.x(from.sent), layout.x(to.begin)];
  if (Math.max(x1, x2) < 0 || Math.min(x1, x2) > layout.width) return;
  painter.line([x1, y1, x2, y2], color, 1.5);
  painter.area([x1 - 2, y1 - 2, x1 + 2, y1 - 2, x1 + 2, y1 + 2, x1 - 2, y1 + 2], color);
  const length = Math.hypot(x2 - x1, y2 - y1) || 1;
  const [dx, dy] = [(x2 - x1) / length, (y2 - y1) / length];
  const [bx, by] = [x2 - dx * 8, y2 - dy * 8];
  painter.area([x2, y2, bx - dy * 3.5, by + dx * 3.5, bx + dy * 3.5, by - dx * 3.5], color);
}

function drawPath(painter: Painter, { layout, palette, path }: Scene): void {
  let before: PathStep | undefined;
  for (const step of path) {
    const y = middleOf(layout, step.pe);
    if (y === undefined) continue;
    const [x1, x2] = [layout.x(step.begin), layout.x(step.end)];
    if (x2 >= 0 && x1 <= layout.width) painter.line([x1, y, x2, y], palette.path, Math.min(5, layout.rowHeight / 2));
    const other = before === undefined ? undefined : middleOf(layout, before.pe);
    if (before !== undefined && other !== undefined) {
      const x = layout.x(before.end);
      if (x1 >= 0 && x <= layout.width) painter.line([x, other, x1, y], palette.path, 1, [4, 2]);
    }
    before = step;
  }
}

function drawSelected(painter: Painter, { layout, palette, execution }: Scene): void {
  if (execution === undefined) return;
  outlineOf(painter, layout, execution, palette.text, 2);
}

function outlineOf(
  painter: Painter,
  layout: Layout,
  { pe, begin, end }: ArrowEnd,
  color: string,
  thickness: number,
): void {
  const row = layout.rowOfPe(pe);
  if (row === undefined) return;
  const x = Math.max(gutter - 4, layout.x(begin));
  const width = Math.max(3, Math.min(layout.width + 4, layout.x(end)) - x);
  painter.outline(x - 1, layout.y(row) - 1, width + 2, layout.rowHeight + 1, color, thickness);
}

function drawMarks(painter: Painter, { layout, palette, cursor, marked }: Scene): void {
  if (cursor !== undefined) {
    const x = layout.x(cursor);
    painter.line([x, axisHeight, x, layout.height], palette.faint, 0.7);
  }
  if (marked === undefined) return;
  const [x1, x2] = [layout.x(marked[0]), layout.x(marked[1])];
  painter.rect(Math.min(x1, x2), axisHeight, Math.abs(x2 - x1), layout.height, palette.accent, 0.2);
}

/** On a block there is little room: the method without its class and parameters. */
function shortName(name: string): string {
  return name.replace(/^.*::/, '').replace(/\(.*$/s, '');
}
