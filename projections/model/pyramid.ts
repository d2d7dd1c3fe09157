/**
 * What a viewer draws of a PE at any zoom, without looking at every execution.
 *
 * Level 0 has bins of a power of two nanoseconds, about one for 8 executions, 1,024 at least; each further level has bins twice as wide,
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

export interface PyramidLevel extends Bins<Floats> {
  /** Nanoseconds. */
  readonly width: number;
}

/** Those of files are half as long. */
export type Floats = Float64Array | Float32Array;

interface Bins<F extends Floats> {
  readonly busy: F;
  readonly idle: F;
  /** Executions that begin in it. */
  readonly executions: Uint32Array;
  readonly longest: F;
  /** The entry method that was busy longest, or none, and for how long. */
  readonly entry: Int32Array;
  readonly entryBusy: F;
}

/** One value for each column of a picture. */
export type Picture = Bins<Float64Array>;

/** What a pyramid stands on. Without tables it knows nothing finer than its lowest level. */
export interface PyramidBase {
  readonly pe: number;
  readonly begin: number;
  readonly end: number;
}

const executionsPerBin = 8;
/** About as many as a picture has columns. */
const binsMin = 1024;

export class Pyramid {
  readonly pe: PyramidBase;
  readonly levels: readonly PyramidLevel[];
  readonly #tables: PeTrace | undefined;

  /**
   * @param pe The PE: O(executions + idle times) to build the levels; or the base of levels that were built before.
   * @param levels As they were built before.
   */
  constructor(pe: PeTrace | PyramidBase, levels?: readonly PyramidLevel[]) {
    this.pe = pe;
    this.#tables = 'executions' in pe ? pe : undefined;
    if (levels === undefined && this.#tables === undefined) throw new TypeError('expected a PE with tables, or levels');
    this.levels = levels ?? levelsOf(this.#tables!);
  }

  get hasTables(): boolean {
    return this.#tables !== undefined;
  }

  /** Whether a picture with columns of this width shows all that there is. */
  isExact(width: number): boolean {
    return this.hasTables || (this.levels[0]?.width ?? 0) <= width;
  }

  /** `columns` equal parts of the time from `begin` to `end`. O(columns), whatever the zoom. */
  picture(begin: number, end: number, columns: number): Picture {
    const picture = emptyPicture(columns);
    const width = (end - begin) / columns;
    if (!(width > 0)) return picture;
    const fitting = this.levels.filter((level) => level.width <= width).at(-1);
    if (fitting !== undefined) this.#fromBins(fitting, picture, begin, width);
    else if (this.#tables !== undefined) new Spread(picture, begin, width).addRange(this.#tables, begin, end);
    else this.#fromWideBins(picture, begin, width);
    return picture;
  }

  /** Columns are narrower than bins: each has its part of the one bin or the two that it lies in. */
  #fromWideBins(picture: Picture, begin: number, width: number): void {
    const level = this.levels[0]!;
    const bins = level.busy.length;
    for (let column = 0; column < picture.busy.length; column++) {
      const from = begin + column * width;
      const to = from + width;
      const first = Math.floor((from - this.pe.begin) / level.width);
      for (let bin = Math.max(0, first); bin <= Math.min(bins - 1, first + 1); bin++) {
        const binBegin = this.pe.begin + bin * level.width;
        const extent = this.#extent(level, binBegin);
        const inside = Math.min(to, binBegin + extent) - Math.max(from, binBegin);
        if (inside > 0) addShare(picture, column, level, bin, inside / extent, false);
      }
    }
  }

  /** The last bin reaches behind the end of the PE, where there is nothing. */
  #extent(level: PyramidLevel, binBegin: number): number {
    return Math.min(level.width, Math.max(1, this.pe.end - binBegin));
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
      const share = Math.min(1, (edge - binBegin) / this.#extent(level, binBegin));
      if (column >= 0 && column < columns) addShare(picture, column, level, bin, share, true);
      // What begins when the PE ends belongs to the last column.
      if (column === columns && binBegin >= this.pe.end) addShare(picture, columns - 1, level, bin, 1, true);
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
function addShare(to: Picture, column: number, from: Bins<Floats>, bin: number, share: number, isFirst: boolean): void {
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

function levelsOf(pe: PeTrace): PyramidLevel[] {
  const levels = [baseLevel(pe)];
  for (let level = levels[0]!; level.busy.length > 1; ) {
    level = halved(level);
    levels.push(level);
  }
  return levels;
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
