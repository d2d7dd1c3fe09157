/**
 * A one-way stream of small messages from PE 0 to PE 1. Sent in bursts of 1,024 from one entry method; the last
 * message of a burst asks for another one, and 32 bursts are under way, so memory stays bounded.
 */
import { Chare, type Charm, type Future } from '../../core/index.ts';
import { CalibrationPair, rawRingStream } from '../calibration/pair.ts';
import { measure, planOf, timed } from '../sampling.ts';

export { CalibrationPair } from '../calibration/pair.ts';

const burstMessages = 1024;
const burstsInFlight = 32;

export class End extends Chare<number> {
  #done: Future | undefined = undefined;
  #burstsToSend = 0;
  #burstsToHear = 0;
  #sum = 0;

  start(bursts: number, done: Future): void {
    this.#done = done;
    this.#burstsToSend = bursts;
    this.#burstsToHear = bursts;
    for (let i = 0; i < burstsInFlight; i++) this.#sendBurst();
  }

  burstArrived(): void {
    this.#burstsToHear--;
    if (this.#burstsToHear === 0) this.#done!.set();
    else this.#sendBurst();
  }

  take(value: number): void {
    this.#sum += value;
  }

  takeLast(value: number): void {
    this.#sum += value;
    this.array.at(0).burstArrived();
  }

  #sendBurst(): void {
    if (this.#burstsToSend === 0) return;
    this.#burstsToSend--;
    const other = this.array.at(1);
    for (let i = 1; i < burstMessages; i++) other.take(i);
    other.takeLast(burstMessages);
  }
}

export default async function main(charm: Charm): Promise<void> {
  const pair = await charm.group(CalibrationPair);
  const ends = await charm.array(End, { size: 2 });
  const run = (count: number): Promise<number> => {
    const done = charm.future();
    return timed(() => {
      ends.at(0).start(count / burstMessages, done);
      return done.get();
    });
  };
  const figure = { step: burstMessages, run };
  await measure(planOf(charm), [{ case: 'one-way', figure, calibration: rawRingStream(charm, pair) }]);
  charm.exit();
}
