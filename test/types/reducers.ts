/**
 * What the compiler says of reductions. Nothing here runs: `npm run typecheck` refuses a line that should not
 * pass and does, and the other way round.
 */
import { type Callback, Chare, type Future, Reducer, reducer } from 'charm4ts';

const longest = reducer<string>('longest', { merge: (a, b) => (b.length > a.length ? b : a) });

export class Types extends Chare {
  accepted(
    bytes: Float64Array,
    plain: Float64Array<ArrayBuffer>,
    all: Callback<Float64Array[]>,
    numbers: Future<number[]>,
    total: Future<Float64Array>,
    pair: Future<[number, string[]]>,
  ): void {
    this.contribute(bytes, Reducer.gather(), all);
    this.contribute(plain, Reducer.gather(), all);
    this.contribute(bytes, Reducer.set(), all);
    this.contribute(1, Reducer.gather(), numbers);
    this.contribute(new Float64Array(3), Reducer.gather(), all);
    this.contribute(bytes, Reducer.concat(), total);
    this.contribute(bytes, Reducer.any(), total);
    this.contribute(bytes, Reducer.sum, total);
    this.contribute(plain, Reducer.sum, total);
    this.contribute([1, 'a'] as const, Reducer.tuple(Reducer.sum, Reducer.gather<string>()), pair);
  }

  async results(bytes: Float64Array): Promise<void> {
    const gathered: Float64Array[] = await this.allreduce(bytes, Reducer.gather());
    const sum: Float64Array = await this.allreduce(bytes, Reducer.sum);
    const count: number = await this.allreduce(1, Reducer.sum);
    const text: string = await this.allreduce('', longest);
    void [gathered, sum, count, text];
  }

  refused(bytes: Float64Array, all: Callback<Float64Array[]>, one: Callback<number>, words: Callback<string[]>): void {
    // @ts-expect-error: the call is missing.
    this.contribute(bytes, Reducer.gather, all);
    // @ts-expect-error: the call is missing.
    this.contribute(1, Reducer.any, one);
    // @ts-expect-error: the call is missing.
    this.contribute(1, Reducer.set, one);
    // @ts-expect-error: a function is no reducer.
    this.contribute(1, (a: number, b: number) => a + b, one);
    // @ts-expect-error: an object with a name is no reducer.
    this.contribute(1, { name: 'sum' }, one);
    // @ts-expect-error: strings can't be added up.
    this.contribute('a', Reducer.sum, one);
    // @ts-expect-error: numbers do not gather to strings.
    this.contribute(1, Reducer.gather(), words);
    // @ts-expect-error: a list of arrays is no number.
    this.contribute(bytes, Reducer.gather(), one);
    // @ts-expect-error: the sum of arrays is an array.
    this.contribute(bytes, Reducer.sum, one);
    // @ts-expect-error: lengths of numbers are not compared.
    this.contribute(1, longest, one);
  }

  async refusedResults(bytes: Float64Array): Promise<void> {
    // @ts-expect-error: the call is missing.
    await this.allreduce(bytes, Reducer.gather);
    // @ts-expect-error: the sum is a number.
    const text: string = await this.allreduce(1, Reducer.sum);
    void text;
  }
}
