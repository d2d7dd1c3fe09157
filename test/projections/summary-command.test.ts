/** What `charm4ts projections` prints instead of a page. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Chare, type Charm } from 'charm4ts';
import { runSimulated } from 'charm4ts/sim';
import type { TraceSummary } from '../../projections/index.ts';

const run = promisify(execFile);
const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

async function projections(...args: readonly string[]): Promise<string> {
  return (await run(process.execPath, [command, 'projections', ...args])).stdout;
}

/** PE 1 has three times the work of PE 0. */
class Worker extends Chare<number> {
  compute(left: number): void {
    this.charm.work(1e-3 * (1 + 2 * this.index));
    if (left > 1) this.self.compute(left - 1);
  }
}

async function main(charm: Charm): Promise<void> {
  const workers = await charm.array(Worker, { size: 2, map: 'block' });
  workers.all.compute(10);
  await charm.quiescence();
  charm.exit();
}

describe('charm4ts projections', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'charm4ts-summary-'));
    await runSimulated({
      program: { main, Worker },
      pes: 2,
      pesPerNode: 1,
      network: 'shared-memory',
      traceDirectory: folder,
    });
  });
  after(() => rm(folder, { recursive: true }));

  it('--json has every number of the run', async () => {
    const summary = JSON.parse(await projections(folder, '--json')) as TraceSummary;
    assert.equal(summary.pes, 2);
    assert.equal(summary.nodes, 2);
    const [first] = summary.entries;
    assert.equal(first!.name, 'Worker::compute');
    assert.equal(first!.executions, 20);
    assert(Math.abs(first!.seconds - 0.04) < 1e-6);
    assert(Math.abs(first!.duration.max! - 3e-3) < 1e-6 && Math.abs(first!.duration.p50! - 1e-3) < 1e-6);
    assert(Math.abs(summary.imbalance - 1.5) < 0.01);
    assert.equal(summary.longestIdle!.pe, 0);
    const { busy, idle, overhead } = summary.time;
    const wall = summary.perPe.reduce((sum, pe) => sum + pe.seconds, 0);
    assert(Math.abs(busy + idle + overhead - wall) <= 1e-3 * wall && overhead >= 0);
    assert(summary.criticalPath.seconds > 0.0299 && summary.criticalPath.seconds <= summary.seconds);
    assert.equal(summary.calls.find(({ from }) => from === 'Worker::compute')!.messages, 18);
  });

  it('--summary says what to look at first', async () => {
    const text = await projections(folder, '--summary');
    assert.match(text, /PE 1 is busiest .* busiest over mean 1\.50/);
    assert.match(text, /longest idle {3}PE 0 for 20\.0 ms/);
    assert.match(text, /^Worker::compute .* 20 +2\.00 ms +1\.00 ms +3\.00 ms/m);
  });

  it('compares two runs', async () => {
    const text = await projections(folder, folder, '--summary');
    assert.match(text, /^comparison .*\+0\.0 %/m);
    assert.match(text, /^Worker::compute +1 +40\.0 ms +40\.0 ms +\+0\.0 %/m);
  });

  it('says what is wrong where there is no trace', async () => {
    await assert.rejects(projections(join(folder, 'nothing'), '--summary'), /there is no such file or directory/);
  });
});
