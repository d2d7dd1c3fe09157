/** Jobs of several node runtimes: real processes on this machine. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assertReport, type Ended, runCommand } from '../faults/command.ts';

const traffic = fileURLToPath(new URL('./programs/traffic.ts', import.meta.url));

function run(nodes: number, pes: number, which: string, flags: readonly string[] = []): Promise<Ended> {
  return runCommand(['run', traffic, '--nodes', String(nodes), '--pes', String(pes), ...flags, which]);
}

describe('a job of several nodes', { concurrency: 2 }, () => {
  for (const transport of ['unix', 'tcp', 'ws', 'udp', 'pipe']) {
    for (const [nodes, pes, places] of [
      [2, 2, '0 0 1 1'],
      [4, 1, '0 1 2 3'],
      [3, 2, '0 0 1 1 2 2'],
    ] as const) {
      // 190 MB, sealed or in pieces of 64 KiB: too much for a test.
      if ((transport === 'udp' || transport === 'pipe') && nodes === 3) continue;
      it(`brings messages of every size between ${nodes} nodes of ${pes} PEs over ${transport}`, async () => {
        const { code, stdout, stderr } = await run(nodes, pes, 'traffic', ['--transport', transport]);
        const peers = nodes * pes;
        const messages = 2 * peers * (peers - 1) * 13;
        assert.equal(stderr, '');
        assert.equal(stdout, `${messages} messages, ${nodes} processes, nodes ${places} of ${nodes}\n`);
        assert.equal(code, 0);
      });
    }
  }

  it('passes output on in whole lines, with the node before each if asked, and the exit code', async () => {
    const { code, stdout } = await run(2, 2, 'lines', ['--prefix-output']);
    const lines = stdout.trimEnd().split('\n');
    assert.equal(lines.length, 4 * 500);
    for (const line of lines) assert.match(line, /^\[node [01]\] line \d+ of PE [0-3]$/);
    assert.ok(lines.every((line) => line.startsWith('[node 1]') === /PE [23]$/.test(line)));
    assert.equal(code, 7);
  });
});

describe('the end of a job of several nodes', { concurrency: 4 }, () => {
  it('comes with one report when a process is killed', async () => {
    assertReport(await run(2, 2, 'killed'), ['ERR_NODE_LOST', /node (1|0)/]);
  });

  it('comes within seconds when a process is silent', async () => {
    assertReport(await run(2, 1, 'silent'), ['node 1 has not been heard of', 'ERR_NODE_LOST']);
  });

  it('comes with the list of who waits when it is stuck', async () => {
    assertReport(await run(2, 2, 'stuck'), ['a future that nobody has set', 'ERR_STUCK']);
  });

  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    it(`leaves no process behind after ${signal} to the launcher`, async () => {
      let pid = 0;
      const { code } = await runCommand(['run', traffic, '--nodes', '3', '--pes', '1', 'forEver'], {
        onOutput: (child) => {
          pid = child.pid!;
          child.kill(signal);
        },
      });
      assert.notEqual(pid, 0);
      assert.equal(code, signal === 'SIGINT' ? 130 : null);
    });
  }

  it('is refused for a number of nodes that makes no sense', async () => {
    const { code, stderr } = await run(0, 1, 'traffic');
    assert.equal(code, 1);
    assert.match(stderr, /expected an integer from 1 to 64/);
  });
});

describe('the secret of a job', () => {
  it('stands in no command line', async () => {
    const secrets: string[] = [];
    await runCommand(['run', traffic, '--nodes', '2', 'forEver'], {
      onOutput: (child) => {
        for (const entry of readdirSync('/proc')) {
          if (!/^\d+$/.test(entry)) continue;
          try {
            const line = readFileSync(`/proc/${entry}/cmdline`, 'utf8');
            if (line.includes('node-process') && /[0-9a-f]{64}/.test(line)) secrets.push(line);
          } catch {
            // It has ended meanwhile.
          }
        }
        child.kill('SIGTERM');
      },
    });
    assert.deepEqual(secrets, []);
  });
});
