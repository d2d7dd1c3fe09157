/** A balancing step in one line, for people. */
import type { LbStep } from '../core/balance/balancing.ts';

export function stepLine({ report }: LbStep): string {
  const { step, strategy, trigger, objects, before, after, migrations, refusals, seconds, strategySeconds } = report;
  const refused = refusals.length === 0 ? '' : `, ${refusals.length} refused`;
  const moved = `max/avg ${before.toFixed(3)} -> ${after.toFixed(3)}, ${migrations} of ${objects} objects moved${refused}`;
  if (trigger === 'continuous') return `lb period ${step}: ${strategy}, ${moved}`;
  const why = trigger === 'atSync' ? '' : ` (${trigger})`;
  return `lb step ${step}${why}: ${strategy}, ${moved}, ${milliseconds(seconds)} ms (strategy ${milliseconds(strategySeconds)})`;
}

function milliseconds(seconds: number): string {
  return (seconds * 1000).toFixed(seconds < 0.1 ? 2 : 0);
}
