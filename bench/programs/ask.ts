/** Questions in a row: one element asks another and waits for each answer. On one PE, or on two. */
import { Chare, type Charm, type Future } from '../../core/index.ts';
import { denqueLoop } from '../calibration/denque-loop.ts';
import { CalibrationPair, rawRingRoundTrip } from '../calibration/pair.ts';
import { measure, planOf, timed } from '../sampling.ts';

export { CalibrationPair } from '../calibration/pair.ts';

export class Speaker extends Chare<number> {
  async askOften(count: number, done: Future): Promise<void> {
    const other = this.array.at(1);
    for (let i = 0; i < count; i++) {
      const answer = await other.ask.successor(i);
      if (answer !== i + 1) throw new Error(`asked for the successor of ${i}, got ${answer}`);
    }
    done.set();
  }

  successor(value: number): number {
    return value + 1;
  }
}

export default async function main(charm: Charm): Promise<void> {
  const speakers = await charm.array(Speaker, { size: 2 });
  const run = (count: number): Promise<number> => {
    const done = charm.future();
    return timed(() => {
      speakers.at(0).askOften(count, done);
      return done.get();
    });
  };
  const isLocal = charm.pes === 1;
  const calibration = isLocal ? denqueLoop : rawRingRoundTrip(charm, await charm.group(CalibrationPair), 8);
  await measure(planOf(charm), [{ case: isLocal ? 'one-PE' : 'two-PEs', figure: { run }, calibration }]);
  charm.exit();
}
