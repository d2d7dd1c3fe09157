import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { CharmError } from '../../core/base/errors.ts';
import { BranchSpace, DenseSpace, type IndexSpace, SparseSpace } from '../../core/chare/index-space.ts';
import { blockHome, roundRobinHome } from '../../core/chare/placement.ts';
import { check } from '../support/property.ts';

function refuses(space: IndexSpace, index: unknown): void {
  assert.throws(
    () => space.toKey(index, 'Cell'),
    (error: CharmError) => error.code === 'ERR_INDEX_OUT_OF_RANGE' && error.message.includes('Cell'),
    `${String(index)} was taken`,
  );
}

const dimensions = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 6 });

describe('dense index spaces', () => {
  it('number the tuples of 1 to 6 dimensions row by row', () =>
    check(dimensions, (dims) => {
      const space = new DenseSpace(dims, false);
      let key = 0;
      const visit = (tuple: readonly number[]): void => {
        if (tuple.length === dims.length) {
          assert.equal(space.toKey(tuple, 'Cell'), key);
          assert.deepEqual(space.toIndex(key), tuple);
          assert.equal(space.describe(key), tuple.join(', '));
          key++;
        } else for (let i = 0; i < dims[tuple.length]!; i++) visit([...tuple, i]);
      };
      if (dims.reduce((a, b) => a * b) > 3000) return;
      visit([]);
      assert.equal(key, space.size);
    }));

  it('refuse tuples that are outside, too short, too long or not of integers', () =>
    check(
      fc.tuple(dimensions, fc.nat(5), fc.constantFrom(-1, 0.5, Number.NaN, Infinity, '0', undefined, null, 6)),
      ([dims, at, bad]) => {
        const space = new DenseSpace(dims, false);
        const index: unknown[] = dims.map(() => 0);
        refuses(space, index.slice(1));
        refuses(space, [...index, 0]);
        index[at % dims.length] = bad;
        refuses(space, index);
      },
    ));

  it('take plain numbers if they have a plain size', () => {
    const space = new DenseSpace([10], true);
    for (let i = 0; i < 10; i++) assert.equal(space.toIndex(space.toKey(i, 'Cell')), i);
    for (const bad of [-1, 10, 0.5, Number.NaN, '3', [3], null, undefined, {}]) refuses(space, bad);
  });
});

describe('sparse index spaces', () => {
  const numbers = fc.maxSafeInteger();
  const tuples = fc.array(fc.maxSafeInteger(), { minLength: 1, maxLength: 6 });
  const indices = fc.oneof(
    numbers,
    tuples,
    fc.string({ unit: 'binary' }),
    fc.constantFrom('1', '(1)', "'1", '1,2', ''),
  );

  it('give the index back, be it a number, a tuple or text', () =>
    check(
      indices,
      (index) => {
        const space = new SparseSpace(undefined);
        assert.deepEqual(space.toIndex(space.toKey(index, 'Cell')), index);
      },
      { runs: 500 },
    ));

  it('give different indices different keys', () =>
    check(fc.uniqueArray(indices, { selector: (index) => JSON.stringify(index), maxLength: 20 }), (list) => {
      const space = new SparseSpace(undefined);
      assert.equal(new Set(list.map((index) => space.toKey(index, 'Cell'))).size, list.length);
    }));

  it('use the codec of the class for its own index type', () => {
    const space = new SparseSpace({
      encode: (point) => `${(point as { x: number }).x}`,
      decode: (text) => ({ x: Number(text) }),
    });
    assert.deepEqual(space.toIndex(space.toKey({ x: 7 }, 'Cell')), { x: 7 });
  });

  it('refuse what is no index', () => {
    const space = new SparseSpace(undefined);
    for (const bad of [0.5, Number.NaN, 2 ** 53, [], [1, 2, 3, 4, 5, 6, 7], [0.5], ['a'], {}, null, undefined, true])
      refuses(space, bad);
  });
});

describe('branch index spaces', () => {
  it('take PE numbers only', () => {
    const space = new BranchSpace(4, 'PE');
    for (let pe = 0; pe < 4; pe++) assert.equal(space.toIndex(space.toKey(pe, 'Cell')), pe);
    for (const bad of [-1, 4, 1.5, '1', undefined]) refuses(space, bad);
  });
});

describe('built-in maps', () => {
  it('deal blocks that are contiguous and differ by at most one element', () =>
    check(fc.tuple(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 1, max: 100 })), ([size, pes]) => {
      const home = blockHome(size, pes);
      const counts = new Array<number>(pes).fill(0);
      let last = 0;
      for (let key = 0; key < size; key++) {
        const pe = home(key);
        assert(pe >= last && pe < pes, `element ${key} of ${size} on PE ${pe} of ${pes}`);
        last = pe;
        counts[pe]!++;
      }
      assert(Math.max(...counts) - Math.min(...counts) <= 1);
    }));

  it('give every key a PE, in turn for numbers', () =>
    check(fc.tuple(fc.oneof(fc.maxSafeInteger(), fc.string()), fc.integer({ min: 1, max: 100 })), ([key, pes]) => {
      const pe = roundRobinHome(pes)(key);
      assert(Number.isInteger(pe) && pe >= 0 && pe < pes);
      if (typeof key === 'number') assert.equal(roundRobinHome(pes)(key + 1), (pe + 1) % pes);
    }));

  it('list the keys of each PE as they give them', () =>
    check(fc.tuple(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 1, max: 100 })), ([size, pes]) => {
      for (const home of [blockHome(size, pes), roundRobinHome(pes, size)]) {
        const expected = Array.from({ length: pes }, (): number[] => []);
        for (let key = 0; key < size; key++) expected[home(key)]!.push(key);
        for (const [pe, keys] of expected.entries()) assert.deepEqual(home.keysOf?.(pe), keys);
      }
    }));
});
