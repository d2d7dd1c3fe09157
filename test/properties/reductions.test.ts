/**
 * Reductions of every kind of collection: several under way at once, contributed to in constructors and later, by
 * elements that are inserted meanwhile, on PEs that may have no element at all.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Callback, Chare, type Charm, type Future, type GroupProxy, Reducer } from 'charm4ts';
import fc from 'fast-check';
import { SeededRandom } from '../../core/base/random.ts';
import { check } from '../support/property.ts';
import { type Contribution, longestText, type ReducerCase, reducerCases, spread } from '../support/reducer-cases.ts';
import { run, type Schedule, schedules } from '../support/schedule.ts';

const kinds = ['dense', 'grid', 'sparse', 'words', 'inserted', 'insertedEverywhere', 'group', 'nodeGroup'] as const;
type Kind = (typeof kinds)[number];
type Target = 'future' | 'element' | 'all' | 'allreduce';

interface Plan {
  readonly schedule: Schedule;
  readonly kind: Kind;
  readonly size: number;
  readonly map: 'block' | 'roundRobin';
  readonly values: readonly number[];
  readonly reductions: readonly { readonly of: number; readonly target: Target }[];
  /** How many of them the constructor contributes to. */
  readonly early: number;
  /** Order of the messages that make elements contribute to the others. */
  readonly orderSeed: number;
}

const plans: fc.Arbitrary<Plan> = fc.record({
  schedule: schedules,
  kind: fc.constantFrom(...kinds),
  size: fc.integer({ min: 1, max: 12 }),
  map: fc.constantFrom('block', 'roundRobin'),
  values: fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 1, maxLength: 9 }),
  reductions: fc.array(
    fc.record({
      of: fc.nat(reducerCases.length - 1),
      target: fc.constantFrom<Target>('future', 'element', 'all', 'allreduce'),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  early: fc.nat(6),
  orderSeed: fc.nat(),
});

interface Result {
  readonly r: number;
  readonly value: unknown;
}

/** What came out, by who received it. */
interface Outcome {
  readonly futures: Result[];
  readonly collector: unknown[];
  readonly byElement: Map<string, { readonly all: unknown[]; readonly allreduce: Result[] }>;
}

function indicesOf({ kind, size, schedule, values }: Plan): readonly unknown[] {
  const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
  switch (kind) {
    case 'dense':
      return upTo(size);
    case 'grid':
      return upTo(size).flatMap((i) => [0, 1, 2].map((j) => [i, j]));
    case 'words':
      return upTo(size).map((i) => `word ${String.fromCharCode(97 + i)}`);
    case 'group':
      return upTo(schedule.pes);
    case 'nodeGroup':
      return upTo(Math.ceil(schedule.pes / schedule.pesPerNode));
    default:
      return upTo(size).map((i) => (i - 3) * (1 + Math.abs(values[0]!)));
  }
}

async function outcomeOf(plan: Plan): Promise<Outcome> {
  const { kind, size, map, values, reductions, orderSeed } = plan;
  const early = Math.min(plan.early, reductions.length);
  const indices = indicesOf(plan);
  const outcome: Outcome = { futures: [], collector: [], byElement: new Map() };
  for (const index of indices) outcome.byElement.set(JSON.stringify(index), { all: [], allreduce: [] });
  const isGroup = kind === 'group' || kind === 'nodeGroup';

  abstract class Worker<I> extends Chare<I> {
    readonly _futures: readonly Future<unknown>[];
    readonly _collector: Callback<unknown>;
    _next = 0;

    constructor(futures: readonly Future<unknown>[], collector: Callback<unknown>) {
      super();
      this._futures = futures;
      this._collector = collector;
      for (let i = 0; i < early; i++) this._contribute();
    }

    go(): void {
      this._contribute();
    }

    result(value: unknown): void {
      this._log.all.push(value);
    }

    get _log(): { readonly all: unknown[]; readonly allreduce: Result[] } {
      return outcome.byElement.get(JSON.stringify(this.index))!;
    }

    _contribute(): void {
      const r = this._next++;
      const { of, target } = reductions[r]!;
      const { reducer, value } = reducerCases[of]!;
      const n =
        values[(indices.findIndex((i) => JSON.stringify(i) === JSON.stringify(this.index)) + r) % values.length]!;
      const mine = value(n, this.index);
      if (target === 'allreduce')
        void this.allreduce(mine, reducer).then((result) => this._log.allreduce.push({ r, value: result }));
      else this.contribute(mine, reducer, this._target(r, target));
    }

    _target(r: number, target: Target): Callback<unknown> {
      if (target === 'future') return this._futures[r]!;
      if (target === 'element') return this._collector;
      return isGroup ? this.group.all.callback.result : this.array.all.callback.result;
    }
  }
  class FlatWorker extends Worker<number> {}
  class GridWorker extends Worker<[number, number]> {}
  class WordWorker extends Worker<string> {}

  class Collector extends Chare {
    collect(value: unknown): void {
      outcome.collector.push(value);
    }
  }

  class Inserter extends Chare {
    /** Inserts this PE's share of the elements, each on a PE drawn at random. */
    insert(array: Inserted, args: WorkerArgs): void {
      for (let i = this.index; i < indices.length; i += this.charm.pes) this._insert(array, indices[i] as number, args);
    }

    _insert(array: Inserted, index: number, args: WorkerArgs): void {
      const onPe = Math.floor(this.charm.random() * this.charm.pes);
      array.insert(index, this.charm.random() < 0.5 ? { args } : { args, onPe });
    }
  }
  type WorkerArgs = [readonly Future<unknown>[], Callback<unknown>];
  type Inserted = Awaited<ReturnType<typeof makeSparse>>;
  const makeSparse = (charm: Charm, args: WorkerArgs) => charm.array(FlatWorker, { indices: [] as number[], args });

  const main = async (charm: Charm): Promise<void> => {
    const futures = reductions.map(() => charm.future<unknown>());
    futures.forEach((future, r) => {
      if (reductions[r]!.target === 'future') void future.get().then((value) => outcome.futures.push({ r, value }));
    });
    const collector = await charm.chare(Collector);
    const args: WorkerArgs = [futures, collector.callback.collect];
    const goOf = await create(charm, args);
    const random = new SeededRandom(orderSeed);
    const messages = indices.flatMap((index) => Array.from({ length: reductions.length - early }, () => index));
    const keyed = messages.map((index) => ({ index, key: random.next() })).sort((a, b) => a.key - b.key);
    for (const { index } of keyed) goOf(index);
    await charm.quiescence();
    charm.exit();
  };

  const create = async (charm: Charm, args: WorkerArgs): Promise<(index: unknown) => void> => {
    if (kind === 'dense') {
      const array = await charm.array(FlatWorker, { size, map, args });
      return (index) => array.at(index as number).go();
    }
    if (kind === 'grid') {
      const array = await charm.array(GridWorker, { size: [size, 3], map, args });
      return (index) => array.at(index as [number, number]).go();
    }
    if (kind === 'words') {
      const array = await charm.array(WordWorker, { indices: indices as string[], args });
      return (index) => array.at(index as string).go();
    }
    if (kind === 'sparse') {
      const array = await charm.array(FlatWorker, { indices: indices as number[], args });
      return (index) => array.at(index as number).go();
    }
    if (isGroup) {
      const group: GroupProxy<FlatWorker> = await (kind === 'group'
        ? charm.group(FlatWorker, { args })
        : charm.nodeGroup(FlatWorker, { args }));
      return (index) => group.at(index as number).go();
    }
    const array = await makeSparse(charm, args);
    const inserters = await charm.group(Inserter);
    if (kind === 'insertedEverywhere') {
      for (let pe = 0; pe < charm.pes; pe++) await inserters.at(pe).ask.insert(array, args);
    } else {
      const local = inserters.local();
      for (const index of indices) local._insert(array, index as number, args);
    }
    await array.doneInserting();
    return (index) => array.at(index as number).go();
  };

  await run({ main, FlatWorker, GridWorker, WordWorker, Collector, Inserter, longestText, spread }, plan.schedule);
  return outcome;
}

function expectedOf(plan: Plan): { readonly of: ReducerCase; readonly value: unknown }[] {
  const indices = indicesOf(plan);
  return plan.reductions.map(({ of }, r) => {
    const all: Contribution[] = indices.map((index, i) => ({ index, n: plan.values[(i + r) % plan.values.length]! }));
    const reducerCase = reducerCases[of]!;
    return { of: reducerCase, value: reducerCase.expected(all) };
  });
}

/** Results for one kind of target, in order, made comparable. */
function comparable(plan: Plan, target: Target, values: readonly unknown[]): unknown[] {
  const expected = expectedOf(plan).filter((_, r) => plan.reductions[r]!.target === target);
  return values.map((value, k) => expected[k]?.of.sorted?.(value) ?? value);
}

function expectedFor(plan: Plan, target: Target): unknown[] {
  return expectedOf(plan)
    .filter((_, r) => plan.reductions[r]!.target === target)
    .map(({ value }) => value);
}

describe('reductions', () => {
  it('fold the contributions of exactly the elements, and complete in order, whatever their target', () =>
    check(
      plans,
      async (plan) => {
        const outcome = await outcomeOf(plan);
        const rs = (target: Target): number[] =>
          plan.reductions.flatMap((reduction, r) => (reduction.target === target ? [r] : []));
        assert.deepEqual(
          outcome.futures.map(({ r }) => r),
          rs('future'),
        );
        const futures = outcome.futures.map(({ value }) => value);
        assert.deepEqual(comparable(plan, 'future', futures), expectedFor(plan, 'future'), 'futures');
        assert.deepEqual(comparable(plan, 'element', outcome.collector), expectedFor(plan, 'element'), 'element');
        for (const [index, { all, allreduce }] of outcome.byElement) {
          assert.deepEqual(comparable(plan, 'all', all), expectedFor(plan, 'all'), `broadcast to ${index}`);
          assert.deepEqual(
            allreduce.map(({ r }) => r),
            rs('allreduce'),
          );
          const values = allreduce.map(({ value }) => value);
          assert.deepEqual(
            comparable(plan, 'allreduce', values),
            expectedFor(plan, 'allreduce'),
            `allreduce at ${index}`,
          );
        }
      },
      { runs: 400 },
    ));

  it('let no element pass a barrier before all have reached it', () =>
    check(
      fc.record({
        schedule: schedules,
        size: fc.integer({ min: 1, max: 20 }),
        barriers: fc.integer({ min: 1, max: 5 }),
      }),
      async ({ schedule, size, barriers }) => {
        const reached = new Array<number>(barriers).fill(0);
        class Runner extends Chare {
          async go(): Promise<void> {
            for (let b = 0; b < barriers; b++) {
              reached[b]!++;
              if (this.charm.random() < 0.3) await this.self.ask.nothing();
              await this.barrier();
              assert.equal(reached[b], size);
            }
            this.contribute(undefined, Reducer.nop, this.charm.exitCallback);
          }
          nothing(): void {}
        }
        const main = async (charm: Charm): Promise<void> => {
          (await charm.array(Runner, { size })).all.go();
        };
        await run({ main, Runner }, schedule);
        assert.deepEqual(reached, new Array(barriers).fill(size));
      },
      { runs: 80 },
    ));

  it('give every element the same allreduce results while elements wait for one before the next', () =>
    check(
      fc.record({ schedule: schedules, size: fc.integer({ min: 1, max: 20 }), rounds: fc.integer({ min: 1, max: 6 }) }),
      async ({ schedule, size, rounds }) => {
        const results: number[][] = [];
        class Runner extends Chare {
          async go(): Promise<number[]> {
            const mine: number[] = [];
            for (let round = 0; round < rounds; round++)
              mine.push(await this.allreduce(this.index + (mine.at(-1) ?? 0), Reducer.sum));
            return mine;
          }
        }
        const main = async (charm: Charm): Promise<void> => {
          const runners = await charm.array(Runner, { size });
          for (const result of await Promise.all(Array.from({ length: size }, (_, i) => runners.at(i).ask.go())))
            results.push(result);
          charm.exit();
        };
        await run({ main, Runner }, schedule);
        const expected: number[] = [];
        for (let round = 0; round < rounds; round++)
          expected.push((size * (size - 1)) / 2 + size * (expected.at(-1) ?? 0));
        assert.deepEqual(results, new Array(size).fill(expected));
      },
      { runs: 80 },
    ));

  it('count elements that are inserted between reductions, from any PE, from the next one on', () =>
    check(
      fc.record({
        schedule: schedules,
        initial: fc.integer({ min: 1, max: 6 }),
        batches: fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 4 }),
      }),
      async ({ schedule, initial, batches }) => {
        const counts: number[][] = [];
        class Member extends Chare<number> {
          vote(result: Future<number[]>): void {
            this.contribute(this.index, Reducer.gather<number>(), result);
          }
        }
        class Inserter extends Chare {
          insert(array: Members, from: number, count: number): void {
            for (let i = from; i < from + count; i++)
              array.insert(
                i,
                this.charm.random() < 0.5 ? {} : { onPe: Math.floor(this.charm.random() * this.charm.pes) },
              );
          }
        }
        type Members = Awaited<ReturnType<typeof makeMembers>>;
        const makeMembers = (charm: Charm) =>
          charm.array(Member, { indices: Array.from({ length: initial }, (_, i) => i) });
        const main = async (charm: Charm): Promise<void> => {
          const members = await makeMembers(charm);
          const inserters = await charm.group(Inserter);
          let size = initial;
          for (const count of batches) {
            inserters.at(Math.floor(charm.random() * charm.pes)).insert(members, size, count);
            size += count;
            await charm.quiescence();
            for (let again = 0; again < 2; again++) {
              const result = charm.future<number[]>();
              members.all.vote(result);
              counts.push(await result.get());
            }
          }
          charm.exit();
        };
        await run({ main, Member, Inserter }, schedule);
        let size = initial;
        const expected = batches.flatMap((count) => {
          size += count;
          const all = Array.from({ length: size }, (_, i) => i);
          return [all, all];
        });
        assert.deepEqual(counts, expected);
      },
      { runs: 120 },
    ));

  it('keep the reductions of several collections and of several arrays of one class apart', () =>
    check(
      fc.record({
        schedule: schedules,
        sizes: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 4 }),
      }),
      async ({ schedule, sizes }) => {
        const sums: number[] = [];
        class Part extends Chare {
          readonly _base: number;
          constructor(base: number) {
            super();
            this._base = base;
          }
          add(result: Future<number>): void {
            this.contribute(this._base, Reducer.sum, result);
          }
        }
        const main = async (charm: Charm): Promise<void> => {
          const made = sizes.map((size, i) => charm.array(Part, { size, args: [10 ** i] }));
          const arrays = await Promise.all(made);
          const group = await charm.group(Part, { args: [1] });
          const futures = [...arrays, group].map((collection) => {
            const future = charm.future<number>();
            collection.all.add(future);
            return future;
          });
          sums.push(...(await Promise.all(futures.map((future) => future.get()))));
          charm.exit();
        };
        await run({ main, Part }, schedule);
        assert.deepEqual(sums, [...sizes.map((size, i) => size * 10 ** i), schedule.pes]);
      },
      { runs: 60 },
    ));
});
