/** Errors as data between PEs, and as reports for people: whatever is thrown, neither makes it worse. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  CharmError,
  describeThrown,
  EntryError,
  type ErrorWire,
  fromWire,
  locate,
  StuckError,
  toWire,
  UsageError,
} from '../../core/base/errors.ts';
import { formatReport } from '../../launch/report.ts';

const place = { pe: 1, chare: 'Ring[3]', entry: 'pass' };
const thereAndBack = (error: unknown): Error & { code?: unknown } => fromWire(structuredClone(toWire(error)));

describe('an error that goes to another PE', () => {
  it('keeps class, code, message, place, stack and causes', () => {
    const cause = new RangeError('inner', { cause: new SyntaxError('innermost') });
    const sent = new EntryError('ERR_ENTRY_FAILED', 'outer', place, { cause });
    const got = thereAndBack(sent);
    assert(got instanceof EntryError);
    assert.deepEqual([got.code, got.message, got.place, got.stack], [sent.code, 'outer', place, sent.stack]);
    assert(got.cause instanceof RangeError);
    assert.equal(got.cause.message, 'inner');
    assert(got.cause.cause instanceof SyntaxError);
    assert(thereAndBack(new UsageError('wrong', 'ERR_NOT_EXPORTED')) instanceof UsageError);
  });

  it('keeps name and code of classes that it does not know', () => {
    const error = Object.assign(new Error('gone'), { name: 'DiskError', code: 'ENOENT' });
    const got = thereAndBack(error);
    assert.equal(got.constructor, Error);
    assert.deepEqual([got.name, got.message, got.code], ['DiskError', 'gone', 'ENOENT']);
  });

  it('is never built from a name that the sender chose', () => {
    for (const name of ['constructor', 'hasOwnProperty', '__proto__', 'toString', 'Function', 'eval']) {
      const wire: ErrorWire = { ...toWire(new Error('x')), name };
      assert.equal(fromWire(wire).constructor, Error);
      assert.equal(fromWire({ ...wire, code: 'ERR_DECODE' }).constructor, CharmError);
    }
  });

  it('ends where causes go round in circles', () => {
    const one = new Error('one');
    const two = new Error('two', { cause: one });
    one.cause = two;
    assert.equal(thereAndBack(two).message, 'two');
    assert.match(formatReport(two), /^charm4ts: Error: two/);
  });
});

/** Things that resist being described. */
const awkward: readonly unknown[] = [
  null,
  undefined,
  '',
  0,
  Symbol('s'),
  10n,
  () => 1,
  Object.create(null),
  {
    toJSON() {
      throw new Error('no');
    },
  },
  new Proxy({}, { get: () => assert.fail('looked at') }),
  Object.defineProperty(new Error('x'), 'message', { value: Symbol('m') }),
  Object.assign(new Error('x'), { stack: 5 }),
  Object.assign(new Error('x'), { name: null }),
];

describe('anything can be thrown', () => {
  it('and is described, sent and reported without another exception', () => {
    for (const thrown of awkward) {
      assert.equal(typeof describeThrown(thrown), 'string');
      const wire = toWire(locate(thrown, place));
      assert.deepEqual(structuredClone(wire), wire);
      assert.match(formatReport(fromWire(wire)), /^charm4ts: Ring\[3\]\.pass on PE 1: /);
    }
  });
});

describe('locate', () => {
  it('adds a place where there is none, and keeps class, code and cause', () => {
    const cause = new Error('inner');
    const got = locate(new UsageError('wrong', 'ERR_NOT_EXPORTED', undefined, { cause }), place);
    assert(got instanceof UsageError);
    assert.deepEqual([got.code, got.place, got.cause], ['ERR_NOT_EXPORTED', place, cause]);
  });

  it('leaves an error alone that has a place, or that is about all PEs', () => {
    for (const error of [new EntryError('ERR_ENTRY_FAILED', 'x', place), new StuckError('ERR_STUCK', 'x')])
      assert.equal(locate(error, { pe: 7 }), error);
  });

  it('says of a failed assertion of ours that it is a bug', () => {
    const assertion = Object.assign(new Error('internal error: x'), { name: 'AssertionError' });
    assert.match(formatReport(locate(assertion, { pe: 2 })), /^charm4ts: PE 2: .*bug in charm4ts.*\[ERR_INTERNAL\]/);
  });
});

describe('a report', () => {
  it('shows each cause, code and stack frame once, and the code in the first line', () => {
    const inner = new UsageError('first\nsecond', 'ERR_NOT_EXPORTED');
    const middle = new EntryError('ERR_ENTRY_FAILED', describeThrown(inner), place, { cause: inner });
    const outer = new EntryError(
      'ERR_MAIN_FAILED',
      describeThrown(middle),
      { pe: 0, chare: 'main' },
      { cause: middle },
    );
    const report = formatReport(outer);
    assert.match(
      report,
      /^charm4ts: main on PE 0: .*first \[ERR_MAIN_FAILED, ERR_ENTRY_FAILED, ERR_NOT_EXPORTED\]\nsecond/,
    );
    assert.doesNotMatch(report, /caused by/);
    const frames = report.split('\n').filter((line) => line.startsWith('    at '));
    assert.equal(new Set(frames).size, frames.length);
  });
});
