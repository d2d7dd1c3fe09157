import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TraceError } from '../../projections/errors.ts';
import { readOriginal } from '../../projections/format/original/read.ts';
import {
  readSummary,
  readSummaryDetail,
  summaryDetailText,
  summaryText,
} from '../../projections/format/original/summary.ts';
import { summaryDetailOf, summaryGrid, summaryOf } from '../../projections/format/original/summary-writer.ts';
import { timeRange } from '../../projections/model/trace.ts';

const folder = fileURLToPath(new URL('traces/', import.meta.url));
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe('summaries of Charm++', () => {
  it('are read and written to the byte', async () => {
    const names = (await readdir(`${folder}stencil3d-summary`)).filter((name) => /\.sumd?$/.test(name));
    assert.equal(names.length, 8);
    for (const name of names) {
      const text = await readFile(`${folder}stencil3d-summary/${name}`, 'utf8');
      const again = name.endsWith('d')
        ? summaryDetailText(readSummaryDetail(text, name))
        : summaryText(readSummary(text, name));
      assert.equal(again, text, name);
    }
  });

  it('are made from logs so that they agree with the logs', async () => {
    const trace = await readOriginal(`${folder}stencil3d`);
    const entries = trace.info.entries.length;
    const grid = summaryGrid(timeRange(trace).end, entries);
    for (const pe of trace.pes) {
      const summary = summaryOf(pe, trace.info, grid);
      const detail = summaryDetailOf(pe, trace.info, grid);
      assert.equal(sum(summary.calls), pe.executions.begin.length);
      assert.equal(sum(detail.calls), pe.executions.begin.length);
      const busyUs = sum([...pe.executions.end].map((end, row) => end - pe.executions.begin[row]!)) / 1000;
      assert(Math.abs(sum(summary.timeUs) - busyUs) < 1);
      // Whole microseconds and per cent, in each bin.
      assert(Math.abs(sum(detail.timeUs) - busyUs) < grid.count);
      assert(Math.abs(sum(summary.utilisation) * 10 - busyUs) < 5 * grid.count);
      assert.deepEqual(readSummary(summaryText(summary), 'again'), summary);
    }
  });

  it('that are broken are refused, with file and line', async () => {
    const text = await readFile(`${folder}stencil3d-summary/stencil3d.prj.1.sum`, 'utf8');
    const problemOf = (broken: string): string => {
      try {
        readSummary(broken, 'x.sum');
        return 'none';
      } catch (error) {
        assert(error instanceof TraceError);
        return error.message;
      }
    };
    assert.match(problemOf(''), /^x\.sum, line 1: expected the head of a summary/);
    assert.match(
      problemOf(text.replace('count:1491', 'count:1490')),
      /^x\.sum, line 2: expected 1490 values, got 1491/,
    );
    assert.match(problemOf(text.replace('100+60', '100+999999999')), /^x\.sum, line 2: more than 50000000 values/);
    assert.match(problemOf(text.replace('EPCallTime: 0', 'EPCallTime: x')), /^x\.sum, line 4: expected a number.*"x"/);
  });
});
