/** Jobs over networks of their own, where packets get lost, links are slow, hosts pause and cables are cut. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assertReport, type Ended, runCommand } from '../faults/command.ts';
import { Network, whyNoNetwork } from './namespaces.ts';

const rounds = fileURLToPath(new URL('./programs/rounds.ts', import.meta.url));
const example = (name: string): string => fileURLToPath(new URL(`../../examples/${name}.ts`, import.meta.url));
const reason = process.env['CHARM4TS_NETWORK_TESTS'] === '1' ? undefined : whyNoNetwork();
let made = 0;

/** Three hosts, and what is done to their network. */
async function on(prepare: (network: Network) => void, act: (network: Network) => Promise<void>): Promise<void> {
  const network = new Network(`${made++}`, 3);
  try {
    prepare(network);
    await act(network);
  } finally {
    network.close();
  }
}

const asItIs = (): void => undefined;

function run(network: Network, transport: string, pes: number, ...words: readonly string[]): Promise<Ended> {
  return runCommand(['run', ...network.flags, '--pes', `${pes}`, '--transport', transport, ...words]);
}

function assertGood({ code, stderr }: Ended): void {
  assert.equal(stderr, '');
  assert.equal(code, 0);
}

/** Runs rounds, and does something to the processes once they have begun. */
function disturbed(
  network: Network,
  transport: string,
  count: number,
  act: (launcher: ChildProcess) => void,
): Promise<Ended> {
  const words = ['run', ...network.flags, '--pes', '1', '--transport', transport, rounds, `${count}`];
  return runCommand(words, { onOutput: act });
}

function nodesOf(launcher: ChildProcess): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((entry) => {
      try {
        const fields = readFileSync(`/proc/${entry}/stat`, 'utf8').split(') ')[1]!.split(' ');
        const isNode = readFileSync(`/proc/${entry}/cmdline`, 'utf8').includes('node-process');
        return isNode && Number(fields[1]) === launcher.pid;
      } catch {
        return false;
      }
    })
    .map(Number);
}

describe('three hosts on a network', { skip: reason ?? false, timeout: 600_000 }, () => {
  for (const [transport, name] of [
    ['tcp', 'ring'],
    ['tcp', 'pi'],
    ['tcp', 'jacobi2d'],
    ['ws', 'ring'],
    ['udp', 'jacobi2d'],
  ] as const) {
    it(`run examples/${name} with 2 PEs each over ${transport}`, () =>
      on(asItIs, async (network) => assertGood(await run(network, transport, 2, example(name)))));
  }

  it('run over TLS', () =>
    on(asItIs, async (network) => assertGood(await run(network, 'tcp', 2, '--tls', example('ring')))));

  it('do not notice that 5 % of all datagrams are lost', () =>
    on(
      (network) => network.loseUdp(5),
      async (network) => {
        assertGood(await run(network, 'udp', 2, example('jacobi2d')));
        assertGood(await run(network, 'udp', 1, rounds, '100'));
      },
    ));

  for (const transport of ['tcp', 'udp']) {
    it(`do with a link of 1 Mbit/s over ${transport}`, () =>
      on(
        (network) => network.slowDown('1mbit'),
        async (network) => {
          assertGood(await run(network, transport, 2, example('ring')));
          assertGood(await run(network, transport, 1, rounds, '50'));
        },
      ));
  }

  it('go on after a pause of 10 s of the whole job', () =>
    on(asItIs, async (network) => {
      const ended = await disturbed(network, 'tcp', 100, (launcher) => {
        process.kill(-launcher.pid!, 'SIGSTOP');
        setTimeout(() => process.kill(-launcher.pid!, 'SIGCONT'), 10_000);
      });
      assertGood(ended);
      assert.equal(ended.stdout, 'begun\nended\n');
    }));

  it('wait for one that pauses for less than it takes to be lost', () =>
    on(asItIs, async (network) => {
      const ended = await disturbed(network, 'udp', 100, (launcher) => {
        const node = nodesOf(launcher)[1]!;
        process.kill(node, 'SIGSTOP');
        setTimeout(() => process.kill(node, 'SIGCONT'), 2000);
      });
      assertGood(ended);
      assert.equal(ended.stdout, 'begun\nended\n');
    }));

  for (const transport of ['tcp', 'udp']) {
    it(`report a cable that is cut, over ${transport}`, (context) =>
      on(asItIs, async (network) => {
        let cutAt = 0;
        const ended = await disturbed(network, transport, 1e9, () => {
          cutAt = performance.now();
          network.cut(2);
        });
        const seconds = ((performance.now() - cutAt) / 1000).toFixed(1);
        context.diagnostic(`the job has ended ${seconds} s after the cut`);
        assertReport(ended, ['has not heard of node', 'ERR_NODE_LOST']);
      }));
  }
});

if (reason !== undefined) console.log(`test/network is skipped: ${reason}`);
