/** Balancing on real threads, and on PEs of two processes. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type BalancingOptions, runJob } from '../../launch/index.ts';

const program = fileURLToPath(new URL('programs/rounds.ts', import.meta.url));

const ways: readonly (BalancingOptions & { readonly pes: number; readonly nodes?: number; readonly shuffle?: true })[] =
  [
    { pes: 3 },
    { pes: 3, balancer: 'Rotate' },
    { pes: 3, balancer: 'Random,RecBipart', lbAsync: true, shuffle: true },
    { pes: 2, balancer: 'Gossip' },
    { pes: 3, balancer: 'Rotate', lbPeriod: 0.001 },
    { pes: 2, balancer: 'Greedy', lbAdaptive: true, lbPredict: true },
    { pes: 1, nodes: 2, balancer: 'Rotate' },
  ];

for (const way of ways)
  it(`every element goes on from every step, and no message is lost (${JSON.stringify(way)})`, async () => {
    const { error, stdout } = await runJob({ program, stdout: 'capture', ...way });
    assert.equal(error, undefined);
    assert.equal(stdout, '576 of 576 resumed, 1152 of 1152 received\n');
  });
