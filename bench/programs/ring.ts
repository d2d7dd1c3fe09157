/** The ring of local-message over 2 PEs: in blocks (2 of 1,024 hops go to the other PE) and in turn (all of them do). */
import type { Charm } from '../../core/index.ts';
import { denqueLoop, ringSize } from '../calibration/denque-loop.ts';
import { CalibrationPair, rawRingStream } from '../calibration/pair.ts';
import { Ring, ringWork } from '../ring-chare.ts';
import { measure, planOf } from '../sampling.ts';

export { CalibrationPair } from '../calibration/pair.ts';
export { Ring } from '../ring-chare.ts';

export default async function main(charm: Charm): Promise<void> {
  const pair = await charm.group(CalibrationPair);
  const blocks = await charm.array(Ring, { size: ringSize, map: 'block' });
  const inTurn = await charm.array(Ring, { size: ringSize, map: 'roundRobin' });
  await measure(planOf(charm), [
    { case: 'mixed', figure: ringWork(charm, blocks, 'pass'), calibration: denqueLoop },
    { case: 'all-remote', figure: ringWork(charm, inTurn, 'pass'), calibration: rawRingStream(charm, pair) },
  ]);
  charm.exit();
}
