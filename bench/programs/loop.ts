/**
 * Parallel loops with nothing to do, one after another, over two PEs: what a loop costs beside its iterations. The calibration is the
 * round trip that no fork and join can do without.
 */
import { type Charm, Reducer } from '../../core/index.ts';
import { CalibrationPair, rawRingRoundTrip } from '../calibration/pair.ts';
import { measure, planOf, timed } from '../sampling.ts';

export { CalibrationPair } from '../calibration/pair.ts';

/** Two chunks for each PE. */
const range = { to: 4, chunk: 1, args: [] as const };

export function nothing(from: number, to: number): number {
  return to - from;
}

export default async function main(charm: Charm): Promise<void> {
  const calibration = rawRingRoundTrip(charm, await charm.group(CalibrationPair), 8);
  const repeated = (loop: () => Promise<unknown>) => ({
    run: (count: number): Promise<number> =>
      timed(async () => {
        for (let i = 0; i < count; i++) await loop();
      }),
  });
  await measure(planOf(charm), [
    { case: 'static', figure: repeated(() => charm.loop(nothing, { ...range, schedule: 'static' })), calibration },
    { case: 'dynamic', figure: repeated(() => charm.loop(nothing, range)), calibration },
    {
      case: 'dynamic-sum',
      figure: repeated(() => charm.loop(nothing, { ...range, reducer: Reducer.sum })),
      calibration,
    },
  ]);
  charm.exit();
}
