/** Where the strips live, and in what order messages arrive, changes no bit of the result. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { runJob } from 'charm4ts/run';
import type { Device } from '../../../examples/device/device-file.ts';
import { nameOf, nodeShapes } from '../../support/shapes.ts';
import { reduced, type ShippedName, solveSequentially } from './devices.ts';
import { hashSweep } from './hash.ts';

const program = new URL('./hash-program.ts', import.meta.url);
const sweep: Device['sweep'] = {
  reverse: { toVolts: -1, stepVolts: 1 },
  forward: { toVolts: 0.5, stepVolts: 0.25 },
};

interface Outcome {
  readonly hash: string;
  /** Load-balancing steps, and strips that they have moved. */
  readonly steps: number;
  readonly moves: number;
}

interface Options {
  readonly pes: number;
  readonly nodes?: number;
  readonly shuffle?: boolean;
  readonly balancer?: string;
}

async function runInParallel(device: Device, options: Options): Promise<Outcome> {
  const result = await runJob({ program, args: [JSON.stringify(device)], stdout: 'capture', seed: 7, ...options });
  assert.equal(result.exitCode, 0, `${result.error?.message ?? ''} ${result.stderr}`);
  return JSON.parse(result.stdout) as Outcome;
}

for (const name of ['abrupt', 'one-sided', 'fine-mesh'] satisfies ShippedName[]) {
  describe(`the device ${name} in parallel`, () => {
    const device = reduced(name, { coarser: 4, strips: 11, sweep });
    let expected: string;
    before(async () => {
      expected = hashSweep(await solveSequentially(device));
    });

    for (const pes of [1, 2, 7]) {
      it(`has the same fields bit for bit on ${pes} PEs`, async () => {
        assert.deepEqual(await runInParallel(device, { pes }), { hash: expected, steps: 0, moves: 0 });
      });
    }

    for (const shape of nodeShapes) {
      it(`has the same fields bit for bit while every strip moves (${nameOf(shape)})`, async () => {
        const { hash, steps, moves } = await runInParallel(device, { ...shape, balancer: 'Rotate' });
        assert.equal(hash, expected);
        assert.deepEqual({ steps, moves }, { steps: 2, moves: 2 * device.strips });
      });
    }

    it('has the same fields bit for bit if messages are picked at random', async () => {
      assert.equal((await runInParallel(device, { pes: 3, shuffle: true })).hash, expected);
    });

    it('has the same fields bit for bit if every strip moves after each of the first points (3 PEs)', async () => {
      const { hash, steps, moves } = await runInParallel(device, { pes: 3, balancer: 'Rotate', shuffle: true });
      assert.equal(hash, expected);
      assert.deepEqual({ steps, moves }, { steps: 2, moves: 2 * device.strips });
    });

    it('has the same fields bit for bit under RefineComm (2 PEs)', async () => {
      const { hash, steps } = await runInParallel(device, { pes: 2, balancer: 'RefineComm' });
      assert.deepEqual({ hash, steps }, { hash: expected, steps: 2 });
    });
  });
}
