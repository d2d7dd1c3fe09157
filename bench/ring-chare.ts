/**
 * The ring of the local-message and ring benches: every element passes what it gets to the next, in one of three
 * ways. Element 0 counts the tokens that have ended.
 */
import { type ArrayProxy, Chare, type Charm, type Future } from '../core/index.ts';
import { ringSize, tokenCount } from './calibration/denque-loop.ts';
import { timed, type Work } from './sampling.ts';

/** The entry method that a token goes round with. */
export type PassMethod = 'pass' | 'passPrioritised' | 'passAwaiting';

export class Ring extends Chare<number> {
  #done: Future | undefined = undefined;
  #tokensLeft = 0;

  start(tokens: number, done: Future): void {
    this.#tokensLeft = tokens;
    this.#done = done;
  }

  pass(hopsLeft: number): void {
    if (hopsLeft === 0) return this.array.at(0).ended();
    this.array.at((this.index + 1) % this.array.size).pass(hopsLeft - 1);
  }

  /** Sixteen priorities, all in the queue at once. */
  passPrioritised(hopsLeft: number): void {
    if (hopsLeft === 0) return this.array.at(0).ended();
    const priority = (this.index * 7) & 15;
    const next = this.array.at((this.index + 1) % this.array.size);
    next.with({ priority }).passPrioritised(hopsLeft - 1);
  }

  async passAwaiting(hopsLeft: number): Promise<void> {
    await undefined;
    if (hopsLeft === 0) return this.array.at(0).ended();
    this.array.at((this.index + 1) % this.array.size).passAwaiting(hopsLeft - 1);
  }

  ended(): void {
    this.#tokensLeft--;
    if (this.#tokensLeft === 0) this.#done!.set();
  }
}

/** `count` messages in all: 64 tokens, evenly spread over the ring, each `count / 64` hops. */
export function ringWork(charm: Charm, ring: ArrayProxy<Ring, number>, method: PassMethod): Work {
  const run = (count: number): Promise<number> => {
    const done = charm.future();
    return timed(() => {
      ring.at(0).start(tokenCount, done);
      for (let token = 0; token < tokenCount; token++) {
        ring.at((token * ringSize) / tokenCount)[method](count / tokenCount - 1);
      }
      return done.get();
    });
  };
  return { step: tokenCount, run };
}
