/** The task pool and parallel loops: every item and iteration once, in order, nested, with errors and cancellation. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Chare, type Charm, Reducer, reducer, type SharedArray, type TaskContext, TaskError } from 'charm4ts';
import { runJob } from 'charm4ts/run';
import fc from 'fast-check';
import { check } from '../support/property.ts';
import {
  type Program,
  run as runProgram,
  runToFailure,
  type Schedule,
  schedules,
  someSchedules,
} from '../support/schedule.ts';

type Main = (charm: Charm) => Promise<void>;

async function run(program: Program, schedule: Schedule): Promise<void> {
  await runProgram(program, schedule);
}

export function square(x: number): number {
  return x * x;
}

export async function slowSquare(x: number, { charm }: TaskContext): Promise<number> {
  for (let i = 0; i < x % 3; i++) await charm.sleep(0);
  return x * x;
}

/** The sum of the squares below n, by a map inside the map. */
export async function nested(n: number, { charm }: TaskContext): Promise<number> {
  const squares = await charm.pool.map(
    square,
    Array.from({ length: n }, (_, i) => i),
  );
  return squares.reduce((sum, x) => sum + x, 0);
}

export async function fib(n: number, { charm }: TaskContext): Promise<number> {
  if (n < 2) return n;
  const [a, b] = await charm.pool.map(fib, [n - 1, n - 2]);
  return a! + b!;
}

export function failing(x: number): number {
  if (x % 10 === 7) throw new RangeError(`no ${x}`);
  return x;
}

export function badResult(): unknown {
  return () => 1;
}

export function where(_item: number, { charm }: TaskContext): number {
  return charm.pe;
}

export function fill(from: number, to: number, array: SharedArray<Int32Array>, value: number): void {
  const { view } = array;
  for (let i = from; i < to; i++) view[i]! += value + i;
}

export function sumRange(from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += i;
  return sum;
}

export function failAt(from: number, to: number, at: number): void {
  if (from <= at && at < to) throw new RangeError(`no ${at}`);
}

export function steal(_from: number, _to: number, array: SharedArray<Int32Array>): void {
  array.release();
}

export const longest = reducer<number>('longest', { merge: (a, b) => Math.max(a, b) });

export class Mapper extends Chare<number> {
  async work(n: number): Promise<number> {
    const results = await this.charm.pool.map(
      slowSquare,
      Array.from({ length: n }, (_, i) => i + this.index),
    );
    return results.reduce((sum, x, i) => sum + (x === (i + this.index) ** 2 ? 1 : 0), 0);
  }
}

const functions = {
  square,
  slowSquare,
  nested,
  fib,
  failing,
  badResult,
  where,
  fill,
  sumRange,
  failAt,
  steal,
  longest,
};
const withMain = (main: Main): Program => ({
  ...functions,
  Mapper,
  main: async (charm: Charm) => {
    await main(charm);
    charm.exit();
  },
});
const numbers = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe('charm.pool', () => {
  it('maps any number of items in order, in any pieces, by plain and async functions', () =>
    check(
      fc.record({
        schedule: schedules,
        count: fc.oneof(fc.nat(5), fc.nat(200)),
        chunk: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
        isAsync: fc.boolean(),
      }),
      async ({ schedule, count, chunk, isAsync }) => {
        const main: Main = async (charm) => {
          const options = chunk === undefined ? {} : { chunk };
          const results = await charm.pool.map(isAsync ? slowSquare : square, numbers(count), options);
          assert.deepEqual(results, numbers(count).map(square));
        };
        await run(withMain(main), schedule);
      },
      { runs: 40 },
    ));

  for (const schedule of someSchedules) {
    const name = JSON.stringify(schedule);
    it(`nests, and several calls run at once [${name}]`, () =>
      run(
        withMain(async (charm) => {
          const mappers = await charm.array(Mapper, { size: 3 });
          const [sums, f, ...counts] = await Promise.all([
            charm.pool.map(nested, [3, 0, 5]),
            charm.pool.run(fib, 7),
            ...numbers(3).map((i) => mappers.at(i).ask.work(20)),
          ]);
          assert.deepEqual(sums, [5, 0, 30]);
          assert.equal(f, 13);
          assert.deepEqual(counts, [20, 20, 20]);
        }),
        schedule,
      ));

    it(`rejects with the item that failed; mapAsync fails item by item [${name}]`, () =>
      run(
        withMain(async (charm) => {
          await assert.rejects(charm.pool.map(failing, numbers(30), { chunk: 4 }), (error: unknown) => {
            assert(error instanceof TaskError);
            assert.equal(error.index % 10, 7);
            assert.match(error.message, new RegExp(`failing failed for item ${error.index}: .*no ${error.index}`));
            return true;
          });
          const settled = await Promise.allSettled(charm.pool.mapAsync(failing, numbers(18)));
          const failed = settled.flatMap(({ status }, i) => (status === 'rejected' ? [i] : []));
          assert.deepEqual(failed, [7, 17]);
          await charm.quiescence();
        }),
        schedule,
      ));

    it(`stops when its signal is aborted [${name}]`, () =>
      run(
        withMain(async (charm) => {
          const stop = new AbortController();
          const result = charm.pool.map(slowSquare, numbers(1000), { signal: stop.signal, chunk: 1 });
          stop.abort(new RangeError('enough'));
          await assert.rejects(result, /enough/);
          await assert.rejects(charm.pool.map(square, [1], { signal: stop.signal }), /enough/);
        }),
        schedule,
      ));
  }

  it('uses all PEs', () =>
    run(
      withMain(async (charm) => {
        const used = new Set(await charm.pool.map(where, numbers(64), { chunk: 1 }));
        assert.equal(used.size, 4);
      }),
      { pes: 4, pesPerNode: 2, seed: 1, shuffle: false },
    ));

  it('refuses what no other PE can run or send', async () => {
    const unknown = await runToFailure(withMain(async (charm) => void (await charm.pool.map((x: number) => x, [1]))));
    assert.match(unknown.message, /function .* is not exported by the program module/);
    const chunk = await runToFailure(withMain(async (charm) => void (await charm.pool.map(square, [1], { chunk: 0 }))));
    assert.match(chunk.message, /chunk is an integer, 1 or more, not 0/);
    const item = await runToFailure(
      withMain(async (charm) => void (await charm.pool.map(square, [() => 1] as unknown as number[]))),
    );
    assert.match(item.message, /square failed for item 0: .*can't be sent/);
    const result = await runToFailure(withMain(async (charm) => void (await charm.pool.map(badResult, [1]))));
    assert.match(result.message, /badResult failed for item 0: .*can't be sent/);
  });
});

describe('charm.loop', () => {
  it('runs each iteration once, whatever the range, chunks and schedule', () =>
    check(
      fc.record({
        schedule: schedules,
        from: fc.nat(5),
        count: fc.oneof(fc.nat(10), fc.nat(3000)),
        chunk: fc.option(fc.integer({ min: 1, max: 500 }), { nil: undefined }),
        kind: fc.constantFrom('dynamic' as const, 'static' as const),
      }),
      async ({ schedule, from, count, chunk, kind }) => {
        const main: Main = async (charm) => {
          const array = charm.shared(Int32Array, from + count);
          const options = { from, to: from + count, schedule: kind, ...(chunk === undefined ? {} : { chunk }) };
          for (let round = 1; round <= 2; round++) await charm.loop(fill, { ...options, args: [array, round] });
          const expected = numbers(from + count).map((i) => (i < from ? 0 : 3 + 2 * i));
          assert.deepEqual([...array.view], expected);
          const sum = await charm.loop(sumRange, { ...options, args: [], reducer: Reducer.sum });
          assert.equal(sum, count === 0 ? undefined : sumRange(from, from + count));
          const greatest = await charm.loop(sumRange, { from, to: from + count, chunk: 1, args: [], reducer: longest });
          assert.equal(greatest, count === 0 ? undefined : from + count - 1);
          await charm.quiescence();
          array.release();
        };
        await run(withMain(main), schedule);
      },
      { runs: 40 },
    ));

  for (const schedule of someSchedules) {
    it(`rejects with the error of a body, and lends arrays only [${JSON.stringify(schedule)}]`, () =>
      run(
        withMain(async (charm) => {
          for (const kind of ['dynamic', 'static'] as const)
            await assert.rejects(charm.loop(failAt, { to: 100, args: [57], schedule: kind, chunk: 3 }), /no 57/);
          await assert.rejects(charm.loop(failAt, { from: 5, to: 3, args: [1] }), /from <= to, not from 5 to 3/);
          await charm.quiescence();
        }),
        schedule,
      ));
  }

  it('gives the same on real threads, many at once', async () => {
    const program = new URL('programs/loops.ts', import.meta.url);
    const result = await runJob({ program, pes: 3, stdout: 'capture' });
    assert.equal(result.error, undefined);
    assert.equal(result.stdout, '200 loops, 0 wrong\n');
  });
});
