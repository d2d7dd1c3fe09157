/** I5: reductions. */

import type { ElementRecord } from '../../../core/chare/element.ts';
import { type AnyReducer, Reducer } from '../../../core/collective/reducers.ts';
import type { TraceSink } from '../../../core/pe/trace-sink.ts';
import { Checker } from './checker.ts';
import { nameOf } from './messages.ts';

/** One reduction, as those who contribute see it. */
interface Round {
  readonly who: Set<string>;
  /** Whole numbers contributed to a sum; undefined if that is not what is done. */
  sum: number | undefined;
}

export class ReductionChecker extends Checker {
  readonly name = 'I5';
  readonly promise = 'a reduction has exactly one contribution of each contributor, and reductions end in order';
  readonly #rounds = new Map<string, Round>();
  /** The reduction that each element has contributed to last. */
  readonly #last = new Map<string, number>();
  /** The last one of each collection that has ended. */
  readonly #ended = new Map<number, number>();

  override sinkOf(): Partial<TraceSink> {
    const forget = (element: ElementRecord): void => {
      this.#last.delete(nameOf(element));
    };
    return {
      created: forget,
      contributed: (element, number, value, reducer) => this.#contributed(element, number, value, reducer),
      reduced: (collection, number, contributions, result) => {
        const label = `reduction ${number} of ${collection.labelOf(undefined)}`;
        const id = `${collection.id}:${number}`;
        const round = this.#rounds.get(id);
        this.#rounds.delete(id);
        const before = this.#ended.get(collection.id) ?? 0;
        if (number <= before) this.violated(`${label} ends after number ${before}`);
        this.#ended.set(collection.id, number);
        const count = round?.who.size ?? 0;
        if (contributions !== count) this.violated(`${label} has ${contributions} contributions of ${count} elements`);
        if (round?.sum !== undefined && typeof result === 'number' && result !== round.sum)
          this.violated(`${label} gives ${result}; what was contributed is ${round.sum}`);
      },
    };
  }

  #contributed(element: ElementRecord, number: number, value: unknown, reducer: AnyReducer): void {
    const name = nameOf(element);
    const last = this.#last.get(name);
    if (last !== undefined && number !== last + 1)
      this.violated(`${element.label} contributes to reduction ${number} after ${last}`);
    this.#last.set(name, number);
    const id = `${element.collection.id}:${number}`;
    let round = this.#rounds.get(id);
    if (round === undefined) {
      round = { who: new Set(), sum: 0 };
      this.#rounds.set(id, round);
    }
    if (round.who.has(name)) this.violated(`${element.label} contributes twice to reduction ${number}`);
    round.who.add(name);
    const isSummed = reducer === (Reducer.sum as unknown) && Number.isSafeInteger(value);
    round.sum = isSummed && round.sum !== undefined ? round.sum + (value as number) : undefined;
  }
}
