/** Shared arrays: one owner at a time wherever they go, right contents, and errors for whoever breaks the rules. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ArrayProxy, Chare, type Charm, type Future, Reducer, type SharedArray } from 'charm4ts';
import { runJob } from 'charm4ts/run';
import { runInThread } from 'charm4ts/sim';
import fc from 'fast-check';
import { makeHeapBuffer, SharedHeap } from '../../core/pup/shared-heap.ts';
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
type Doubles = SharedArray<Float64Array>;

async function run(program: Program, schedule: Schedule): Promise<void> {
  await runProgram(program, schedule);
}

export class Holder extends Chare<number> {
  private data: Doubles | undefined = undefined;
  private sum = 0;

  make(length: number): void {
    this.data = this.charm.shared(Float64Array, length);
  }

  read(array: Doubles): void {
    this.sum += array.view.reduce((sum, x) => sum + x, 0);
  }

  move(to: number): void {
    this.migrateTo(to);
  }

  write(i: number, x: number): void {
    this.data!.view[i] = x;
  }

  at(i: number): number {
    return this.data!.view[i]!;
  }

  total(done: Future<number>): void {
    this.contribute(this.sum, Reducer.sum, done);
  }
}

/** Passes arrays on, each time with one more written. */
export class Passer extends Chare<number> {
  pass(array: Doubles, step: number, way: readonly number[], end: Future<readonly number[]>): void {
    array.view[step]! += step + 1;
    const next = way[step];
    if (next === undefined) {
      end.set([...array.view]);
      array.release();
    } else {
      this.array.at(next % this.array.size).pass(array, step + 1, way, end);
      if (this.charm.pes > 1 && next % this.array.size !== this.index) this._mayBeGone(array);
    }
  }

  /** What went to another PE can't be used here any more. */
  _mayBeGone(array: Doubles): void {
    if (!array.isUsable) assert.throws(() => array.view, /was sent in a message/);
  }
}

function withHolders(action: (holders: ArrayProxy<Holder, number>, charm: Charm) => Promise<void> | void): Program {
  const main: Main = async (charm) => {
    await action(await charm.array(Holder, { size: charm.pes }), charm);
    charm.exit();
  };
  return { Holder, main };
}

describe('shared arrays', () => {
  it('are handed on along any way, between processes too, with what was written', () =>
    check(
      fc.record({
        schedule: schedules,
        ways: fc.array(fc.array(fc.nat(8), { maxLength: 10 }), { minLength: 1, maxLength: 4 }),
        size: fc.integer({ min: 1, max: 9 }),
      }),
      async ({ schedule, ways, size }) => {
        const main: Main = async (charm) => {
          const passers = await charm.array(Passer, { size });
          const results = ways.map((way) => {
            const end = charm.future<readonly number[]>();
            passers.at((way[0] ?? 0) % size).pass(charm.shared(Float64Array, way.length + 1), 0, way, end);
            return end.get();
          });
          for (const [i, result] of (await Promise.all(results)).entries())
            assert.deepEqual(
              result,
              Array.from({ length: ways[i]!.length + 1 }, (_, k) => k + 1),
            );
          charm.exit();
        };
        await run({ Passer, main }, schedule);
      },
      { runs: 60 },
    ));

  for (const schedule of someSchedules) {
    it(`that are published are read by all [${JSON.stringify(schedule)}]`, () =>
      run(
        withHolders(async (holders, charm) => {
          const array = charm.shared(Float64Array, 100);
          array.view.fill(2);
          array.publish();
          holders.all.read(array);
          holders.at(charm.pes - 1).read(array);
          await charm.quiescence();
          const total = charm.future<number>();
          holders.all.total(total);
          assert.equal(await total.get(), 200 * (charm.pes + 1));
          array.release();
          assert.equal(array.isUsable, false);
        }),
        schedule,
      ));

    it(`move with their chare [${JSON.stringify(schedule)}]`, () =>
      run(
        withHolders(async (holders, charm) => {
          const holder = holders.at(0);
          holder.make(50);
          for (let i = 0; i < 6; i++) {
            holder.write(i, i * i);
            holder.move((i + 1) % charm.pes);
          }
          await charm.quiescence();
          for (let i = 0; i < 6; i++) assert.equal(await holder.ask.at(i), i * i);
        }),
        schedule,
      ));
  }

  const refused: readonly (readonly [string, (holders: ArrayProxy<Holder, number>, charm: Charm) => void, RegExp])[] = [
    [
      'used after it was sent',
      (holders, charm) => {
        const array = charm.shared(Float64Array, 3);
        holders.at(1).read(array);
        array.view[0] = 1;
      },
      /a shared Float64Array of 3 can't be used: it was sent in a message/,
    ],
    [
      'sent twice',
      (holders, charm) => {
        const array = charm.shared(Float64Array, 3);
        holders.at(1).read(array);
        holders.at(1).read(array);
      },
      /can't be sent: it was sent in a message/,
    ],
    [
      'released twice',
      (_holders, charm) => {
        const array = charm.shared(Float64Array, 3);
        array.release();
        array.release();
      },
      /can't be released: it was released/,
    ],
    [
      'broadcast without being published',
      (holders, charm) => holders.all.read(charm.shared(Float64Array, 3)),
      /only one may own it; publish\(\) it first/,
    ],
    [
      'made of something else',
      (_holders, charm) => void charm.shared(DataView as unknown as Float64ArrayConstructor, 3),
      /takes the class of a typed array/,
    ],
    [
      'made with a wrong length',
      (_holders, charm) => void charm.shared(Float64Array, -1),
      /an integer, 0 or more, not -1/,
    ],
  ];
  for (const [what, action, message] of refused)
    it(`are refused if ${what}`, async () => assert.match((await runToFailure(withHolders(action))).message, message));

  it('that are sent to a chare of the same PE are gone for their sender if messages are checked', async () => {
    const program = withHolders((holders, charm) => {
      const array = charm.shared(Float64Array, 3);
      holders.at(0).read(array);
      array.view[0] = 1;
    });
    assert.equal((await runInThread({ program, pes: 1 })).error, undefined);
    const { error } = await runInThread({ program, pes: 1, checkMessages: 'changes' });
    assert.match(String(error), /can't be used: it was sent in a message/);
  });

  for (const [pes, nodes] of [
    [3, 1],
    [2, 2],
  ] as const)
    it(`never have two owners on real threads [${nodes} nodes of ${pes} PEs]`, async () => {
      const program = new URL('programs/heap-users.ts', import.meta.url);
      const result = await runJob({ program, pes, nodes, stdout: 'capture' });
      assert.equal(result.error, undefined);
      assert.equal(result.stdout.trim(), String(pes * nodes * Math.ceil(400 / 3)));
    });
});

describe('the shared heap', () => {
  it('never gives one place to two, and gives places again', () =>
    check(
      fc.array(fc.record({ bytes: fc.oneof(fc.nat(300), fc.nat(100_000)), drop: fc.nat() }), { maxLength: 80 }),
      (steps) => {
        const heap = new SharedHeap(makeHeapBuffer());
        const taken: { readonly offset: number; readonly bytes: number }[] = [];
        for (const { bytes, drop } of steps) {
          const offset = heap.allocate(bytes);
          assert.equal(offset % 64, 0);
          assert(taken.every((other) => other.offset + other.bytes <= offset || offset + bytes <= other.offset));
          taken.push({ offset, bytes });
          if (drop % 3 === 0) {
            const [gone] = taken.splice(drop % taken.length, 1);
            const before = heap.generation(gone!.offset);
            heap.free(gone!.offset, gone!.bytes);
            assert.notEqual(heap.generation(gone!.offset), before);
            const again = heap.allocate(gone!.bytes);
            assert.equal(again, gone!.offset);
            heap.free(again, gone!.bytes);
          }
        }
      },
    ));

  it('says so when its 4 GiB are full', () => {
    const heap = new SharedHeap(makeHeapBuffer());
    assert.throws(() => heap.allocate(2 ** 33), /MiB for shared arrays of this process are full/);
  });
});
