/**
 * A one-way stream of small messages from PE 0 to PE 1, which is in another process, as in `stream`, aggregated; its calibration is the same stream of plain
 * messages.
 */
import { Chare, type Charm, type ElementProxy, type Future } from '../../core/index.ts';
import { measure, planOf, timed } from '../sampling.ts';

const burstMessages = 1024;
const burstsInFlight = 32;

export class End extends Chare<number> {
  #done: Future | undefined = undefined;
  #burstsToSend = 0;
  #burstsToHear = 0;
  #sum = 0;
  #other: ElementProxy<End> | undefined = undefined;

  start(bursts: number, aggregate: boolean, done: Future): void {
    const other = this.array.at(1) as unknown as ElementProxy<End>;
    this.#other = aggregate ? other.with({ aggregate }) : other;
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
    const other = this.#other!;
    for (let i = 1; i < burstMessages; i++) other.take(i);
    other.takeLast(burstMessages);
  }
}

export default async function main(charm: Charm): Promise<void> {
  const ends = await charm.array(End, { size: 2 });
  const run = (count: number, aggregate: boolean): Promise<number> => {
    const done = charm.future();
    return timed(() => {
      ends.at(0).start(count / burstMessages, aggregate, done);
      return done.get();
    });
  };
  const figure = { step: burstMessages, run: (count: number) => run(count, true) };
  const calibration = { name: 'plain', step: burstMessages, run: (count: number) => run(count, false) };
  await measure(planOf(charm), [{ case: 'one-way', figure, calibration }]);
  charm.exit();
}
