/** Where the strips live, and in what order messages arrive, changes no bit of the result. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { runJob } from 'charm4ts/run';
import type { Device } from '../../../examples/device/device-file.ts';
import { reduced, type ShippedName, solveSequentially } from './devices.ts';
import { hashSweep } from './hash.ts';

const program = new URL('./hash-program.ts', import.meta.url);
const sweep: Device['sweep'] = {
  reverse: { toVolts: -1, stepVolts: 1 },
  forward: { toVolts: 0.5, stepVolts: 0.25 },
};

async function hashInParallel(device: Device, options: { pes: number; shuffle?: boolean }): Promise<string> {
  const result = await runJob({ program, args: [JSON.stringify(device)], stdout: 'capture', seed: 7, ...options });
  assert.equal(result.exitCode, 0, `${result.error?.message ?? ''} ${result.stderr}`);
  return result.stdout.trim();
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
        assert.equal(await hashInParallel(device, { pes }), expected);
      });
    }

    it('has the same fields bit for bit if messages are picked at random', async () => {
      assert.equal(await hashInParallel(device, { pes: 3, shuffle: true }), expected);
    });
  });
}
