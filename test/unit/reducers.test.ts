/** Reducers by themselves: any grouping of the merges gives the result of a plain loop. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { UsageError } from '../../core/base/errors.ts';
import {
  type AnyReducer,
  type CustomReducer,
  type ElementIndex,
  Reducer,
  readReducer,
  writeReducer,
} from '../../core/collective/reducers.ts';
import { FrameKind } from '../../core/message/envelope.ts';
import { Reader } from '../../core/pup/reader.ts';
import { Writer } from '../../core/pup/writer.ts';
import { check } from '../support/property.ts';
import { reducerCases } from '../support/reducer-cases.ts';

const contributions = fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 1, maxLength: 12 });

/** Stands for the element with this index. */
const elementAt = (index: number): ElementIndex => ({ index: () => index, order: () => index });

/** Which neighbours to merge next. */
const merges = fc.array(fc.nat(), { minLength: 12, maxLength: 12 });

describe('reducers', () => {
  for (const { name, reducer, value, expected, sorted } of reducerCases) {
    const steps = reducer as unknown as AnyReducer;

    it(`${name} gives the same result however contributions are grouped`, () =>
      check(fc.tuple(contributions, merges), ([numbers, places]) => {
        const parts = numbers.map((n, i) => steps.prepare(value(n, i), elementAt(i)));
        for (let round = 0; parts.length > 1; round++) {
          const at = places[round]! % (parts.length - 1);
          parts.splice(at, 2, steps.merge(parts[at], parts[at + 1]));
        }
        const result = steps.finish(parts[0]);
        const all = numbers.map((n, index) => ({ index, n }));
        assert.deepEqual(sorted?.(result) ?? result, expected(all));
      }));

    it(`${name} leaves the contributed values alone`, () =>
      check(fc.tuple(fc.integer(), fc.integer()), ([a, b]) => {
        const [mine, yours] = [value(a, 0), value(b, 1)];
        const merged = steps.merge(steps.prepare(mine, elementAt(0)), steps.prepare(yours, elementAt(1)));
        steps.finish(steps.merge(merged, steps.prepare(value(a, 2), elementAt(2))));
        assert.deepEqual([mine, yours], [value(a, 0), value(b, 1)]);
      }));

    it(`${name} is found again by what is written of it`, () => {
      const writer = new Writer();
      const custom = new Map<string, CustomReducer>();
      writer.begin(FrameKind.reductionPart, 0, 0, 0, 0);
      writeReducer(writer, steps, (found) => {
        custom.set(found.name, found);
        return found.name;
      });
      writer.end();
      const read = readReducer(Reader.over(writer.copyFrame()), (found) => custom.get(found)!);
      assert.equal(read.name, steps.name);
      if (!read.name.startsWith('tuple')) assert.equal(read, steps);
    });
  }

  it('of numbers refuse other values at the call, and arrays of different length when they meet', () => {
    const sum = Reducer.sum as unknown as AnyReducer;
    for (const bad of ['1', null, undefined, true, {}, new DataView(new ArrayBuffer(8))])
      assert.throws(() => sum.prepare(bad, elementAt(0)), UsageError);
    assert.throws(() => sum.merge([1, 2], [1]), UsageError);
  });
});
