import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { UsageError } from '../../core/base/errors.ts';
import { BitVector, checkPriority, comparePriorities, toBits } from '../../core/pe/priority.ts';
import { check } from '../support/property.ts';

const bitTexts = fc.string({ unit: fc.constantFrom('0', '1'), maxLength: 80 });
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

/** Bit strings compared from the first bit; the shorter first if one begins the other. */
function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

describe('BitVector', () => {
  it('compares like a string of bits, a prefix being more urgent', () =>
    check(
      fc.tuple(bitTexts, bitTexts),
      ([a, b]) => {
        assert.equal(Math.sign(comparePriorities(BitVector.of(a), BitVector.of(b))), compareTexts(a, b));
      },
      { runs: 1000 },
    ));

  it('compares long vectors that share a beginning', () =>
    check(
      fc.tuple(bitTexts, bitTexts, bitTexts),
      ([start, a, b]) => {
        const sign = Math.sign(comparePriorities(BitVector.of(start + a), BitVector.of(start + b)));
        assert.equal(sign, compareTexts(a, b));
      },
      { runs: 1000 },
    ));

  it('grows by the bits of a number, however many words that takes', () =>
    check(fc.array(fc.tuple(fc.nat(2 ** 31 - 1), fc.integer({ min: 31, max: 32 })), { maxLength: 5 }), (parts) => {
      let grown = BitVector.root();
      let text = '';
      for (const [value, bits] of parts) {
        grown = grown.child(value, bits);
        text += value.toString(2).padStart(bits, '0');
      }
      assert.deepEqual(grown, BitVector.of(text));
      assert.equal(grown.length, text.length);
    }));

  it('is not changed by making a child', () => {
    const parent = BitVector.of('01');
    parent.child(3, 2);
    assert.deepEqual(parent, BitVector.of('01'));
  });

  it('refuses what is no bit, no number of bits, or does not fit', () => {
    assert.throws(() => BitVector.of('02'), UsageError);
    for (const [value, bits] of [
      [2, 1],
      [-1, 4],
      [0.5, 4],
      [0, 0],
      [0, 33],
      [2 ** 32, 32],
    ] as const) {
      assert.throws(() => BitVector.root().child(value, bits), UsageError, `${value} in ${bits} bits`);
    }
    assert.deepEqual(BitVector.root().child(2 ** 32 - 1, 32), BitVector.of('1'.repeat(32)));
  });
});

describe('integer priorities', () => {
  it('are ordered as integers', () =>
    check(
      fc.tuple(int32, int32),
      ([a, b]) => {
        assert.equal(Math.sign(comparePriorities(toBits(a), toBits(b))), Math.sign(a - b));
      },
      { runs: 1000 },
    ));

  it('stand among bit vectors as their 32 bits, the sign bit turned round', () =>
    check(
      fc.tuple(int32, bitTexts),
      ([n, text]) => {
        const bits = (n + 2 ** 31).toString(2).padStart(32, '0');
        assert.equal(Math.sign(comparePriorities(toBits(n), BitVector.of(text))), compareTexts(bits, text));
      },
      { runs: 1000 },
    ));

  it('are refused if they are no 32-bit integers', () => {
    for (const bad of [0.5, Number.NaN, Infinity, 2 ** 31, -(2 ** 31) - 1])
      assert.throws(() => checkPriority(bad), UsageError);
    for (const bad of ['1', null, {}, [1]]) assert.throws(() => checkPriority(bad as unknown as number), UsageError);
    for (const good of [0, -1, 2 ** 31 - 1, -(2 ** 31), BitVector.root()])
      assert.doesNotThrow(() => checkPriority(good));
  });
});
