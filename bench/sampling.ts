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
  for (const samples of await collect(plan, trials)) report(samples);
}

/** Measures all trials. */
export async function collect(plan: Plan, trials: readonly Trial[]): Promise<Samples[]> {
  const series = trials.map((trial) => ({
    trial,
    calibration: new Series(trial.calibration, plan.runMs / 2),
    figure: new Series(trial.figure, plan.runMs),
  }));
  for (const { calibration, figure } of series) {
    await calibration.fit();
    await figure.fit();
  }
  for (let run = 0; run < plan.runs; run++) {
    for (const { calibration, figure } of series) {
      await calibration.sample();
      await figure.sample();
    }
  }
  return series.map(({ trial, calibration, figure }) => {
    const { name } = trial.calibration;
    return { case: trial.case, figure: figure.samples, calibration: { name, values: calibration.samples } };
  });
}

/** The samples of one kind of work, as they grow. */
class Series {
  /** Milliseconds per operation. */
  readonly samples: number[] = [];
  readonly #work: Work;
  readonly #runMs: number;
  #count: number;

  constructor(work: Work, runMs: number) {
    this.#work = work;
    this.#runMs = runMs;
    this.#count = work.step ?? 1;
  }

  /** Finds the count that takes about `runMs`, once warm. */
  async fit(): Promise<void> {
    const step = this.#work.step ?? 1;
    // Twice, since one run may have met a pause that has nothing to do with it.
    const msEach = Math.min(await this.#runLongEnough(), await this.#runLongEnough());
    this.#count = step * Math.max(1, Math.round(this.#runMs / msEach / step));
  }

  async sample(): Promise<void> {
    this.samples.push(await this.#runLongEnough());
  }

  /** Milliseconds per operation of a run of at least half of `runMs`. The count grows only if it was too small. */
  async #runLongEnough(): Promise<number> {
    for (;;) {
      const elapsedMs = await this.#work.run(this.#count);
      if (elapsedMs >= this.#runMs / 2) return elapsedMs / this.#count;
      this.#count *= 2;
    }
  }
}
