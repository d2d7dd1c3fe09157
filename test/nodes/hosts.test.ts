/** Jobs of a host file: nodes that a real sshd on this machine starts. Left out where there is none. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseHosts } from '../../launch/nodes/host-file.ts';
import { assertReport, runCommand } from '../faults/command.ts';

const traffic = fileURLToPath(new URL('./programs/traffic.ts', import.meta.url));
const sshd = '/usr/sbin/sshd';
const isThere = existsSync(sshd) && process.getuid?.() === 0;
const skip = isThere || process.env.CHARM4TS_SSH_TESTS !== undefined ? false : `needs root and ${sshd}`;

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** Processes of agents and nodes that ssh has started for this test: those with the folder's name in their environment. */
function left(folder: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const isAgent = readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('ssh-agent.js');
      return isAgent && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(folder);
    } catch {
      return false;
    }
  });
}

async function noneLeft(folder: string): Promise<void> {
  const giveUp = performance.now() + 15_000;
  while (left(folder).length > 0) {
    assert.ok(performance.now() < giveUp, 'an agent is left behind');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('a job of a host file', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'charm4ts-ssh-'));
  const hosts = join(folder, 'hosts');
  let daemon: ChildProcess;

  before(async () => {
    const port = await freePort();
    for (const key of ['host', 'user'])
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, key)]);
    writeFileSync(join(folder, 'authorized'), readFileSync(join(folder, 'user.pub')));
    chmodSync(join(folder, 'authorized'), 0o600);
    mkdirSync('/run/sshd', { recursive: true });
    const settings = [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${join(folder, 'host')}`,
      `AuthorizedKeysFile ${join(folder, 'authorized')}`,
      'PasswordAuthentication no',
      'PidFile none',
      'StrictModes no',
      'UsePAM no',
      `SetEnv CHARM4TS_TEST=${folder}`,
    ];
    writeFileSync(join(folder, 'sshd_config'), `${settings.join('\n')}\n`);
    daemon = spawn(sshd, ['-D', '-e', '-f', join(folder, 'sshd_config')], { stdio: ['ignore', 'ignore', 'pipe'] });
    await new Promise<void>((resolve, reject) => {
      daemon.stderr!.setEncoding('utf8').on('data', (text: string) => {
        if (text.includes('listening')) resolve();
      });
      daemon.once('exit', (code) => reject(new Error(`sshd ended with ${code}`)));
    });
    const known = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR'];
    const words = ['ssh', '-p', `${port}`, '-i', join(folder, 'user'), ...known.flatMap((option) => ['-o', option])];
    process.env.CHARM4TS_SSH = words.join(' ');
    writeFileSync(hosts, '# one machine, twice\n127.0.0.1 nodes=2 cpus=0\n');
  });

  after(() => {
    daemon.kill();
    delete process.env.CHARM4TS_SSH;
    rmSync(folder, { recursive: true, force: true });
  });

  it('brings messages of every size between its nodes', async () => {
    const { code, stdout, stderr } = await runCommand(['run', traffic, '--hosts', hosts, '--pes', '2', 'traffic']);
    assert.equal(stderr, '');
    assert.equal(stdout, '312 messages, 2 processes, nodes 0 0 1 1 of 2\n');
    assert.equal(code, 0);
    await noneLeft(folder);
  });

  it('passes on whole lines with the node before each, and the exit code', async () => {
    const { code, stdout } = await runCommand(['run', traffic, '--hosts', hosts, '--prefix-output', 'lines']);
    const lines = stdout.trimEnd().split('\n');
    assert.equal(lines.length, 2 * 500);
    for (const line of lines) assert.match(line, /^\[node ([01])\] line \d+ of PE \1$/);
    assert.equal(code, 7);
  });

  it('ends with one report when a node is killed', async () => {
    assertReport(await runCommand(['run', traffic, '--hosts', hosts, 'killed']), ['ERR_NODE_LOST', /node [01]/]);
    await noneLeft(folder);
  });

  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    it(`leaves no process behind after ${signal} to the launcher`, async () => {
      const { code } = await runCommand(['run', traffic, '--hosts', hosts, 'forEver'], {
        onOutput: (child) => child.kill(signal),
      });
      assert.equal(code, signal === 'SIGINT' ? 130 : null);
      await noneLeft(folder);
    });
  }

  it('ends with what ssh says when a host can not be reached', async () => {
    const unknown = join(folder, 'unknown');
    writeFileSync(unknown, 'no-such-host.invalid\n');
    assertReport(await runCommand(['run', traffic, '--hosts', unknown, 'traffic']), ['ERR_NODE_LOST', /no-such-host/]);
  });
});

describe('a host file', () => {
  it('has a line for each machine, with options and comments', () => {
    const hosts = parseHosts('# all\nalpha\nroot@beta nodes=2 cpus=0-3,8 pes=4 # two\n\n', 'hosts');
    assert.deepEqual(
      hosts.map(({ name, cpus, pes }) => [name, cpus, pes]),
      [
        ['alpha', undefined, undefined],
        ['root@beta', '0-3,8', 4],
        ['root@beta', '0-3,8', 4],
      ],
    );
  });

  for (const line of ['alpha nodes=0', 'alpha speed=3', '-oProxyCommand=sh', 'alpha cpus=all', 'al;pha']) {
    it(`is refused with its line (${line})`, () => {
      assert.throws(() => parseHosts(`first\n${line}\n`, 'hosts'), /^UsageError: hosts:2: /);
    });
  }
});
