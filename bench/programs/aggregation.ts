/**
 * A one-way stream of small messages from PE 0 to PE 1, which is in another process, aggregated; its calibration is the same stream
 * of plain messages.
 */
import type { Charm } from '../../core/index.ts';
import { measure, planOf } from '../sampling.ts';
import { makeStreams } from '../stream-end.ts';

export { End } from '../stream-end.ts';

export default async function main(charm: Charm): Promise<void> {
  const { plain, aggregated } = await makeStreams(charm);
  await measure(planOf(charm), [{ case: 'one-way', figure: aggregated, calibration: { name: 'plain', ...plain } }]);
  charm.exit();
}
