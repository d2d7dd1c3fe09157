/** Round trips between two elements on two PEs, with a number or a typed array as argument. */
import { type ArrayProxy, Chare, type Charm, type Future, type SharedArray } from '../../core/index.ts';
import { memcpyRoundTrip } from '../calibration/memcpy.ts';
import { CalibrationPair, rawRingRoundTrip } from '../calibration/pair.ts';
import { measure, planOf, timed, type Work } from '../sampling.ts';

export { CalibrationPair } from '../calibration/pair.ts';

export class Player extends Chare<number> {
  #done: Future | undefined = undefined;

  start(done: Future): void {
    this.#done = done;
  }

  ping(roundsLeft: number): void {
    if (roundsLeft === 0) this.#done!.set();
    else this.array.at(1).pong(roundsLeft);
  }

  pong(roundsLeft: number): void {
    this.array.at(0).ping(roundsLeft - 1);
  }

  pingArray(roundsLeft: number, data: Uint8Array): void {
    if (roundsLeft === 0) this.#done!.set();
    else this.array.at(1).pongArray(roundsLeft, data);
  }

  pingShared(roundsLeft: number, data: SharedArray<Float64Array>): void {
    if (roundsLeft > 0) return this.array.at(1).pongShared(roundsLeft, data);
    data.release();
    this.#done!.set();
  }

  pongShared(roundsLeft: number, data: SharedArray<Float64Array>): void {
    data.view[0]!++;
    this.array.at(0).pingShared(roundsLeft - 1, data);
  }

  pongArray(roundsLeft: number, data: Uint8Array): void {
    this.array.at(0).pingArray(roundsLeft - 1, data);
  }
}

function rounds(charm: Charm, players: ArrayProxy<Player, number>, bytes: number | undefined): Work {
  const data = bytes === undefined ? undefined : new Uint8Array(bytes).fill(1);
  const run = (count: number): Promise<number> => {
    const done = charm.future();
    return timed(() => {
      const first = players.at(0);
      first.start(done);
      if (data === undefined) first.ping(count);
      else first.pingArray(count, data);
      return done.get();
    });
  };
  return { run };
}

/** Handed over, with one element written each round. */
function sharedRounds(charm: Charm, players: ArrayProxy<Player, number>, bytes: number): Work {
  const run = (count: number): Promise<number> => {
    const done = charm.future();
    const data = charm.shared(Float64Array, bytes / 8);
    return timed(() => {
      const first = players.at(0);
      first.start(done);
      first.pingShared(count, data);
      return done.get();
    });
  };
  return { run };
}

export default async function main(charm: Charm): Promise<void> {
  const pair = await charm.group(CalibrationPair);
  const players = await charm.array(Player, { size: 2 });
  const small = rawRingRoundTrip(charm, pair, 8);
  const middle = rawRingRoundTrip(charm, pair, 100);
  const [large, huge] = [1 << 16, 1 << 20];
  await measure(planOf(charm), [
    { case: '8-B', figure: rounds(charm, players, undefined), calibration: small },
    { case: '100-B', figure: rounds(charm, players, 100), calibration: middle },
    { case: '64-KiB', figure: rounds(charm, players, large), calibration: memcpyRoundTrip(large) },
    { case: '1-MiB', figure: rounds(charm, players, huge), calibration: memcpyRoundTrip(huge) },
    { case: '1-MiB-shared', figure: sharedRounds(charm, players, huge), calibration: small },
  ]);
  charm.exit();
}
