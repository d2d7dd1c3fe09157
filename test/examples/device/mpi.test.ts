/** The MPI version has the same fields as the program without any runtime, bit for bit, on whatever ranks. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatReport, runJob } from 'charm4ts/run';
import { reduced, solveSequentially } from './devices.ts';
import { hashSweep } from './hash.ts';

const program = new URL('./mpi-program.ts', import.meta.url);

describe('the device over MPI', () => {
  const sweep = { reverse: { toVolts: -1, stepVolts: 1 }, forward: { toVolts: 0.5, stepVolts: 0.25 } };
  const device = reduced('one-sided', { coarser: 4, strips: 11, sweep });
  const args = [JSON.stringify(device)];

  for (const { vp, ...layout } of [
    { vp: 1, pes: 1 },
    { vp: 2, pes: 2 },
    { vp: 5, pes: 2 },
    { vp: 11, pes: 2 },
    { vp: 4, pes: 1, nodes: 2 },
  ])
    it(`has the same fields bit for bit (${vp} ranks, ${JSON.stringify(layout)})`, async () => {
      const expected = hashSweep(await solveSequentially(device));
      const result = await runJob({ program, args, ranks: { vp }, stdout: 'capture', ...layout });
      if (result.error !== undefined) assert.fail(formatReport(result.error));
      const line = result.stdout.split('\n').find((text) => text.startsWith('{'));
      assert.deepEqual(JSON.parse(line ?? '{}'), { hash: expected });
    });

  it('refuses more ranks than strips, with what to give', async () => {
    const result = await runJob({ program, args, pes: 1, ranks: { vp: 12 }, stdout: 'capture' });
    assert.match(formatReport(result.error as Error), /12 ranks share 11 strips: give at most --vp 11/);
  });
});
