/** Messages between chares of one PE: a ring of 1,024 elements, 64 in flight. */
import type { Charm } from '../../core/index.ts';
import { denqueLoop, ringSize } from '../calibration/denque-loop.ts';
import { Ring, ringWork } from '../ring-chare.ts';
import { measure, planOf } from '../sampling.ts';

export { Ring } from '../ring-chare.ts';

export default async function main(charm: Charm): Promise<void> {
  const ring = await charm.array(Ring, { size: ringSize });
  await measure(planOf(charm), [
    { case: 'plain', figure: ringWork(charm, ring, 'pass'), calibration: denqueLoop },
    { case: '16-priorities', figure: ringWork(charm, ring, 'passPrioritised'), calibration: denqueLoop },
    { case: 'async-await', figure: ringWork(charm, ring, 'passAwaiting'), calibration: denqueLoop },
  ]);
  charm.exit();
}
