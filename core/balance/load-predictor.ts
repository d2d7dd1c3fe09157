/**
 * Foresees the loads of objects from those of earlier steps, on PE 0: what was measured says what the last interval was
 * like, and a strategy decides about the next.
 *
 *  1. Work (load times the speed of the PE) of each object is smoothed, level and trend (Holt's linear method).
 *  2. What that would have foreseen for this step, and what "as before" would have, are compared with what came, object by
 *     object; of the two, the one with the smaller error so far is believed.
 *
 * So loads that jump about are left as measured, and those that rise steadily are extrapolated. O(objects) time and memory.
 */
import type { Key } from '../chare/index-space.ts';
import type { GlobalStatistics } from './global-statistics.ts';
import type { LbStatistics } from './strategy.ts';

const levelWeight = 0.6;
const trendWeight = 0.4;
/** Older errors count less. */
const errorDecay = 0.8;

class History {
  step = 0;
  #last: number;
  #level: number;
  #trend = 0;
  #foreseen: number;
  #errorOfTrend = 0;
  #errorOfLast = 0;

  constructor(work: number) {
    this.#last = work;
    this.#level = work;
    this.#foreseen = work;
  }

  add(work: number): void {
    this.#errorOfTrend = errorDecay * this.#errorOfTrend + Math.abs(work - this.#foreseen);
    this.#errorOfLast = errorDecay * this.#errorOfLast + Math.abs(work - this.#last);
    const level = levelWeight * work + (1 - levelWeight) * (this.#level + this.#trend);
    this.#trend = trendWeight * (level - this.#level) + (1 - trendWeight) * this.#trend;
    this.#level = level;
    this.#last = work;
    this.#foreseen = Math.max(0, level + this.#trend);
  }

  next(): number {
    return this.#errorOfTrend < this.#errorOfLast ? this.#foreseen : this.#last;
  }
}

export class LoadPredictor {
  readonly #sets = new Map<number, Map<Key, History>>();
  #step = 0;

  /** The statistics with the loads that are foreseen. */
  predict(global: GlobalStatistics): LbStatistics {
    const { statistics } = global;
    const { objects, pes } = statistics;
    const load = new Float64Array(objects.count);
    this.#step++;
    for (let object = 0; object < objects.count; object++) {
      const speed = pes.speed[objects.pe[object]!]!;
      load[object] = this.#next(global, object, objects.load[object]! * speed) / speed;
    }
    this.#forget();
    return { ...statistics, objects: { ...objects, load } };
  }

  #next(global: GlobalStatistics, object: number, work: number): number {
    const { set, key } = global.nameOf(object);
    let histories = this.#sets.get(set);
    if (histories === undefined) {
      histories = new Map();
      this.#sets.set(set, histories);
    }
    let history = histories.get(key);
    if (history === undefined) {
      history = new History(work);
      histories.set(key, history);
    } else history.add(work);
    history.step = this.#step;
    return history.next();
  }

  /** Objects that are gone. */
  #forget(): void {
    for (const histories of this.#sets.values())
      for (const [key, { step }] of histories) if (step !== this.#step) histories.delete(key);
  }
}
