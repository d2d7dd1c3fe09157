/**
 * When the driver balances, and what comes of it.
 *
 * Between two bias points no command is under way and no strip has a message, so all of them can move. What a strip costs
 * hardly changes from point to point: the first steps find the places, later ones only look.
 */
import { type Charm, type LbStepReport, UsageError } from 'charm4ts';
import { savedSeconds, type Trial } from './trial.ts';

/** After these bias points, and after every so many of the others. */
const firstPoints = 2;
const pointsBetween = 10;

export class Balancing {
  readonly steps: LbStepReport[] = [];
  /** When the first step that moved anything ended, in seconds. */
  firstMove: number | undefined = undefined;
  readonly #charm: Charm;
  /** False once it has turned out that the job has no balancer. */
  #isOn = true;

  constructor(charm: Charm) {
    this.#charm = charm;
  }

  /** A load-balancing step, if it is time for one. `done` bias points have been solved, and there are more. */
  async afterPoint(done: number): Promise<void> {
    if (!this.#isOn || (done > firstPoints && done % pointsBetween !== 0)) return;
    try {
      const report = await this.#charm.balance();
      this.steps.push(report);
      if (report.migrations > 0) this.firstMove ??= this.#charm.now();
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      this.#isOn = false;
    }
  }
}

/** What balancing has saved: a piece of the job both ways, and the seconds that the job was balanced. */
export interface Savings {
  readonly trial: Trial;
  readonly balancedSeconds: number;
}

/** What balancing has done to a run that took `seconds`, in a few lines; nothing if the job was not balanced. */
export function describeBalancing(
  steps: readonly LbStepReport[],
  seconds: number,
  savings: Savings | undefined,
): string[] {
  const [last] = steps.slice(-1);
  if (last === undefined) return [];
  const moved = steps.reduce((sum, { migrations }) => sum + migrations, 0);
  const names = [...new Set(steps.map(({ strategy }) => strategy))].join(', ');
  const lines = [
    `  ${names}: ${steps.length} steps moved ${moved} strips; busiest PE to average ` +
      `${steps[0]!.before.toFixed(2)} before, ${last.before.toFixed(2)} at the end`,
  ];
  if (savings === undefined) return lines;
  const { trial, balancedSeconds } = savings;
  const saved = savedSeconds(trial, balancedSeconds);
  const percent = ((100 * saved) / (seconds + saved)).toFixed(0);
  const isShown = Math.abs(trial.unmoved / trial.balanced - 1) > trial.noise;
  const about = `about ${saved.toFixed(1)} of ${(seconds + saved).toFixed(1)} s (${percent} %)`;
  lines.push(
    `  balancing saved ${isShown ? about : 'nothing that shows'}, by the clock: a linear ` +
      `iteration takes ${(1000 * trial.balanced).toFixed(2)} ms, and ${(1000 * trial.unmoved).toFixed(2)} ms with strips where they were made (noise ${(100 * trial.noise).toFixed(0)} %)`,
  );
  return lines;
}
