/**
 * Ends of a one-way stream of small messages from element 0 to element 1, of `stream` and `aggregation`. Sent in bursts of 1,024 from
 * one entry method; the last message of a burst asks for another one, and 32 bursts are under way, so memory stays bounded.
 */
import { Chare, type Charm, type ElementProxy, type Future } from '../core/index.ts';
import { timed, type Work } from './sampling.ts';

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

/** Streams of plain messages, and of aggregated ones, between two new elements. */
export async function makeStreams(charm: Charm): Promise<{ readonly plain: Work; readonly aggregated: Work }> {
  const ends = await charm.array(End, { size: 2 });
  const stream = (aggregate: boolean): Work => ({
    step: burstMessages,
    run: (count) => {
      const done = charm.future();
      return timed(() => {
        ends.at(0).start(count / burstMessages, aggregate, done);
        return done.get();
      });
    },
  });
  return { plain: stream(false), aggregated: stream(true) };
}
