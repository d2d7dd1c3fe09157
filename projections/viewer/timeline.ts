/**
 * What the timeline draws: tiles of cells when an execution is smaller than a pixel, the executions themselves when not.
 *
 * A tile shows the same time whatever the window is, so the page keeps tiles and only asks for those it has not seen.
 */
import { binOf, cover, gridOf } from '../analysis/bins.ts';
import {
  choose,
  eachExecution,
  elementsNamed,
  type Filter,
  firstExecution,
  type Selection,
} from '../analysis/selection.ts';
import { lowerBound } from '../model/columns.ts';
import type { Picture, Pyramid } from '../model/pyramid.ts';
import { codeOf, pointKinds } from '../model/schema.ts';
import { elementName, type PeTrace } from '../model/trace.ts';
import {
  type Ask,
  type Blocks,
  type Lanes,
  nameLengthMax,
  type Overview,
  type Tile,
  type TileKey,
  tileColumns,
  tileRows,
} from './protocol.ts';
import type { TraceStore } from './store.ts';

export function tileOf(store: TraceStore, key: TileKey, filter: Filter = {}): Tile {
  const pes = store.trace.pes.slice(key.block * tileRows, (key.block + 1) * tileRows);
  return tileOfRows(
    pes.map((pe) => store.pyramidOf(pe, filter)),
    store.begin,
    key,
  );
}

/** @param pyramids Of all PEs. */
export function tileFrom(pyramids: readonly Pyramid[], begin: number, key: TileKey): Tile {
  return tileOfRows(pyramids.slice(key.block * tileRows, (key.block + 1) * tileRows), begin, key);
}

function tileOfRows(pyramids: readonly Pyramid[], traceBegin: number, key: TileKey): Tile {
  const width = 2 ** key.level;
  const begin = traceBegin + key.index * width * tileColumns;
  const cells = new Uint32Array(tileColumns * tileRows);
  for (const [row, pyramid] of pyramids.entries())
    fillCells(cells, row * tileColumns, pyramid.picture(begin, begin + width * tileColumns, tileColumns), width);
  return { ...key, cells, isCoarse: !pyramids.every((pyramid) => pyramid.isExact(width)) };
}

export function fillCells(cells: Uint32Array, at: number, picture: Picture, width: number): void {
  for (let column = 0; column < picture.busy.length; column++) {
    const busy = picture.busy[column]!;
    const idle = picture.idle[column]!;
    if (busy > 0 || idle > 0) cells[at + column] = cellOf(picture.entry[column]!, busy / width, idle / width);
  }
}

/** An entry method that was there for a moment is not rounded away. */
export function cellOf(entry: number, busy: number, idle: number): number {
  const busyPart = Math.min(255, Math.ceil(busy * 255));
  const idlePart = Math.min(255, Math.round(idle * 255));
  return (((entry + 1) & 0xffff) | (busyPart << 16) | (idlePart << 24)) >>> 0;
}

export function overviewOf(store: TraceStore, ask: Ask<'overview'>): Overview {
  const { pes } = choose(store.trace, ask.pes === undefined ? {} : { pes: ask.pes });
  return overviewFrom(
    pes.map((pe) => store.pyramidOf(pe, ask)),
    store,
    ask,
  );
}

/** @param pyramids Of the PEs that count. */
export function overviewFrom(
  pyramids: readonly Pyramid[],
  { begin, end }: { readonly begin: number; readonly end: number },
  { columns }: { readonly columns: number },
): Overview {
  const busy = new Float32Array(columns);
  const idle = new Float32Array(columns);
  const share = columns / Math.max(1, (end - begin) * pyramids.length);
  for (const pyramid of pyramids) {
    const picture = pyramid.picture(begin, end, columns);
    for (let column = 0; column < columns; column++) {
      busy[column]! += picture.busy[column]! * share;
      idle[column]! += picture.idle[column]! * share;
    }
  }
  return { begin, end, busy, idle };
}

const userEvent = codeOf(pointKinds, 'userEvent');

export function blocksOf(store: TraceStore, { begin, end, pes, max, chare }: Ask<'blocks'>): Blocks {
  const elements = chare === undefined ? undefined : elementsNamed(store.trace, chare);
  const wanted = pes.map((pe) => store.pe(pe)).filter((pe): pe is PeTrace => pe !== undefined);
  const ranges = wanted.map((pe) => rangeIn(pe, begin, end));
  const total = ranges.reduce((sum, [first, last]) => sum + last - first, 0);
  const isTooMany = total > max;
  const count = isTooMany ? 0 : total;
  const blocks = {
    pe: new Int32Array(count),
    row: new Uint32Array(count),
    from: new Float64Array(count),
    to: new Float64Array(count),
    entry: new Int32Array(count),
    element: new Int32Array(count),
    isOfChare: new Uint8Array(count),
  };
  let at = 0;
  for (const [i, { pe, executions }] of isTooMany ? [] : wanted.entries()) {
    const [first, last] = ranges[i]!;
    for (let row = first; row < last; row++, at++) {
      blocks.pe[at] = pe;
      blocks.row[at] = row;
      blocks.from[at] = executions.begin[row]!;
      blocks.to[at] = executions.end[row]!;
      blocks.entry[at] = executions.entry[row]!;
      blocks.element[at] = executions.element[row]!;
      blocks.isOfChare[at] = elements === undefined ? 1 : elements[executions.element[row]! + 1]!;
    }
  }
  return { begin, end, isTooMany, ...blocks, ...besideOf(isTooMany ? [] : wanted, begin, end, max) };
}

function rangeIn(pe: PeTrace, begin: number, end: number): readonly [number, number] {
  const first = firstExecution(pe, begin);
  return [first, Math.max(first, lowerBound(pe.executions.begin, end))];
}

/** Sends, spans and user events in the window, each kind at most `max`. */
function besideOf(
  pes: readonly PeTrace[],
  begin: number,
  end: number,
  max: number,
): Pick<Blocks, 'sends' | 'spans' | 'points'> {
  const sends: [number, number][] = [];
  const spans: [number, number, number, number, number][] = [];
  const points: [number, number, number][] = [];
  for (const { pe, ...tables } of pes) {
    const { time } = tables.sends;
    for (let row = lowerBound(time, begin); row < time.length && time[row]! < end && sends.length < max; row++)
      sends.push([pe, time[row]!]);
    const { spans: all } = tables;
    for (let row = 0; row < all.begin.length && all.begin[row]! < end && spans.length < max; row++)
      if (all.end[row]! > begin) spans.push([pe, all.begin[row]!, all.end[row]!, all.kind[row]!, all.id[row]!]);
    const { time: moments, kind, id } = tables.points;
    for (let row = lowerBound(moments, begin); row < moments.length && moments[row]! < end; row++)
      if (kind[row] === userEvent && points.length < max) points.push([pe, moments[row]!, id[row]!]);
  }
  return {
    sends: { pe: Int32Array.from(sends, ([pe]) => pe), time: Float64Array.from(sends, ([, time]) => time) },
    spans: {
      pe: Int32Array.from(spans, ([pe]) => pe),
      from: Float64Array.from(spans, ([, from]) => from),
      to: Float64Array.from(spans, ([, , to]) => to),
      kind: Uint8Array.from(spans, ([, , , kind]) => kind),
      id: Int32Array.from(spans, ([, , , , id]) => id),
    },
    points: {
      pe: Int32Array.from(points, ([pe]) => pe),
      time: Float64Array.from(points, ([, time]) => time),
      id: Int32Array.from(points, ([, , id]) => id),
    },
  };
}

/** By collection, then by index. */
function inOrder(elements: TraceStore['trace']['elements'], a: number, b: number): number {
  for (const column of [elements.collection, elements.x0, elements.x1, elements.x2, elements.x3])
    if (column[a] !== column[b]) return column[a]! - column[b]!;
  return a - b;
}

/** The chares that were busiest in the selection, each with a lane of its own, on whichever PEs they were. */
export function lanesOf(
  store: TraceStore,
  ask: Selection & { readonly columns: number; readonly lanesMax: number },
): Lanes {
  const chosen = choose(store.trace, ask);
  const { begin, end } = chosen;
  const busyOf = new Float64Array(store.trace.elements.collection.length);
  eachExecution(chosen, ({ executions }, row, from, to) => {
    const element = executions.element[row]!;
    if (element >= 0) busyOf[element]! += to - from;
  });
  const busiest = Array.from(busyOf.keys()).filter((element) => busyOf[element]! > 0);
  const total = busiest.length;
  busiest.sort((a, b) => busyOf[b]! - busyOf[a]!).splice(ask.lanesMax);
  busiest.sort((a, b) => inOrder(store.trace.elements, a, b));
  const laneOf = new Map(busiest.map((element, lane) => [element, lane]));
  const grid = gridOf(begin, end, ask.columns);
  const busy = new Float64Array(busiest.length * grid.count);
  const entry = new Int32Array(busy.length).fill(-1);
  eachExecution(chosen, ({ executions }, row, from, to) => {
    const lane = laneOf.get(executions.element[row]!);
    if (lane === undefined) return;
    const at = lane * grid.count;
    cover(grid, busy, at, from, to);
    // The last one to begin in a cell colours it.
    const last = Math.max(0, binOf(grid, to));
    for (let bin = Math.max(0, binOf(grid, from)); bin <= last; bin++) entry[at + bin] = executions.entry[row]!;
  });
  const cells = Uint32Array.from(busy, (ns, i) =>
    ns > 0 ? cellOf(entry[i]!, ns / grid.width, 1 - ns / grid.width) : 0,
  );
  return {
    begin,
    end,
    columns: grid.count,
    names: busiest.map((element) => elementName(store.trace, element).slice(0, nameLengthMax)),
    busy: Float64Array.from(busiest, (element) => busyOf[element]!),
    cells,
    total,
  };
}
