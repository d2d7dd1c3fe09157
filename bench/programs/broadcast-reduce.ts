/** Broadcast to 1,024 elements on 2 PEs, each of which contributes to a sum; the next round starts when it is there. */
import { Chare, type Charm, type Future, Reducer } from '../../core/index.ts';
import { denqueLoop, ringSize } from '../calibration/denque-loop.ts';
import { CalibrationPair, rawRingRoundTrip } from '../calibration/pair.ts';
import { type Calibration, measure, planOf, timed } from '../sampling.ts';

export { CalibrationPair } from '../calibration/pair.ts';

export class Member extends Chare<number> {
  add(value: number, sum: Future<number>): void {
    this.contribute(value, Reducer.sum, sum);
  }
}

/** What a round can't do without: a call for each element, and two round trips. */
function callsAndTrips(roundTrip: Calibration): Calibration {
  const run = async (count: number): Promise<number> =>
    (denqueLoop.run(count * ringSize) as number) + (await roundTrip.run(2 * count));
  // Twice this is a multiple of the ring's batch.
  return { name: 'calls + 2 trips', step: 64, run };
}

export default async function main(charm: Charm): Promise<void> {
  const pair = await charm.group(CalibrationPair);
  const members = await charm.array(Member, { size: ringSize });
  const run = (count: number): Promise<number> =>
    timed(async () => {
      for (let round = 0; round < count; round++) {
        const sum = charm.future<number>();
        members.all.add(round, sum);
        const got = await sum.get();
        if (got !== round * ringSize) throw new Error(`round ${round}: the sum is ${got}, not ${round * ringSize}`);
      }
    });
  const calibration = callsAndTrips(rawRingRoundTrip(charm, pair, 8));
  await measure(planOf(charm), [{ case: 'sum-of-1024', figure: { run }, calibration }]);
  charm.exit();
}
