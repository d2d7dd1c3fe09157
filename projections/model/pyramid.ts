/**
 * What a viewer draws of a PE at any zoom, without looking at every execution.
 *
 * Level 0 has bins of a power of two nanoseconds, about one for 8 executions; each further level has bins twice as wide,
 * up to one bin for all. A bin has sums (busy, idle, executions), the longest execution that begins in it, and the entry
 * method that was busy longest. Sums of all levels are the same. The busiest entry method is exact in level 0; above it
 * is the busier one of the two halves.
 *
 * A picture takes the widest bins that are not wider than its columns; narrower than level 0 it takes the executions
 * themselves. At the edges of columns bins are divided in proportion.
 */
import { lowerBound } from './columns.ts';
import { none } from './schema.ts';
import type { PeTrace } from './trace.ts';

export interface PyramidLevel {
  /** Nanoseconds. */
  readonly width: number;
  readonly busy: Float64Array;
  readonly idle: Float64Array;
  /** Executions that begin in it. */
  readonly executions: Uint32Array;
  readonly longest: Float64Array;
  /** The entry method that was busy longest, or none, and for how long. */
  readonly entry: Int32Array;
  readonly entryBusy: Float64Array;
}

/** One value for each column of a picture. */
export type Picture = Omit<PyramidLevel, 'width'>;

const executionsPerBin = 8;
const binsMin = 64;

export class Pyramid {
  readonly pe: PeTrace;
  readonly levels: readonly PyramidLevel[];

  /** O(executions + idle times). */
  constructor(pe: PeTrace) {
    this.pe = pe;
    const levels = [baseLevel(pe)];
    for (let level = levels[0]!; level.busy.length > 1; ) {
      level = halved(level);
      levels.push(level);
    }
    this.levels = levels;
  }

  /** `columns` equal parts of the time from `begin` to `end`. O(columns), whatever the zoom. */
  picture(begin: number, end: number, columns: number): Picture {
    const picture = emptyPicture(columns);
    const width = (end - begin) / columns;
    if (!(width > 0)) return picture;
    const fitting = this.levels.filter((level) => level.width <= width).at(-1);
    if (fitting === undefined) new Spread(picture, begin, width).addRange(this.pe, begin, end);
    else this.#fromBins(fitting, picture, begin, width);
    return picture;
  }

  #fromBins(level: PyramidLevel, picture: Picture, begin: number, width: number): void {
    const origin = this.pe.begin;
    const columns = picture.busy.length;
    const first = Math.max(0, Math.floor((begin - origin) / level.width));
    const last = Math.min(level.busy.length - 1, Math.floor((begin + columns * width - origin) / level.width));
    for (let bin = first; bin <= last; bin++) {
      if (level.busy[bin] === 0 && level.idle[bin] === 0 && level.executions[bin] === 0) continue;
      const binBegin = origin + bin * level.width;
      const column = Math.floor((binBegin - begin) / width);
      // Not wider than a column: it lies in one or two of them.
      const edge = begin + (column + 1) * width;
      const share = Math.min(1, (edge - binBegin) / level.width);
      if (column >= 0 && column < columns) addShare(picture, column, level, bin, share, true);
      if (share < 1 && column + 1 >= 0 && column + 1 < columns)
        addShare(picture, column + 1, level, bin, 1 - share, column < 0);
    }
  }
}

function emptyPicture(columns: number): Picture {
  return {
    busy: new Float64Array(columns),
    idle: new Float64Array(columns),
    executions: new Uint32Array(columns),
    longest: new Float64Array(columns),
    entry: new Int32Array(columns).fill(none),
    entryBusy: new Float64Array(columns),
  };
}

/** `isFirst`: counts are not divided, the first column gets them. */
function addShare(to: Picture, column: number, from: Picture, bin: number, share: number, isFirst: boolean): void {
  to.busy[column]! += share * from.busy[bin]!;
  to.idle[column]! += share * from.idle[bin]!;
  if (isFirst) {
    to.executions[column]! += from.executions[bin]!;
    to.longest[column] = Math.max(to.longest[column]!, from.longest[bin]!);
  }
  const entryBusy = share * from.entryBusy[bin]!;
  if (to.entry[column] === from.entry[bin]) to.entryBusy[column]! += entryBusy;
  else if (entryBusy > to.entryBusy[column]!) {
    to.entry[column] = from.entry[bin]!;
    to.entryBusy[column] = entryBusy;
  }
}

function baseLevel(pe: PeTrace): PyramidLevel {
  const length = Math.max(1, pe.end - pe.begin);
  const binsMax = Math.max(binsMin, Math.ceil((pe.executions.begin.length + pe.idles.begin.length) / executionsPerBin));
  let width = 1;
  while (length / width >= binsMax) width *= 2;
  const level = emptyPicture(Math.floor(length / width) + 1);
  new Spread(level, pe.begin, width).addRange(pe, pe.begin, pe.end);
  return { width, ...level };
}

function halved(level: PyramidLevel): PyramidLevel {
  const bins = level.busy.length;
  const half = emptyPicture(Math.ceil(bins / 2));
  for (let bin = 0; bin < bins; bin++) addShare(half, bin >>> 1, level, bin, 1, true);
  return { width: 2 * level.width, ...half };
}

/** Spreads executions, which come in their order, over columns. Busiest entry methods are exact. */
class Spread {
  readonly #to: Picture;
  readonly #begin: number;
  readonly #width: number;
  /** Busy time by entry method in the column that is being filled. */
  readonly #busyOf = new Map<number, number>();
  #column = -1;

  constructor(to: Picture, begin: number, width: number) {
    this.#to = to;
    this.#begin = begin;
    this.#width = width;
  }

  addRange({ executions, idles }: PeTrace, begin: number, end: number): void {
    // The one before may reach into the range.
    const firstExecution = Math.max(0, lowerBound(executions.begin, begin) - 1);
    const lastExecution = executions.begin.length;
    for (let row = firstExecution; row < lastExecution && executions.begin[row]! <= end; row++)
      this.#execution(executions.begin[row]!, executions.end[row]!, executions.entry[row]!);
    this.#closeColumn();
    const { idle } = this.#to;
    const firstIdle = Math.max(0, lowerBound(idles.begin, begin) - 1);
    for (let row = firstIdle; row < idles.begin.length && idles.begin[row]! <= end; row++)
      this.#cover(idles.begin[row]!, idles.end[row]!, (column, ns) => {
        idle[column]! += ns;
      });
  }

  #execution(begin: number, end: number, entry: number): void {
    const to = this.#to;
    const column = Math.floor((begin - this.#begin) / this.#width);
    if (column >= 0 && column < to.busy.length) {
      to.executions[column]!++;
      to.longest[column] = Math.max(to.longest[column]!, end - begin);
    }
    this.#cover(begin, end, (at, ns) => {
      to.busy[at]! += ns;
      if (at !== this.#column) this.#openColumn(at);
      this.#busyOf.set(entry, (this.#busyOf.get(entry) ?? 0) + ns);
    });
  }

  #cover(begin: number, end: number, add: (column: number, ns: number) => void): void {
    const columns = this.#to.busy.length;
    let at = Math.max(begin, this.#begin);
    for (let column = Math.floor((at - this.#begin) / this.#width); at < end && column < columns; column++) {
      const edge = Math.min(end, this.#begin + (column + 1) * this.#width);
      if (edge > at) add(column, edge - at);
      at = Math.max(at, edge);
    }
  }

  #openColumn(column: number): void {
    this.#closeColumn();
    this.#column = column;
  }

  #closeColumn(): void {
    for (const [entry, ns] of this.#busyOf) {
      if (ns <= this.#to.entryBusy[this.#column]!) continue;
      this.#to.entry[this.#column] = entry;
      this.#to.entryBusy[this.#column] = ns;
    }
    this.#busyOf.clear();
  }
}
