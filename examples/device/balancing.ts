/**
 * When the driver balances, and what comes of it.
 *
 * Between two bias points no command is under way and no strip has a message, so all of them can move. What a strip costs
 * hardly changes from point to point: the first steps find the places, later ones only look.
 */
import { type Charm, type LbStepReport, UsageError } from 'charm4ts';

/** After these bias points, and after every so many of the others. */
const firstPoints = 2;
const pointsBetween = 10;

export class Balancing {
  readonly steps: LbStepReport[] = [];
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
      this.steps.push(await this.#charm.balance());
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      this.#isOn = false;
    }
  }
}

/** What balancing has done to a run, in a line or two; nothing if the job was not balanced. */
export function describeBalancing(steps: readonly LbStepReport[], busiest: number, unmoved: number): string[] {
  const [last] = steps.slice(-1);
  if (last === undefined) return [];
  const moved = steps.reduce((sum, { migrations }) => sum + migrations, 0);
  const names = [...new Set(steps.map(({ strategy }) => strategy))].join(', ');
  const saved = unmoved - busiest;
  return [
    `  ${names}: ${steps.length} steps moved ${moved} strips; busiest PE to average ` +
      `${steps[0]!.before.toFixed(2)} before, ${last.before.toFixed(2)} at the end`,
    `  busiest PE ${busiest.toFixed(1)} s, with all strips where they were made ${unmoved.toFixed(1)} s: ` +
      `balancing saved it ${saved.toFixed(1)} s (${((100 * saved) / unmoved).toFixed(0)} %)`,
  ];
}
