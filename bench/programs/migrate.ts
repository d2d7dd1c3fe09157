/** One element that moves to and fro between two PEs, with nothing in it or with a large array. A round trip is two moves. */
import { type ArrayProxy, Chare, type Charm, type Future } from '../../core/index.ts';
import { memcpyRoundTrip } from '../calibration/memcpy.ts';
import { CalibrationPair, rawRingRoundTrip } from '../calibration/pair.ts';
import { measure, planOf, timed, type Work } from '../sampling.ts';

export { CalibrationPair } from '../calibration/pair.ts';

export class Traveller extends Chare<number> {
  movesLeft = 0;
  done: Future | undefined = undefined;
  state: Uint8Array | undefined = undefined;

  pack1MiB(): void {
    this.state = new Uint8Array(1 << 20).fill(1);
  }

  travel(moves: number, done: Future): void {
    this.movesLeft = moves;
    this.done = done;
    this.migrateTo(1 - this.charm.pe);
  }

  justMigrated(): void {
    this.movesLeft--;
    if (this.movesLeft === 0) this.done!.set();
    else this.migrateTo(1 - this.charm.pe);
  }
}

function moves(charm: Charm, travellers: ArrayProxy<Traveller, number>, which: number): Work {
  const run = (count: number): Promise<number> => {
    const done = charm.future();
    return timed(() => {
      travellers.at(which).travel(count, done);
      return done.get();
    });
  };
  return { run };
}

export default async function main(charm: Charm): Promise<void> {
  const pair = await charm.group(CalibrationPair);
  const travellers = await charm.array(Traveller, { size: 2 });
  travellers.at(1).pack1MiB();
  await measure(planOf(charm), [
    { case: 'empty', figure: moves(charm, travellers, 0), calibration: rawRingRoundTrip(charm, pair, 8) },
    { case: '1-MiB', figure: moves(charm, travellers, 1), calibration: memcpyRoundTrip(1 << 20) },
  ]);
  charm.exit();
}
