/** A balancing step in one line, for people. */
import type { LbStep } from '../core/balance/balancing.ts';

export function stepLine({ report }: LbStep): string {
  const { step, strategy, trigger, objects, before, after, migrations, refusals, seconds, strategySeconds } = report;
  const why = trigger === 'atSync' ? '' : ` (${trigger})`;
  const refused = refusals.length === 0 ? '' : `, ${refusals.length} refused`;
  return (
    `lb step ${step}${why}: ${strategy}, max/avg ${before.toFixed(3)} -> ${after.toFixed(3)}, ` +
    `${migrations} of ${objects} objects moved${refused}, ${milliseconds(seconds)} ms (strategy ${milliseconds(strategySeconds)})`
  );
}

function milliseconds(seconds: number): string {
  return (seconds * 1000).toFixed(seconds < 0.1 ? 2 : 0);
}
