/**
 * Task graphs (bench/task-graph): for each pattern the core time of an empty task with its inputs, and METG(50 %).
 *
 * A sweep lowers the grain from tasks that are long enough for any efficiency. Each of its grains stands beside the
 * bare kernel on all PEs at once, which gives the peak rate of that moment.
 *
 * On a busy machine a PE is now and then taken off its core, and the others wait for it. So both are the best of several
 * runs that are shorter than a time slice.
 */
import { type ArrayProxy, type Callback, Chare, type Charm, type GroupProxy, Reducer } from '../../core/index.ts';
import { denqueLoop, tokenCount } from '../calibration/denque-loop.ts';
import { type Plan, report, timed } from '../sampling.ts';
import { Column, type Run } from '../task-graph/column.ts';
import { multiplyAdd } from '../task-graph/kernel.ts';
import { metg } from '../task-graph/metg.ts';
import { countTasks, type Pattern, patterns } from '../task-graph/patterns.ts';
import { defaultTaskSettings, type TaskSettings } from '../task-graph/settings.ts';

export { Column } from '../task-graph/column.ts';

/** Iterations of the kernel. The longest take about 25 us. */
const grains = Array.from({ length: 24 }, (_, i) => Math.round(16_384 / 2 ** (i / 2)));
/** A sweep ends after so many grains in a row with an efficiency that is clearly below 50 %. */
const lowRunsMax = 3;
const lowEfficiency = 0.4;
const peakIterations = 1 << 19;
/** A run lasts this much less than is planned for a figure: 2.5 ms of 250. */
const runsPerPlanned = 100;
/** Runs that a figure is the best of. */
const tries = 12;
const denqueMessages = tokenCount << 10;

/** The bare kernel on every PE. */
export class Peak extends Chare {
  compute(done: Callback<number>): void {
    this.contribute(multiplyAdd(peakIterations), Reducer.max, done);
  }
}

class Meter {
  readonly #charm: Charm;
  readonly #columns: ArrayProxy<Column, number>;
  readonly #peak: GroupProxy<Peak>;
  readonly #settings: TaskSettings;
  readonly #runMs: number;

  constructor(
    charm: Charm,
    columns: ArrayProxy<Column, number>,
    peak: GroupProxy<Peak>,
    settings: TaskSettings,
    runMs: number,
  ) {
    this.#charm = charm;
    this.#columns = columns;
    this.#peak = peak;
    this.#settings = settings;
    this.#runMs = runMs;
  }

  /** Milliseconds of core time per empty task. */
  empty(pattern: Pattern): Promise<number> {
    return this.#coreMsPerTask(pattern, 0);
  }

  /** Milliseconds of core time per task at 50 %. */
  async metg(pattern: Pattern): Promise<number> {
    const sweep: { readonly grain: number; readonly granularity: number }[] = [];
    let peakMs = Number.POSITIVE_INFINITY;
    for (let low = 0; low < lowRunsMax && sweep.length < grains.length; ) {
      const grain = grains[sweep.length]!;
      peakMs = Math.min(peakMs, await this.#peakMs());
      const granularity = await this.#coreMsPerTask(pattern, grain);
      sweep.push({ grain, granularity });
      low = (grain * peakMs) / granularity < lowEfficiency ? low + 1 : 0;
    }
    const points = sweep.map(({ grain, granularity }) => ({ granularity, efficiency: (grain * peakMs) / granularity }));
    // On a machine too busy for 50 %: at least as long as the longest.
    return metg(points) ?? Math.max(...points.map(({ granularity }) => granularity));
  }

  /** Milliseconds of one core per iteration of the kernel. */
  async #peakMs(): Promise<number> {
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < tries; i++) {
      const done = this.#charm.future<number>();
      const elapsed = await timed(async () => {
        this.#peak.all.compute(done);
        await done.get();
      });
      best = Math.min(best, elapsed);
    }
    return best / peakIterations;
  }

  async #coreMsPerTask(pattern: Pattern, grain: number): Promise<number> {
    const settings = { pattern: pattern.name, ...this.#settings, grain };
    let steps = 4;
    let best = await this.#run({ ...settings, steps });
    for (; best < this.#runMs / 2; steps *= 2) best = await this.#run({ ...settings, steps: 2 * steps });
    for (let i = 1; i < tries; i++) best = Math.min(best, await this.#run({ ...settings, steps }));
    return (best * this.#charm.pes) / countTasks(pattern, this.#settings, steps);
  }

  async #run(run: Run): Promise<number> {
    const ready = this.#charm.future<unknown>();
    this.#columns.all.prepare(run, ready);
    await ready.get();
    return timed(async () => {
      const done = this.#charm.future<number>();
      this.#columns.all.start(done);
      const wrong = await done.get();
      if (wrong > 0) throw new Error(`${run.pattern}: ${wrong} inputs are not those of the task that got them`);
    });
  }
}

export default async function main(charm: Charm): Promise<void> {
  const [planText, settingsText] = charm.args;
  const plan = JSON.parse(planText ?? '{"runs":5,"runMs":250}') as Plan;
  const settings = settingsText === undefined ? defaultTaskSettings : (JSON.parse(settingsText) as TaskSettings);
  const columns = await charm.array(Column, { size: settings.width });
  const meter = new Meter(charm, columns, await charm.group(Peak), settings, plan.runMs / runsPerPlanned);
  // Once for the compiler: all patterns run before the first is measured.
  for (const pattern of patterns) await meter.empty(pattern);
  await denqueLoop.run(denqueMessages);
  for (const pattern of patterns) {
    const [empty, metgs, denque]: [number[], number[], number[]] = [[], [], []];
    for (let run = 0; run < plan.runs; run++) {
      denque.push((await denqueLoop.run(denqueMessages)) / denqueMessages);
      empty.push(await meter.empty(pattern));
      metgs.push(await meter.metg(pattern));
    }
    const calibration = { name: denqueLoop.name, values: denque };
    report({ case: `${pattern.name}-empty`, figure: empty, calibration });
    report({ case: `${pattern.name}-metg`, figure: metgs, calibration });
  }
  charm.exit();
}
