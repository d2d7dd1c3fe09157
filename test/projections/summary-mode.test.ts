/** Runs of which only a summary is kept. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Chare, type Charm } from 'charm4ts';
import { runSimulated } from 'charm4ts/sim';
import fc from 'fast-check';
import {
  entryName,
  findSummary,
  foldSummary,
  openTrace,
  readSummary,
  readSummaryDetail,
  SummaryBins,
} from '../../projections/index.ts';

const run = promisify(execFile);
const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const forever = fileURLToPath(new URL('./programs/forever.ts', import.meta.url));

/** Works for random times, waits for others in between, and makes chares. */
class Walker extends Chare<number> {
  async walk(left: number): Promise<void> {
    this.charm.work(this.charm.random() * 2e-3);
    if (left === 0) return;
    const next = Math.floor(this.charm.random() * 8);
    await this.array.at(next).rest(left);
    this.charm.work(1e-4);
    this.array.at(next).walk(left - 1);
  }

  rest(left: number): number {
    this.charm.work(left * 1e-5);
    return left;
  }
}

async function main(charm: Charm): Promise<void> {
  const walkers = await charm.array(Walker, { size: 8 });
  walkers.all.walk(12);
  await charm.quiescence();
  charm.exit();
}

const us = 1e-6;

describe('--trace-summary', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'charm4ts-summary-mode-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('has the totals of the whole trace of the same run', async () => {
    for (const seed of [1, 2, 3]) {
      const [whole, kept] = ['whole', 'kept'].map((name) => join(folder, `${name}${seed}`)) as [string, string];
      for (const traceSummary of [false, true])
        await runSimulated({
          program: { main, Walker },
          pes: 4,
          pesPerNode: 2,
          seed,
          traceDirectory: traceSummary ? kept : whole,
          traceSummary,
        });
      const trace = await openTrace(whole);
      const summary = await foldSummary((await findSummary(kept))!);
      assert.deepEqual(summary.problems, []);
      assert.equal(summary.info.pes, 4);
      assert(summary.entries.some(({ name }) => name === 'Walker::rest'));
      const expected = new Map<string, { seconds: number; executions: number; longest: number }>();
      for (const { executions } of trace.pes)
        for (const [row, begin] of executions.begin.entries()) {
          const name = entryName(trace.info, executions.entry[row]!);
          const sums = expected.get(name) ?? { seconds: 0, executions: 0, longest: 0 };
          const seconds = (executions.end[row]! - begin) / 1e9;
          expected.set(name, {
            seconds: sums.seconds + seconds,
            executions: sums.executions + 1,
            longest: Math.max(sums.longest, seconds),
          });
        }
      assert.deepEqual(new Set(summary.entries.map(({ name }) => name)), new Set(expected.keys()), `seed ${seed}`);
      for (const { name, seconds, executions, longest, binned } of summary.entries) {
        const sums = expected.get(name)!;
        assert.equal(executions, sums.executions, `${name}, seed ${seed}`);
        // Whole microseconds on each of 4 PEs.
        assert(Math.abs(seconds - sums.seconds) <= 4 * us, `${name}: ${seconds} s of ${sums.seconds}, seed ${seed}`);
        assert(Math.abs(longest - sums.longest) <= us, `${name}: longest ${longest} of ${sums.longest}`);
        const inBins = binned.reduce((sum, value) => sum + value, 0);
        assert(
          Math.abs(inBins - seconds) <= (binned.length + 1) * 4 * us,
          `${name}: ${inBins} s in bins of ${seconds}`,
        );
      }
      for (const { pe, idles, end } of trace.pes) {
        const found = summary.perPe.find((one) => one.pe === pe)!;
        const idle = idles.begin.reduce((sum, begin, row) => sum + idles.end[row]! - begin, 0) / 1e9;
        // Whole per cent of each millisecond.
        assert(Math.abs(found.idle - idle) <= 0.005 * found.seconds + us, `PE ${pe}: idle ${found.idle} of ${idle}`);
        assert(found.seconds >= end / 1e9 && found.seconds - end / 1e9 <= 1.001e-3, `${found.seconds} of ${end}`);
      }
    }
  });

  it('is what the command writes and prints', async () => {
    const { stderr } = await run(process.execPath, [
      command,
      'run',
      forever,
      '-p',
      '2',
      '--trace',
      folder,
      '--trace-summary',
      'fail',
    ])
      .then(() => assert.fail('it should fail'))
      .catch((error: { stderr: string }) => error);
    assert.match(stderr, /summary in .*; to look at it: charm4ts projections .* --summary/);
    const files = (await readdir(folder)).filter((name) => /\.(sum|sumd|sts|part)$/.test(name)).sort();
    assert.deepEqual(files, ['forever.0.sum', 'forever.0.sumd', 'forever.1.sum', 'forever.1.sumd', 'forever.sum.sts']);
    for (const pe of [0, 1]) {
      const sum = readSummary(await readFile(join(folder, `forever.${pe}.sum`), 'utf8'), 'sum');
      const detail = readSummaryDetail(await readFile(join(folder, `forever.${pe}.sumd`), 'utf8'), 'sumd');
      assert.equal(sum.pes, 2);
      assert.equal(
        detail.calls.reduce((a, b) => a + b),
        sum.calls.reduce((a, b) => a + b),
      );
    }
    const text = (await run(process.execPath, [command, 'projections', folder, '--summary'])).stdout;
    assert.match(text, /^summary +forever: 2 PEs in 1 node/m);
    assert.match(text, /^Runner::fail +/m);
    const json = JSON.parse((await run(process.execPath, [command, 'projections', folder, '--json'])).stdout) as {
      kind: string;
      perPe: unknown[];
      overTime: { utilisation: number[] };
    };
    assert.equal(json.kind, 'summary');
    assert.equal(json.perPe.length, 2);
    assert(json.overTime.utilisation.length > 0 && json.overTime.utilisation.length <= 1000);
    await assert.rejects(run(process.execPath, [command, 'projections', folder]), /holds only a summary/);
  });

  it('needs to be told where', async () => {
    await assert.rejects(run(process.execPath, [command, 'run', forever, '--trace-summary']), /--trace <dir> must say/);
  });
});

/** Intervals of one PE one after another, with gaps. */
const intervals = fc.array(
  fc.record({ gap: fc.integer({ min: 0, max: 5e6 }), length: fc.integer({ min: 0, max: 20e6 }), entry: fc.nat(2) }),
  { maxLength: 200 },
);

describe('the bins of a summary', () => {
  it('double and lose nothing', () => {
    fc.assert(
      fc.property(intervals, fc.integer({ min: 1, max: 40 }), (list, half) => {
        const binsMax = 2 * half;
        const bins = new SummaryBins({ pe: 0, pes: 1, entries: 3, binsMax });
        const time = [0, 0, 0];
        const calls = [0, 0, 0];
        let [now, idle] = [0, 0];
        for (const { gap, length, entry } of list) {
          bins.idle(now, now + gap);
          now += gap;
          idle += gap;
          bins.call(entry, now);
          bins.busy(entry, now, now + length);
          bins.took(entry, length);
          now += length;
          time[entry]! += length;
          calls[entry]! += 1;
        }
        bins.reach(now);
        const summary = bins.summary();
        const detail = bins.detail();
        assert(summary.bins <= binsMax && summary.binSeconds * summary.bins * 1e9 >= now);
        assert(Math.abs(Math.log2(bins.width / 1e6) % 1) < 1e-12);
        assert.deepEqual(summary.calls, calls);
        assert.deepEqual(
          summary.timeUs,
          time.map((ns) => Math.round(ns / 1000)),
        );
        for (let entry = 0; entry < 3; entry++) {
          const row = (values: readonly number[]): number =>
            values.slice(entry * detail.bins, (entry + 1) * detail.bins).reduce((a, b) => a + b, 0);
          assert.equal(row(detail.calls), calls[entry]);
          assert(Math.abs(row(detail.timeUs) - time[entry]! / 1000) <= detail.bins / 2 + 1e-6);
        }
        const shares = summary.idle.reduce((a, b) => a + b, 0);
        assert(Math.abs((shares * bins.width) / 100 - idle) <= 0.005 * detail.bins * bins.width + 1);
        for (const [bin, share] of summary.utilisation.entries()) assert(share + summary.idle[bin]! <= 101);
      }),
    );
  });

  it('take no more memory for a longer run', () => {
    const bins = new SummaryBins({ pe: 0, pes: 1, entries: 10, pesHere: 64 });
    const work = (from: number, to: number, step: number): number => {
      for (let time = from; time < to; time += step) {
        bins.call((time / step) % 10, time);
        bins.busy((time / step) % 10, time, time + step);
      }
      return bins.cells;
    };
    const afterSeconds = work(0, 10e9, 1e6);
    const afterHours = work(10e9, 36_000e9, 1e9);
    assert.equal(afterHours, afterSeconds);
    assert(afterHours * 64 <= 2 ** 20, `${afterHours} numbers`);
    assert.equal(
      bins.detail().calls.reduce((a, b) => a + b),
      10_000 + 35_990,
    );
  });
});
