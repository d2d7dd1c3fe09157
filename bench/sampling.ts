/**
 * Timing, inside a bench program: figures and their calibrations in turns.
 *
 *  1. Every figure and every calibration runs a few times, with growing counts, until one run takes about as long as
 *     planned. This is the warm-up too: all cases of a program have run before the first is measured, so a case is
 *     measured in a program that also does other things, not in one specialised to it.
 *  2. Then rounds: for each case calibrate, measure; next case. What else the machine does hits both alike.
 *  3. One line of JSON a case on standard output, with all samples; the bench command computes the medians.
 */
import type { Charm } from '../core/index.ts';

/** How much to measure. Travels to the program as its first argument. */
export interface Plan {
  readonly runs: number;
  /** About how long one run of a figure takes; a calibration takes half of it. */
  readonly runMs: number;
}

/** Something that can be done `count` times in a row. */
export interface Work {
  /** Counts are multiples of this; 1 if absent. */
  readonly step?: number;
  /** Does it `count` times. Returns the milliseconds it took. */
  run(count: number): number | Promise<number>;
}

export interface Calibration extends Work {
  readonly name: string;
}

export interface Trial {
  readonly case: string;
  readonly figure: Work;
  readonly calibration: Calibration;
}

/** What a program reports of a case; times are milliseconds per operation. */
export interface Samples {
  readonly case: string;
  readonly figure: readonly number[];
  readonly calibration: { readonly name: string; readonly values: readonly number[] } | null;
}

export function planOf(charm: Charm): Plan {
  const [text] = charm.args;
  return text === undefined ? { runs: 7, runMs: 250 } : (JSON.parse(text) as Plan);
}

/** Milliseconds that `action` takes. */
export async function timed(action: () => void | Promise<void>): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}

export function report(samples: Samples): void {
  console.log(JSON.stringify(samples));
}

/** Measures and reports all trials of a program. */
export async function measure(plan: Plan, trials: readonly Trial[]): Promise<void> {
  const series: Series[] = [];
  for (const trial of trials) series.push(await makeSeries(trial, plan));
  for (let run = 0; run < plan.runs; run++) {
    for (const { trial, figureCount, calibrationCount, figure, calibration } of series) {
      calibration.push((await trial.calibration.run(calibrationCount)) / calibrationCount);
      figure.push((await trial.figure.run(figureCount)) / figureCount);
    }
  }
  for (const { trial, figure, calibration } of series) {
    report({ case: trial.case, figure, calibration: { name: trial.calibration.name, values: calibration } });
  }
}

/** The samples of one trial, as they grow. */
interface Series {
  readonly trial: Trial;
  readonly figureCount: number;
  readonly calibrationCount: number;
  readonly figure: number[];
  readonly calibration: number[];
}

async function makeSeries(trial: Trial, { runMs }: Plan): Promise<Series> {
  const calibrationCount = await fit(trial.calibration, runMs / 2);
  const figureCount = await fit(trial.figure, runMs);
  return { trial, figureCount, calibrationCount, figure: [], calibration: [] };
}

/** The count whose run takes about `runMs`, once warm. */
async function fit(work: Work, runMs: number): Promise<number> {
  const step = work.step ?? 1;
  let count = step;
  for (;;) {
    const elapsedMs = await work.run(count);
    // The last try was half as long or longer, and most of it ran optimised code.
    if (elapsedMs > runMs / 2) return step * Math.max(1, Math.round((count * runMs) / elapsedMs / step));
    count *= 2;
  }
}
