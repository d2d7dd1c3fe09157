/** A one-way stream of small messages from PE 0 to PE 1, beside records over a raw ring. */
import type { Charm } from '../../core/index.ts';
import { CalibrationPair, rawRingStream } from '../calibration/pair.ts';
import { measure, planOf } from '../sampling.ts';
import { makeStreams } from '../stream-end.ts';

export { CalibrationPair } from '../calibration/pair.ts';
export { End } from '../stream-end.ts';

export default async function main(charm: Charm): Promise<void> {
  const pair = await charm.group(CalibrationPair);
  const { plain } = await makeStreams(charm);
  await measure(planOf(charm), [{ case: 'one-way', figure: plain, calibration: rawRingStream(charm, pair) }]);
  charm.exit();
}
