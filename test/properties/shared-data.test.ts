/** Tables and phased arrays that many chares use at once, also while they move, agree with plain ones. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Chare, type Charm, type Future, Reducer } from 'charm4ts';
import * as data from 'charm4ts/data';
import {
  createPhasedArray,
  createTable,
  type Phase,
  type PhasedArray,
  type PhasedView,
  type Table,
  TablePart,
} from 'charm4ts/data';
import fc from 'fast-check';
import { check } from '../support/property.ts';
import { run, schedules } from '../support/schedule.ts';

const once = { pes: 3, pesPerNode: 2, seed: 1, shuffle: true };

export class Sums extends TablePart<string, number> {
  override _combine(old: number, value: number): number {
    return old + value;
  }
}

type Operation = readonly ['insert' | 'set' | 'update' | 'remove', key: string, value: number];

/** Does its operations on its own keys, one after the other, and wanders. */
export class Clerk extends Chare<number> {
  async work(table: Table<string, number>, operations: readonly Operation[], isBatched: boolean): Promise<void> {
    const batch = table.batch(3);
    for (const [kind, key, value] of operations) {
      const own = `${this.index} ${key}`;
      if (kind === 'remove') await table.remove(own);
      else if (isBatched && kind !== 'set') {
        batch[kind](own, value);
        await batch.flush();
      } else table[kind](own, value);
      table.update('all', value);
    }
    this.migrateTo(Math.floor(this.charm.random() * this.charm.pes));
  }
}

/** What the operations of a clerk make of a plain map. */
function apply(map: Map<string, number[]>, clerk: number, operations: readonly Operation[]): void {
  for (const [kind, key, value] of operations) {
    const own = `${clerk} ${key}`;
    const values = map.get(own);
    if (kind === 'remove') map.delete(own);
    else if (kind === 'set' || values === undefined) map.set(own, [value]);
    else if (kind === 'insert') values.push(value);
    else values[0]! += value;
  }
}

const operations: fc.Arbitrary<readonly Operation[]> = fc.array(
  fc.tuple(
    fc.constantFrom('insert', 'set', 'update', 'remove'),
    fc.constantFrom('a', 'b', 'c', 'd'),
    fc.integer({ min: -9, max: 9 }),
  ),
  { maxLength: 15 },
);

describe('a distributed table', () => {
  it('agrees with a map, whoever changes it', () =>
    check(
      fc.record({
        schedule: schedules,
        plans: fc.array(operations, { minLength: 1, maxLength: 4 }),
        isBatched: fc.boolean(),
      }),
      async ({ schedule, plans, isBatched }) => {
        const main = async (charm: Charm): Promise<void> => {
          const table = await createTable<string, number>(charm, { part: Sums });
          const clerks = await charm.array(Clerk, { size: plans.length });
          for (const [i, plan] of plans.entries()) clerks.at(i).work(table, plan, isBatched);
          await charm.quiescence();
          const expected = new Map<string, number[]>();
          for (const [i, plan] of plans.entries()) apply(expected, i, plan);
          const all = plans.flat();
          if (all.length > 0) expected.set('all', [all.reduce((sum, [, , value]) => sum + value, 0)]);
          const found = new Map<string, number[]>();
          for await (const [key, values] of table.entries()) {
            assert(!found.has(key));
            found.set(key, values);
          }
          assert.deepEqual(found, expected);
          assert.equal(await table.size(), expected.size);
          assert.deepEqual(await table.findAll(['all', 'none', ...expected.keys()]), expected);
          assert.deepEqual(await table.find('none'), []);
          assert.equal(await table.removeAll(['none', ...expected.keys()]), expected.size);
          assert.equal(await table.size(), 0);
          charm.exit();
        };
        await run({ ...data, main, Sums, Clerk }, schedule);
      },
      { runs: 60 },
    ));

  it('takes many at once, iterates over pages, and tells numbers from text', async () => {
    const main = async (charm: Charm): Promise<void> => {
      const table = await createTable<string | number, number>(charm);
      await table.insertAll(Array.from({ length: 2000 }, (_, i) => [i, i * i] as const));
      table.insert('7', -1);
      await charm.quiescence();
      assert.deepEqual([await table.find(7), await table.find('7')], [[49], [-1]]);
      let sum = 0;
      for await (const [, values] of table.entries()) sum += values[0]!;
      assert.equal(sum, (1999 * 2000 * 3999) / 6 - 1);
      assert.throws(() => table.set(null as never, 1), /a key of a table is a string or a number, not object/);
      assert.throws(() => table.batch(0), /a batch has a size from 1 on/);
      charm.exit();
    };
    await run({ ...data, main }, once);
  });
});

/** Goes through the phases: adds, reads what all have added, writes, reads that, and moves between phases. */
export class Member extends Chare<number> {
  private view!: PhasedView;

  begin(array: PhasedArray, rounds: number, done: Future<number>): void {
    this.view = array.view(this.index);
    this.self.round(rounds, done);
  }

  async round(left: number, done: Future<number>): Promise<void> {
    const { view, index } = this;
    const { length, views } = view.array;
    for (let i = index; i < length; i += views) view.set(i, i * left);
    await view.sync('accumulate');
    for (let i = 0; i < length; i++) view.add(i, index + 1);
    view.add(left % length, 1);
    await view.sync('read');
    await view.load(0, length >> 1);
    let sum = 0;
    for (let i = 0; i < length >> 1; i++) sum += view.at(i);
    for (let i = length >> 1; i < length; i++) sum += await view.get(i);
    const added = (views * (views + 1)) / 2;
    assert.equal(sum, (left * length * (length - 1)) / 2 + added * length + views);
    await view.sync('write');
    if (left === 1) return this.contribute(1, Reducer.sum, done);
    this.migrateTo(Math.floor(this.charm.random() * this.charm.pes));
    this.self.round(left - 1, done);
  }
}

async function withViews(views: number, use: (all: PhasedView[], charm: Charm) => Promise<void>): Promise<void> {
  const main = async (charm: Charm): Promise<void> => {
    const array = await createPhasedArray(charm, { length: 100, views, pageLength: 16 });
    await use(
      Array.from({ length: views }, (_, i) => array.view(i)),
      charm,
    );
    charm.exit();
  };
  await run({ ...data, main }, once);
}

/** All change the phase; why each was refused. */
async function refusals(changes: readonly Promise<void>[]): Promise<string[]> {
  const results = await Promise.allSettled(changes);
  return results.map((result) => (result.status === 'fulfilled' ? 'done' : String(result.reason)));
}

describe('a multiphase shared array', () => {
  it('shows in a phase what the phase before has left', () =>
    check(
      fc.record({
        schedule: schedules,
        members: fc.integer({ min: 1, max: 5 }),
        length: fc.integer({ min: 1, max: 40 }),
        pageLength: fc.integer({ min: 1, max: 12 }),
        rounds: fc.integer({ min: 1, max: 3 }),
      }),
      async ({ schedule, members, length, pageLength, rounds }) => {
        const main = async (charm: Charm): Promise<void> => {
          const array = await createPhasedArray(charm, { length, views: members, pageLength });
          const done = charm.future<number>();
          (await charm.array(Member, { size: members })).all.begin(array, rounds, done);
          assert.equal(await done.get(), members);
          charm.exit();
        };
        await run({ ...data, main, Member }, schedule);
      },
      { runs: 60 },
    ));

  it('refuses what belongs in another phase, naming view, index and phase', () =>
    withViews(1, async ([view]) => {
      view!.set(3, 1);
      assert.throws(() => view!.add(3, 1), /view 0: index 3 can't be added to in the phase "write"/);
      assert.throws(() => view!.at(3), /view 0: index 3 can't be read in the phase "write"/);
      await assert.rejects(view!.get(100), /view 0: there is no index 100; there are 0 to 99/);
      await view!.sync('read');
      assert.throws(() => view!.set(3, 1), /view 0: index 3 can't be written in the phase "read"/);
      assert.throws(() => view!.at(3), /view 0: index 3 is not here: load it first/);
      assert.equal(await view!.get(3), 1);
    }));

  it('finds out who has written the same, and lets nobody wait', () =>
    withViews(3, async (views) => {
      views[0]!.set(40, 1);
      views[1]!.set(41, 1);
      views[2]!.set(40, 2);
      for (const why of await refusals(views.map((view) => view.sync('read'))))
        assert.match(why, /views [02] and [02] have both written index 40 in one phase "write"/);
    }));

  it('finds out who wants another phase', () =>
    withViews(2, async ([a, b]) => {
      const phases: Phase[] = ['read', 'accumulate'];
      for (const why of await refusals([a!.sync(phases[0]!), b!.sync(phases[1]!)]))
        assert.match(why, /view [01] goes on to the phase "(read|accumulate)", and view [01] to "(read|accumulate)"/);
    }));
});
