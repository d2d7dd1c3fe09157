/** Collections of all kinds, created from any PE. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type ArrayProxy,
  Chare,
  type Charm,
  type ElementProxy,
  type GroupProxy,
  type IndexCodec,
  placement,
  Reducer,
} from 'charm4ts';
import fc from 'fast-check';
import { check } from '../support/property.ts';
import { run, schedules } from '../support/schedule.ts';

/** Elements write down where they were constructed. */
type Births = Map<string, number[]>;

function note(births: Births, index: unknown, pe: number): void {
  const key = JSON.stringify(index);
  births.set(key, [...(births.get(key) ?? []), pe]);
}

/** All index tuples of an array of these extents, in row order. */
function tuplesOf(dims: readonly number[]): number[][] {
  return dims.reduce<number[][]>(
    (tuples, extent) => tuples.flatMap((tuple) => Array.from({ length: extent }, (_, i) => [...tuple, i])),
    [[]],
  );
}

const dimensions = fc
  .array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 })
  .filter((dims) => dims.reduce((a, b) => a * b) <= 300);

type Tuple = [number, number?, number?, number?, number?, number?];

describe('creation', () => {
  it('constructs each element of a dense array of 1 to 6 dimensions once, before it resolves, where the map says', () =>
    check(
      fc.record({
        schedule: schedules,
        dims: dimensions,
        map: fc.constantFrom('block', 'roundRobin', 'user', 'default'),
      }),
      async ({ schedule, dims, map }) => {
        const births: Births = new Map();
        const tuples = tuplesOf(dims);
        const { pes } = schedule;
        class Cell extends Chare<Tuple> {
          constructor() {
            super();
            note(births, this.index, this.charm.pe);
          }
        }
        const seen: { pes: number; size: number; dims: string }[] = [];
        const bySum = placement<Tuple>('bySum', (index, context) => {
          seen.push({ pes: context.pes, size: context.size, dims: context.dims.join() });
          return index.reduce<number>((a, b) => a + (b ?? 0), 0) % context.pes;
        });
        const main = async (charm: Charm): Promise<void> => {
          const chosen = map === 'user' ? { map: bySum } : map === 'default' ? {} : { map };
          const cells = await charm.array(Cell, {
            size: dims as never,
            ...(chosen as { map?: 'block' }),
          });
          assert.equal(births.size, tuples.length);
          assert.equal(cells.size, tuples.length);
          assert.deepEqual(cells.dims, dims);
          charm.exit();
        };
        await run({ main, Cell, bySum }, schedule);
        const homes = tuples.map((tuple) => births.get(JSON.stringify(tuple)));
        for (const home of homes) assert.equal(home?.length, 1);
        const flat = homes.map((home) => home![0]!);
        if (map === 'user')
          assert.deepEqual(
            flat,
            tuples.map((tuple) => tuple.reduce((a, b) => a + b) % pes),
          );
        else if (map === 'roundRobin')
          assert.deepEqual(
            flat,
            tuples.map((_, i) => i % pes),
          );
        else {
          assert.deepEqual(
            flat,
            [...flat].sort((a, b) => a - b),
            'blocks are contiguous',
          );
          const counts = Array.from({ length: pes }, (_, pe) => flat.filter((home) => home === pe).length);
          assert(Math.max(...counts) - Math.min(...counts) <= 1, `blocks of ${counts}`);
        }
        for (const context of seen) assert.deepEqual(context, { pes, size: tuples.length, dims: dims.join() });
      },
      { runs: 150 },
    ));

  it('constructs the elements of a sparse array that are listed, whatever the type of their indices', () => {
    interface Point {
      readonly x: number;
      readonly name: string;
    }
    return check(
      fc.record({
        schedule: schedules,
        numbers: fc.uniqueArray(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), { minLength: 1, maxLength: 10 }),
        words: fc.uniqueArray(fc.string({ unit: 'grapheme', maxLength: 8 }), { minLength: 1, maxLength: 10 }),
        pairs: fc.uniqueArray(fc.tuple(fc.integer(), fc.integer()), { minLength: 1, maxLength: 10, selector: String }),
        points: fc.uniqueArray(fc.record({ x: fc.integer(), name: fc.string() }, { noNullPrototype: true }), {
          minLength: 1,
          maxLength: 10,
          selector: (point) => JSON.stringify(point),
        }),
      }),
      async ({ schedule, numbers, words, pairs, points }) => {
        const births = new Map<string, Births>();
        abstract class Noted<I> extends Chare<I> {
          constructor() {
            super();
            const { name } = this.constructor;
            if (!births.has(name)) births.set(name, new Map());
            note(births.get(name)!, this.index, this.charm.pe);
          }
          ping(): I {
            return this.index;
          }
        }
        class ByNumber extends Noted<number> {}
        class ByWord extends Noted<string> {}
        class ByPair extends Noted<[number, number]> {}
        class ByPoint extends Noted<Point> {
          static readonly indexCodec: IndexCodec<Point> = {
            encode: ({ x, name }) => `${x} ${name}`,
            decode: (text) => ({ x: Number.parseInt(text, 10), name: text.slice(text.indexOf(' ') + 1) }),
          };
        }
        const main = async (charm: Charm): Promise<void> => {
          const byNumber = await charm.array(ByNumber, { indices: numbers });
          const byWord = await charm.array(ByWord, { indices: words });
          const byPair = await charm.array(ByPair, { indices: pairs });
          const byPoint = await charm.array(ByPoint, { indices: points });
          for (const [name, list] of [
            ['ByNumber', numbers],
            ['ByWord', words],
            ['ByPair', pairs],
            ['ByPoint', points],
          ] as const) {
            const keys = [...births.get(name)!].map(([key, pes]) => `${key} x${pes.length}`);
            assert.deepEqual(keys.sort(), list.map((index) => `${JSON.stringify(index)} x1`).sort());
          }
          for (const index of numbers) assert.equal(await byNumber.at(index).ask.ping(), index);
          for (const index of words) assert.equal(await byWord.at(index).ask.ping(), index);
          for (const index of pairs) assert.deepEqual(await byPair.at(index).ask.ping(), index);
          for (const index of points) assert.deepEqual(await byPoint.at(index).ask.ping(), index);
          charm.exit();
        };
        await run({ main, ByNumber, ByWord, ByPair, ByPoint }, schedule);
      },
      { runs: 60 },
    );
  });

  it('works from any PE, several at a time, in entries and constructors, with proxies used before all have arrived', () =>
    check(
      fc.record({
        schedule: schedules,
        orders: fc.array(
          fc.record({
            by: fc.nat(63),
            kind: fc.constantFrom('array', 'sparse', 'group', 'nodeGroup', 'chare', 'spawn'),
            size: fc.integer({ min: 1, max: 9 }),
          }),
          { minLength: 1, maxLength: 8 },
        ),
      }),
      async ({ schedule, orders }) => {
        const births = orders.map(() => 0);
        const visits = orders.map(() => 0);
        const resolved: number[] = [];
        const nodes = Math.ceil(schedule.pes / schedule.pesPerNode);
        const sizeOf = (o: number): number => {
          const { kind, size } = orders[o]!;
          if (kind === 'group') return schedule.pes;
          if (kind === 'nodeGroup') return nodes;
          return kind === 'array' || kind === 'sparse' ? size : 1;
        };
        class Member extends Chare {
          constructor(order: number) {
            super();
            births[order]!++;
          }
          visit(order: number): void {
            visits[order]!++;
          }
        }
        type Made = ArrayProxy<Member, number> | GroupProxy<Member>;
        class Creator extends Chare {
          async create(order: number, others: GroupProxy<Creator>): Promise<void> {
            const made = await this._make(order);
            assert.equal(births[order], orders[order]!.kind === 'spawn' ? births[order] : sizeOf(order));
            resolved.push(order);
            // Someone else may meet the proxy before the collection.
            const other = others.at(Math.floor(this.charm.random() * this.charm.pes));
            if (made !== undefined) other.visitAll(made, order);
          }
          visitAll(made: Made, order: number): void {
            made.all.visit(order);
          }
          visitOne(made: ElementProxy<Member>, order: number): void {
            made.visit(order);
          }
          async _make(order: number): Promise<Made | undefined> {
            const { kind, size } = orders[order]!;
            const args: [number] = [order];
            switch (kind) {
              case 'array':
                return this.charm.array(Member, { size, args });
              case 'sparse':
                return this.charm.array(Member, { indices: Array.from({ length: size }, (_, i) => i * i), args });
              case 'group':
                return this.charm.group(Member, { args });
              case 'nodeGroup':
                return this.charm.nodeGroup(Member, { args });
              case 'chare':
                this.group.at(0).visitOne(await this.charm.chare(Member, { args }), order);
                return undefined;
              case 'spawn':
                this.group.at(0).visitOne(this.charm.spawn(Member, { args }), order);
                return undefined;
            }
          }
        }
        const main = async (charm: Charm): Promise<void> => {
          const creators = await charm.group(Creator);
          orders.forEach(({ by }, order) => {
            creators.at(by % charm.pes).create(order, creators);
          });
          await charm.quiescence();
          charm.exit();
        };
        await run({ main, Member, Creator }, schedule);
        assert.deepEqual(
          resolved.sort((a, b) => a - b),
          orders.map((_, order) => order),
        );
        assert.deepEqual(
          births,
          orders.map((_, order) => sizeOf(order)),
        );
        assert.deepEqual(
          visits,
          orders.map((_, order) => sizeOf(order)),
        );
      },
      { runs: 200 },
    ));

  it('lets constructors create, send, contribute and ask', () =>
    check(fc.record({ schedule: schedules, depth: fc.integer({ min: 0, max: 5 }) }), async ({ schedule, depth }) => {
      let leaves = 0;
      class Tree extends Chare {
        constructor(level: number) {
          super();
          if (level === 0) leaves++;
          else for (let child = 0; child < 2; child++) this.charm.spawn(Tree, { args: [level - 1] });
        }
      }
      class Row extends Chare {
        constructor(levels: number) {
          super();
          void this._begin(levels);
        }
        async _begin(levels: number): Promise<void> {
          this.charm.spawn(Tree, { args: [levels] });
          const next = this.array.at((this.index + 1) % this.array.size);
          assert.equal(await next.ask.square(this.index), this.index ** 2);
          assert.equal(await this.allreduce(1, Reducer.sum), this.array.size);
        }
        square(n: number): number {
          return n * n;
        }
      }
      const main = async (charm: Charm): Promise<void> => {
        await charm.array(Row, { size: 3, args: [depth] });
        await charm.quiescence();
        charm.exit();
      };
      await run({ main, Row, Tree }, schedule);
      assert.equal(leaves, 3 * 2 ** depth);
    }));

  it('gives each PE one branch of a group, and each node runtime one of a node group', () =>
    check(schedules, async (schedule) => {
      const places: string[] = [];
      class Branch extends Chare {
        constructor(kind: string) {
          super();
          places.push(`${kind} ${this.index} on PE ${this.charm.pe} of node ${this.charm.node}`);
        }
      }
      const nodes = Math.ceil(schedule.pes / schedule.pesPerNode);
      const main = async (charm: Charm): Promise<void> => {
        assert.equal(charm.pes, schedule.pes);
        assert.equal(charm.nodes, nodes);
        const group = await charm.group(Branch, { args: ['group'] });
        const nodeGroup = await charm.nodeGroup(Branch, { args: ['node group'] });
        assert.equal(group.size, charm.pes);
        assert.equal(nodeGroup.size, nodes);
        assert.throws(() => group.at(charm.pes), { code: 'ERR_INDEX_OUT_OF_RANGE' });
        charm.exit();
      };
      await run({ main, Branch }, schedule);
      const group = Array.from(
        { length: schedule.pes },
        (_, pe) => `group ${pe} on PE ${pe} of node ${Math.floor(pe / schedule.pesPerNode)}`,
      );
      const nodeGroup = Array.from(
        { length: nodes },
        (_, node) => `node group ${node} on PE ${node * schedule.pesPerNode} of node ${node}`,
      );
      assert.deepEqual(places.sort(), [...group, ...nodeGroup].sort());
    }));

  it('gives each chare the PE it was asked for', () =>
    check(
      fc.record({ schedule: schedules, places: fc.array(fc.nat(63), { maxLength: 10 }) }),
      async ({ schedule, places }) => {
        const asked = places.map((place) => place % schedule.pes);
        class Single extends Chare {
          where(): number {
            return this.charm.pe;
          }
        }
        const main = async (charm: Charm): Promise<void> => {
          for (const onPe of asked) {
            assert.equal(await (await charm.chare(Single, { onPe })).ask.where(), onPe);
            assert.equal(await charm.spawn(Single, { onPe }).ask.where(), onPe);
          }
          charm.exit();
        };
        await run({ main, Single }, schedule);
      },
    ));
});
