/** From the samples of a case to its result: medians in the case's unit, ratio and verdict. */
import type { Bench, Case, Target, Unit } from './bench.ts';
import type { Samples } from './sampling.ts';
import { median, relativeSpread } from './statistics.ts';

/**
 * `met`: figure and ratio reach their targets, as far as there are any. `by ratio`: the ratio does, the figure does
 * not (a slow or busy machine). `by figure`: the other way round (a fast machine, or a calibration that suffered).
 */
export type Verdict = 'met' | 'by ratio' | 'by figure' | 'missed' | 'no target';

/** One line of `--json`. */
export interface Result {
  readonly bench: string;
  readonly case: string;
  readonly unit: Unit;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly runs: number;
  /** The middle half of the samples, as a fraction of the median. */
  readonly spread: number;
  readonly calibration: { readonly name: string; readonly median: number; readonly spread: number } | null;
  /** Figure over calibration. */
  readonly ratio: number | null;
  readonly target: number | null;
  readonly targetRatio: number | null;
  readonly verdict: Verdict;
}

/** What a sample (milliseconds per operation, bytes or percent) is in a unit. */
const fromSample: Readonly<Record<Unit, (sample: number) => number>> = {
  ns: (ms) => ms * 1e6,
  us: (ms) => ms * 1e3,
  ms: (ms) => ms,
  'msg/s': (ms) => 1000 / ms,
  B: (bytes) => bytes,
  '%': (percent) => percent,
};

export function isFloor(unit: Unit): boolean {
  return unit === 'msg/s';
}

/** @throws Error if the program did not report the case. */
export function resultOf(bench: Bench, wanted: Case, samples: readonly Samples[]): Result {
  const found = samples.find((s) => s.case === wanted.name);
  if (found === undefined || found.figure.length === 0)
    throw new Error(`${bench.name}: the program reported nothing for the case ${wanted.name}`);
  const { unit, target } = wanted;
  const figures = found.figure.map(fromSample[unit]);
  const calibration = calibrationOf(found, unit);
  const figure = median(figures);
  const ratio = calibration === null ? null : figure / calibration.median;
  return {
    bench: bench.name,
    case: wanted.name,
    unit,
    median: rounded(figure),
    min: rounded(Math.min(...figures)),
    max: rounded(Math.max(...figures)),
    runs: figures.length,
    spread: rounded(relativeSpread(figures)),
    calibration,
    ratio: ratio === null ? null : rounded(ratio),
    target: target?.figure ?? null,
    targetRatio: target?.ratio ?? null,
    verdict: judge(figure, ratio, target, unit),
  };
}

function calibrationOf({ calibration }: Samples, unit: Unit): Result['calibration'] {
  if (calibration === null) return null;
  const values = calibration.values.map(fromSample[unit]);
  return { name: calibration.name, median: rounded(median(values)), spread: rounded(relativeSpread(values)) };
}

function judge(figure: number, ratio: number | null, target: Target | undefined, unit: Unit): Verdict {
  const reached = (value: number, goal: number): boolean => (isFloor(unit) ? value >= goal : value <= goal);
  const byFigure = target?.figure === undefined ? undefined : reached(figure, target.figure);
  const byRatio = target?.ratio === undefined || ratio === null ? undefined : reached(ratio, target.ratio);
  if (byFigure === undefined && byRatio === undefined) return 'no target';
  if (byFigure !== false && byRatio !== false) return 'met';
  if (byRatio === true) return 'by ratio';
  return byFigure === true ? 'by figure' : 'missed';
}

/** Four digits are more than any of this is worth. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
