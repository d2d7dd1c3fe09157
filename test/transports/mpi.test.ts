/** Jobs that mpirun starts, of Open MPI and of MPICH, and the transport under them. Left out where there is no mpirun. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const traffic = fileURLToPath(new URL('../nodes/programs/traffic.ts', import.meta.url));
const compliance = fileURLToPath(new URL('./programs/mpi-compliance.ts', import.meta.url));
const example = (name: string): string => fileURLToPath(new URL(`../../examples/${name}.ts`, import.meta.url));
const deadlineMs = 120_000;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Root may run mpirun in a test machine, and there may be more processes than cores. */
const allowed = {
  OMPI_ALLOW_RUN_AS_ROOT: '1',
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
  OMPI_MCA_rmaps_base_oversubscribe: '1',
};

let jobs = 0;

/** Runs a job of `nodes` processes to its end; fails if it leaves one behind. */
async function mpirun(
  starter: string,
  nodes: number,
  args: readonly string[],
  onOutput?: (child: ChildProcess) => void,
): Promise<Ended> {
  const mark = `mark-${process.pid}-${jobs++}`;
  const child = spawn(starter, ['-n', String(nodes), process.execPath, ...args, mark], {
    env: { ...process.env, ...allowed },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      if (output.stdout === '' && stream === 'stdout') onOutput?.(child);
      output[stream] += text;
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    const deadline = setTimeout(() => {
      for (const pid of processesWith(mark)) process.kill(pid, 'SIGKILL');
      reject(new Error(`it has not ended. ${output.stdout.slice(-2000)} ${output.stderr.slice(-4000)}`));
    }, deadlineMs);
    child.on('close', (code) => {
      clearTimeout(deadline);
      resolve(code);
    });
  });
  await noneLeft(mark);
  return { code, ...output };
}

async function noneLeft(mark: string): Promise<void> {
  const giveUp = performance.now() + 15_000;
  for (let left = processesWith(mark); left.length > 0; left = processesWith(mark)) {
    if (performance.now() > giveUp) {
      for (const pid of left) process.kill(pid, 'SIGKILL');
      assert.fail(`${left.length} processes are left behind`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function processesWith(mark: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(mark);
      } catch {
        return false;
      }
    })
    .map(Number);
}

function isThere(starter: string): boolean {
  try {
    execFileSync(starter, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

for (const starter of ['mpirun.openmpi', 'mpirun.mpich']) {
  const isMissing = !isThere(starter) && process.env.CHARM4TS_MPI_TESTS === undefined;
  const skip = isMissing ? `there is no ${starter}` : false;
  const run = (nodes: number, pes: number, which: string, onOutput?: (child: ChildProcess) => void): Promise<Ended> =>
    mpirun(starter, nodes, [command, 'run', traffic, '--pes', String(pes), which], onOutput);

  describe(`a job of ${starter}`, { skip, concurrency: 2 }, () => {
    it('has a transport that does what every transport must', async () => {
      const { code, stdout, stderr } = await mpirun(starter, 3, ['--import', 'tsx', compliance]);
      assert.equal(stderr, '');
      assert.equal(stdout.trim().split('\n').length, 9, stdout);
      assert.equal(code, 0);
    });

    for (const [nodes, pes, places] of [
      [2, 2, '0 0 1 1'],
      [4, 1, '0 1 2 3'],
    ] as const) {
      it(`brings messages of every size between ${nodes} nodes of ${pes} PEs`, async () => {
        const { code, stdout, stderr } = await run(nodes, pes, 'traffic');
        const peers = nodes * pes;
        assert.equal(stderr, '');
        const messages = 2 * peers * (peers - 1) * 13;
        assert.equal(stdout, `${messages} messages, ${nodes} processes, nodes ${places} of ${nodes}\n`);
        assert.equal(code, 0);
      });
    }

    it('runs an example', async () => {
      const { code, stderr } = await mpirun(starter, 2, [command, 'run', example('jacobi2d')]);
      assert.equal(stderr, '');
      assert.equal(code, 0);
    });

    it('ends with the exit code of the job, and all output', async () => {
      const { code, stdout } = await run(2, 1, 'lines');
      assert.equal(stdout.trimEnd().split('\n').length, 2 * 500);
      assert.equal(code, 7);
    });

    it('ends with one report when it is stuck', async () => {
      const { code, stderr } = await run(2, 1, 'stuck');
      assert.match(stderr, /a future that nobody has set/);
      assert.equal(stderr.match(/^charm4ts: /gm)?.length, 1, stderr);
      assert.equal(code, 1);
    });

    it('ends when a process is killed', async () => {
      const { code } = await run(3, 1, 'killed');
      assert.notEqual(code, 0);
    });

    for (const signal of ['SIGINT', 'SIGKILL'] as const) {
      it(`leaves no process behind after ${signal} to mpirun`, async () => {
        const { code } = await run(3, 1, 'forEver', (child) => child.kill(signal));
        // After SIGINT the starter may say 0, if the processes are gone before it looks.
        if (signal === 'SIGKILL') assert.notEqual(code, 0);
      });
    }
  });
}

describe('the transport mpi', () => {
  it('says how to start a job where there is no mpirun', async () => {
    const child = spawn(process.execPath, [command, 'run', traffic, '--nodes', '2', '--transport', 'mpi', 'traffic']);
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    assert.match(stderr, /mpirun -n 2 charm4ts run/);
    assert.equal(code, 1);
  });
});
