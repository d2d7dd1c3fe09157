import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DumpError, dumpText, readDump } from '../../lb-strategies/index.ts';
import { anyStatistics } from '../support/lb-statistics.ts';
import { check } from '../support/property.ts';

const head = { format: 'charm4ts-lb-dump', version: 1, name: 'x' };
const objects = { load: [1, 2], pe: [0, 1] };
const edges = { from: [0], to: [1], messages: [3], bytes: [40] };

function problemOf(value: unknown): string {
  try {
    readDump(typeof value === 'string' ? value : JSON.stringify(value));
  } catch (error) {
    assert(error instanceof DumpError, String(error));
    return error.message;
  }
  return 'none';
}

describe('dump', () => {
  it('reads what it wrote', () =>
    check(fc.tuple(anyStatistics, fc.nat(9)), ([statistics, step]) => {
      const dump = { name: 'drawn', step, statistics, secondsPerMessage: 1e-5, secondsPerByte: 1e-9 };
      assert.deepEqual(readDump(dumpText(dump)), { ...dump, charm: {} });
    }));

  it('fills in what is left out', () => {
    const { statistics } = readDump(JSON.stringify({ ...head, objects, pes: { count: 2 }, edges }));
    assert.deepEqual([...statistics.objects.isMigratable], [1, 1]);
    assert.deepEqual([...statistics.pes.speed], [1, 1]);
    assert.deepEqual([...statistics.pes.memoryFree], [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });

  it('names the place of what is wrong', () => {
    const pes = { count: 2 };
    const problems: [unknown, RegExp][] = [
      ['{', /^\$: not JSON/],
      [[], /^\$: expected an object, got \[\]/],
      [{ ...head, format: 'zip' }, /^\$\.format: expected "charm4ts-lb-dump", got "zip"/],
      [{ ...head, version: 2 }, /^\$\.version: this version of charm4ts reads dumps of version 1, not 2/],
      [{ ...head, pes, edges }, /^\$\.objects: is missing/],
      [{ ...head, objects: { load: [1], pe: [5] }, pes, edges }, /^\$\.objects\.pe\[0\]: expected 0 or 1, got 5/],
      [
        { ...head, objects: { load: [1, -1], pe: [0, 0] }, pes, edges },
        /^\$\.objects\.load\[1\]: expected 0 or more, got -1/,
      ],
      [{ ...head, objects: { load: [1], pe: [0, 1] }, pes, edges }, /^\$\.objects\.pe: expected 1 values, got 2/],
      [
        { ...head, objects, pes: { count: 2, speed: [1, 0] }, edges },
        /^\$\.pes\.speed\[1\]: expected more than 0, got 0/,
      ],
      [{ ...head, objects, pes, edges: { ...edges, to: [2] } }, /^\$\.edges\.to\[0\]: expected 0 or 1, got 2/],
      [{ name: 'case', pes: 2, objects: [[1, 0]], communication: [] }, /^\$\.objects\[0\]\[2\]: is missing/],
      [
        { name: 'case', pes: 2, objects: [[1, 'a', 1]], communication: [] },
        /^\$\.objects\[0\]\[1\]: expected a number, got "a"/,
      ],
      [{ name: 'case', pes: 0, objects: [], communication: [] }, /^\$\.pes: expected at least one PE/],
    ];
    for (const [value, expected] of problems) assert.match(problemOf(value), expected);
  });
});
