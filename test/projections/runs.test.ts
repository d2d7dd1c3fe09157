/** Recording by the real command: whole runs, and runs that end badly. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { entryName, openTrace } from '../../projections/index.ts';

const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const forever = fileURLToPath(new URL('./programs/forever.ts', import.meta.url));

describe('charm4ts run --trace', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'charm4ts-runs-'));
  });
  after(() => rm(folder, { recursive: true }));

  /** Runs the command; it is killed as soon as it says something. */
  function run(...args: readonly string[]): Promise<{ readonly code: number | null; readonly stderr: string }> {
    return new Promise((resolve) => {
      const child = spawn(process.execPath, [command, 'run', forever, '--pes', '2', '--trace', folder, ...args]);
      let stderr = '';
      child.stdout.once('data', () => child.kill('SIGKILL'));
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      child.on('close', (code) => resolve({ code, stderr }));
    });
  }

  it('leaves a trace that can be read when it is killed', async () => {
    await run();
    const trace = await openTrace(folder);
    assert.deepEqual(
      trace.problems.map(({ problem }) => problem),
      ['has no end: the run crashed, or is still going', 'has no end: the run crashed, or is still going'],
    );
    assert.equal(trace.info.run.commandLine, forever);
    for (const { executions, begin, end } of trace.pes) {
      // Recorded more than 300 ms of work; the last 100 ms may be missing, and as much again on a busy machine.
      assert(executions.begin.length > 100, `${executions.begin.length} executions`);
      const busy = executions.begin.reduce((sum, from, row) => sum + executions.end[row]! - from, 0);
      assert(busy > 1e8 && busy <= end - begin);
    }
  });

  it('leaves a whole trace when an entry method fails, and replaces the one before', async () => {
    const { code, stderr } = await run('fail');
    assert.equal(code, 1);
    assert.match(stderr, /this is the end/);
    const trace = await openTrace(folder);
    assert.deepEqual(trace.problems, []);
    const names = trace.pes.flatMap(({ executions }) => [...executions.entry].map((row) => entryName(trace.info, row)));
    assert(names.includes('Runner::fail') && names.includes('Charm::main') && names.includes('Runner::constructor'));
  });

  it('says what is wrong with a folder that cannot be made', async () => {
    const { code, stderr } = await run('--trace', '/dev/null/trace', 'fail');
    assert.equal(code, 1);
    assert.match(stderr, /\/dev\/null\/trace.*ERR_OUTPUT/s);
    assert.doesNotMatch(stderr, /Error: /);
  });

  it('says so where the system lets nobody make a folder', async () => {
    const { code, stderr } = await run('--trace', '/proc/trace/deep', 'fail');
    assert.equal(code, 1);
    assert.match(stderr, /can't be written to \/proc\/trace\/deep: no folders can be made in \/proc .*ERR_OUTPUT/);
  });
});
