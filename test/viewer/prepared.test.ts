/** What lies between a trace and its page: the wire, prepared files, reading with several threads. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { openTrace } from '../../projections/format/open.ts';
import { Pyramid } from '../../projections/model/pyramid.ts';
import { elementName, type Trace } from '../../projections/model/trace.ts';
import { infoOf } from '../../projections/viewer/answers.ts';
import { decodePrepared, encodePrepared, packPyramids, unpackPyramids } from '../../projections/viewer/prepared.ts';
import { checkQuestion } from '../../projections/viewer/questions.ts';
import { checkFolder } from '../../projections/viewer/server/folder.ts';
import { readParallel } from '../../projections/viewer/server/parallel-read.ts';
import { TraceStore } from '../../projections/viewer/store.ts';
import { decodeAnswer, encodeAnswer } from '../../projections/viewer/wire.ts';
import { ringTrace } from '../support/viewer.ts';

const stencil = new URL('../projections/traces/stencil3d', import.meta.url).pathname;
const sum = (values: Iterable<number>): number => [...values].reduce((total, one) => total + one, 0);

describe('the wire', () => {
  it('brings back what was sent: values and typed arrays of all kinds', () => {
    const anyArray = fc.oneof(
      fc.uint8Array(),
      fc.uint16Array(),
      fc.uint32Array(),
      fc.int32Array(),
      fc.float32Array(),
      fc.float64Array(),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(anyArray, fc.integer(), fc.string(), fc.boolean(), fc.constant(null), tie('list'), tie('record')),
      list: fc.array(tie('value'), { maxLength: 4 }),
      record: fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), tie('value'), { maxKeys: 4 }),
    }));
    fc.assert(
      fc.property(value, (sent) => {
        // Records of fast-check have no prototype, those of JSON do.
        const plain = (one: unknown): unknown =>
          JSON.stringify(one, (_key, item) =>
            ArrayBuffer.isView(item)
              ? [item.constructor.name, ...(item as Float64Array)].map((x) => (Object.is(x, -0) ? '-0' : String(x)))
              : item,
          );
        assert.equal(plain(decodeAnswer(encodeAnswer(sent).buffer)), plain(sent));
      }),
      { numRuns: 300 },
    );
  });
});

describe('a prepared file', () => {
  const trace = ringTrace(400);
  const pyramids = trace.pes.map((pe) => new Pyramid(pe));
  const info = infoOf(new TraceStore(trace));

  it('has the pictures that the trace has', () => {
    const unpacked = unpackPyramids(packPyramids(pyramids));
    for (const [i, pyramid] of pyramids.entries())
      for (const [begin, end] of [
        [0, 400_000],
        [100_000, 250_000],
      ] as const) {
        const [a, b] = [pyramid.picture(begin, end, 100), unpacked[i]!.picture(begin, end, 100)];
        assert.deepEqual(a.executions, b.executions);
        for (const [column, busy] of a.busy.entries()) assert(Math.abs(busy - b.busy[column]!) < 1);
        assert.deepEqual(a.entry, b.entry);
      }
  });

  it('has the busy time right in pictures that are finer than its bins, and says that they are coarse', () => {
    const [unpacked] = unpackPyramids(packPyramids(pyramids));
    const width = unpacked!.levels[0]!.width;
    assert.equal(unpacked!.isExact(width), true);
    assert.equal(unpacked!.isExact(width / 2), false);
    const picture = unpacked!.picture(0, 100 * width, 1000);
    const exact = pyramids[0]!.picture(0, 100 * width, 100);
    assert(Math.abs(sum(picture.busy) - sum(exact.busy)) < 1);
  });

  it('is believed only with its own stamp, and not if it is damaged', () => {
    const bytes = encodePrepared({ info, pyramids }, 'stamp').slice();
    assert.equal(decodePrepared(bytes.slice().buffer, 'stamp')?.pyramids.length, 4);
    assert.equal(decodePrepared(bytes.slice().buffer, 'other'), undefined);
    assert.equal(decodePrepared(new ArrayBuffer(0), 'stamp'), undefined);
    for (let cut = 0; cut < bytes.length; cut += 997)
      assert.equal(decodePrepared(bytes.slice(0, cut).buffer, 'stamp'), undefined, `cut to ${cut}`);
  });
});

describe('reading with several threads', () => {
  it('gives the same trace as reading with one', async () => {
    const { files } = await checkFolder(stencil);
    const told: number[] = [];
    const parallel = await readParallel(stencil, files, (done) => told.push(done), 0);
    assert.deepEqual(told, [1, 2, 3, 4]);
    const serial = await openTrace(stencil);
    assert.equal(parallel.trace.elements.collection.length, serial.elements.collection.length);
    for (const [i, pe] of serial.pes.entries()) {
      const other = parallel.trace.pes[i]!;
      assert.deepEqual(other.executions.begin, pe.executions.begin);
      assert.deepEqual(other.sends.to, pe.sends.to);
      for (let row = 0; row < pe.executions.begin.length; row += 97)
        assert.equal(nameAt(parallel.trace, i, row), nameAt(serial, i, row));
    }
    assert.equal(parallel.pyramids.length, 4);
    assert(parallel.pyramids.every((pyramid) => pyramid.hasTables));
  });

  it('says what is wrong with a trace that cannot be read', async () => {
    await assert.rejects(
      readParallel('/nowhere', { pes: [0, 1], bytes: 1 }, () => {}, 0),
      /nowhere/,
    );
  });
});

function nameAt(trace: Trace, pe: number, row: number): string {
  return elementName(trace, trace.pes[pe]!.executions.element[row]!);
}

describe('questions', () => {
  it('are refused if they are too large or of the wrong type', () => {
    const right = { begin: 0, end: 1, pes: [0], max: 10 };
    assert(checkQuestion('blocks', right));
    for (const wrong of [
      { ...right, max: 1e9 },
      { ...right, begin: '0' },
      { ...right, pes: 0 },
      { ...right, more: 1 },
      { begin: 0 },
    ])
      assert.equal(checkQuestion('blocks', wrong), undefined);
    assert.equal(checkQuestion('toString', {}), undefined);
    assert.equal(checkQuestion('search', { text: 'x'.repeat(2000), order: 'time', max: 1 }), undefined);
  });
});
