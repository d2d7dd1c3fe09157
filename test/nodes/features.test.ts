/** Tables, phased arrays, pools, loops and files under chares that move, on threads, on several processes, and simulated. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatReport, runJob } from 'charm4ts/run';
import { runSimulated } from 'charm4ts/sim';
import { nameOf, shapes } from '../support/shapes.ts';
import * as features from './programs/features.ts';

const program = new URL('./programs/features.ts', import.meta.url);
const printed = '12 chares, 36864 bytes, 13 keys\n';

describe('the libraries under chares that move', () => {
  for (const shape of shapes.filter(({ nodes, pes }) => nodes * pes > 2)) {
    it(`do what they promise (${nameOf(shape)})`, async () => {
      const args = [`${process.pid}-${shape.nodes}x${shape.pes}`];
      const { error, stdout } = await runJob({ program, ...shape, args, seed: 3, stdout: 'capture' });
      if (error !== undefined) assert.fail(formatReport(error));
      assert.equal(stdout, printed);
    });
  }

  for (const seed of [1, 2, 3]) {
    it(`do what they promise on simulated PEs (2 nodes x 2, seed ${seed})`, async (t) => {
      const said = t.mock.method(console, 'log', () => {});
      const machine = { pes: 4, pesPerNode: 2, network: 'gigabit', shuffle: true, check: true };
      const { error } = await runSimulated({ program: features, ...machine, seed });
      if (error !== undefined) assert.fail(formatReport(error));
      assert.equal(`${said.mock.calls[0]?.arguments[0]}\n`, printed);
    });
  }
});
