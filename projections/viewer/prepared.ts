/**
 * A prepared file, `NAME.view`: what the first picture of a trace needs, so that it is there before the trace is read. It
 * has the head of the trace and the pyramids of all PEs, 3 B a record; values are rounded to 24 bits.
 *
 * It lies beside the trace and holds only what can be made from it again. The stamp (names, sizes and times of the files)
 * says whether it still belongs to them; if it does not, or is damaged, it is made anew.
 */
import { type Floats, Pyramid, type PyramidLevel } from '../model/pyramid.ts';
import type { ViewInfo } from './protocol.ts';
import { decodeAnswer, encodeAnswer } from './wire.ts';

export const preparedSuffix = '.view';
const format = 'charm4ts-view 1';

export interface Prepared {
  readonly info: ViewInfo;
  readonly pyramids: readonly Pyramid[];
}

/** Pyramids of many PEs, level after level, in few long columns. */
export interface PackedPyramids {
  readonly pe: Int32Array;
  readonly begin: Float64Array;
  readonly end: Float64Array;
  /** Levels of each PE. */
  readonly levels: Uint32Array;
  /** Of each level. */
  readonly width: Float64Array;
  readonly bins: Uint32Array;
  /** Of each bin. */
  readonly busy: Float32Array;
  readonly idle: Float32Array;
  readonly executions: Uint32Array;
  readonly longest: Float32Array;
  readonly entry: Int32Array;
  readonly entryBusy: Float32Array;
}

const floatColumns = ['busy', 'idle', 'longest', 'entryBusy'] as const;

export function packPyramids(pyramids: readonly Pyramid[]): PackedPyramids {
  const levels = pyramids.flatMap((pyramid) => pyramid.levels);
  const bins = levels.reduce((sum, { busy }) => sum + busy.length, 0);
  const packed = {
    pe: Int32Array.from(pyramids, ({ pe }) => pe.pe),
    begin: Float64Array.from(pyramids, ({ pe }) => pe.begin),
    end: Float64Array.from(pyramids, ({ pe }) => pe.end),
    levels: Uint32Array.from(pyramids, (pyramid) => pyramid.levels.length),
    width: Float64Array.from(levels, ({ width }) => width),
    bins: Uint32Array.from(levels, ({ busy }) => busy.length),
    busy: new Float32Array(bins),
    idle: new Float32Array(bins),
    executions: new Uint32Array(bins),
    longest: new Float32Array(bins),
    entry: new Int32Array(bins),
    entryBusy: new Float32Array(bins),
  };
  let at = 0;
  for (const level of levels) {
    for (const name of floatColumns) packed[name].set(level[name], at);
    packed.executions.set(level.executions, at);
    packed.entry.set(level.entry, at);
    at += level.busy.length;
  }
  return packed;
}

/** Views of the columns; nothing is copied. */
export function unpackPyramids(packed: PackedPyramids): Pyramid[] {
  let [level, bin] = [0, 0];
  return Array.from(packed.pe, (pe, i) => {
    const levels: PyramidLevel[] = [];
    for (const last = level + packed.levels[i]!; level < last; level++) {
      const end = bin + packed.bins[level]!;
      const part = (column: Floats): Floats => column.subarray(bin, end);
      levels.push({
        width: packed.width[level]!,
        busy: part(packed.busy),
        idle: part(packed.idle),
        executions: packed.executions.subarray(bin, end),
        longest: part(packed.longest),
        entry: packed.entry.subarray(bin, end),
        entryBusy: part(packed.entryBusy),
      });
      bin = end;
    }
    return new Pyramid({ pe, begin: packed.begin[i]!, end: packed.end[i]! }, levels);
  });
}

export function encodePrepared({ info, pyramids }: Prepared, stamp: string): Uint8Array {
  return encodeAnswer({ format, stamp, info, pyramids: packPyramids(pyramids) });
}

/** @returns undefined if it is of other files, of another version, or damaged. */
export function decodePrepared(bytes: ArrayBuffer, stamp: string): Prepared | undefined {
  try {
    const {
      format: found,
      stamp: of,
      info,
      pyramids,
    } = decodeAnswer(bytes) as {
      readonly format: string;
      readonly stamp: string;
      readonly info: ViewInfo;
      readonly pyramids: PackedPyramids;
    };
    if (found !== format || of !== stamp) return undefined;
    const unpacked = unpackPyramids(pyramids);
    const isWhole = unpacked.every(({ levels }) => levels.every(({ busy, width }) => busy.length > 0 && width > 0));
    return isWhole && unpacked.length === info.pes.length ? { info, pyramids: unpacked } : undefined;
  } catch {
    return undefined;
  }
}
