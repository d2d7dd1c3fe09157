/** Looking at running jobs by the real commands. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const program = fileURLToPath(new URL('./programs/forever.ts', import.meta.url));

describe('a running job', () => {
  let folder = '';
  let job: ChildProcess;
  const env = (): NodeJS.ProcessEnv => ({ ...process.env, XDG_RUNTIME_DIR: folder });

  async function charm4ts(...args: readonly string[]): Promise<string> {
    return (await run(process.execPath, [command, ...args], { env: env() })).stdout;
  }

  /** Starts a job, and waits until it says that it runs. */
  function start(...flags: readonly string[]): Promise<ChildProcess> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [command, 'run', program, '--pes', '2', ...flags, 'live'], { env: env() });
      child.stdout.once('data', () => resolve(child));
      child.once('exit', () => reject(new Error('the job has ended')));
    });
  }

  /** Starts a command that goes on, and waits for its first line. */
  function watch(...args: readonly string[]): Promise<{ readonly child: ChildProcess; readonly line: string }> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [command, ...args], { env: env() });
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        if (text.includes('\n')) resolve({ child, line: text.slice(0, text.indexOf('\n')) });
      });
      child.once('exit', () => reject(new Error(`charm4ts ${args.join(' ')} has ended`)));
    });
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'charm4ts-live-'));
    job = await start();
  });
  after(async () => {
    job.kill('SIGKILL');
    await rm(folder, { recursive: true });
  });

  it('can be reached by its owner only', async () => {
    const sockets = join(folder, 'charm4ts');
    assert.equal((await stat(sockets)).mode & 0o777, 0o700);
    for (const name of await readdir(sockets)) assert.equal((await stat(join(sockets, name))).mode & 0o777, 0o600);
  });

  it('is seen by top: PEs, messages, the busiest elements', async () => {
    const text = await charm4ts('top', '--once', '--interval', '0.2');
    assert.match(text, new RegExp(`^job ${job.pid}: .*forever\\.ts`));
    assert.match(text, /2 PEs, 1 node/);
    assert.match(text, /^ 1 +0 +[#.]{20} /m);
    assert.match(text, /^Runner\[\d\] +[01] +\d/m);
  });

  it('is seen by ps: every element, where it is, and its load', async () => {
    const { pes } = JSON.parse(await charm4ts('ps', String(job.pid), '--json')) as {
      pes: { pe: number; elements: { name: string; load: number }[] }[];
    };
    const names = pes.flatMap(({ elements }) => elements.map(({ name }) => name)).sort();
    assert.deepEqual(names, ['Runner[0]', 'Runner[1]', 'Runner[2]', 'Runner[3]']);
    assert.match(await charm4ts('ps'), /^Runner +array +4 /m);
  });

  it('gets another load balancer, or hears why not', async () => {
    assert.match(await charm4ts('lb', '--strategy', 'Greedy'), /balances with Greedy/);
    await assert.rejects(charm4ts('lb', '--strategy', 'Nonsense'), /there is no strategy Nonsense/);
  });

  it('is exported to Prometheus', async () => {
    const { child, line } = await watch('top', '--prometheus', '0');
    const text = await (await fetch(line)).text();
    child.kill();
    assert.match(text, /^# TYPE charm4ts_messages_processed_total counter$/m);
    assert.match(text, /^charm4ts_queue_messages\{job_id="\d+",node="0",pe="1"\} \d+$/m);
  });

  it('is exported to OpenTelemetry', async () => {
    let resolve!: (body: string) => void;
    const received = new Promise<string>((done) => {
      resolve = done;
    });
    const server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (part: string) => {
        body += part;
      });
      request.on('end', () => {
        response.end('{}');
        resolve(body);
      });
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/v1/metrics`;
    const child = spawn(process.execPath, [command, 'top', '--interval', '0.1', '--otlp', url], { env: env() });
    const { resourceMetrics } = JSON.parse(await received) as {
      resourceMetrics: { scopeMetrics: { metrics: { name: string; gauge?: { dataPoints: unknown[] } }[] }[] }[];
    };
    child.kill();
    server.close();
    server.closeAllConnections();
    const { metrics } = resourceMetrics[0]!.scopeMetrics[0]!;
    assert.equal(metrics.find(({ name }) => name === 'charm4ts_busy_ratio')!.gauge!.dataPoints.length, 2);
  });

  it('is not to be confused with others', async () => {
    await assert.rejects(charm4ts('ps', '1'), /there is no job 1; running: \d+/);
    const other = await start();
    await assert.rejects(charm4ts('ps'), /which job\? running: \d+, \d+/);
    const gone = new Promise((resolve) => other.once('exit', resolve));
    other.kill('SIGKILL');
    await gone;
    assert.match(await charm4ts('ps'), /Runner/);
  });

  it('is not seen if it does not want to be', async () => {
    const other = await start('--no-live');
    assert.equal((await readdir(join(folder, 'charm4ts'))).length, 1);
    other.kill('SIGKILL');
  });

  it('of several processes is seen whole', async () => {
    const other = await start('--nodes', '2');
    const text = await charm4ts('top', String(other.pid), '--once', '--interval', '0.2');
    other.kill('SIGTERM');
    assert.match(text, /4 PEs, 2 nodes/);
    assert.match(text, /^ 3 +1 +[#.]{20} /m);
  });
});
