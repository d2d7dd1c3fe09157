/** The NAS kernels: class S on several numbers of ranks. Each compares itself with the official values, and fails if it is off. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatReport, runJob } from '../../launch/index.ts';

interface Kernel {
  readonly name: string;
  readonly ranks: readonly number[];
}

const kernels: readonly Kernel[] = [
  { name: 'ep', ranks: [3] },
  { name: 'is', ranks: [1, 2, 3, 5, 8] },
  { name: 'cg', ranks: [1, 2, 3, 5] },
  { name: 'mg', ranks: [1, 2, 4, 8] },
  { name: 'ft', ranks: [1, 2, 4] },
  { name: 'lu', ranks: [1, 2, 4, 8] },
];

function programOf(name: string): URL {
  return new URL(`../../examples/nas/${name}.ts`, import.meta.url);
}

async function verified(
  name: string,
  vp: number,
  layout: { readonly pes: number; readonly nodes?: number },
): Promise<void> {
  const result = await runJob({ program: programOf(name), ranks: { vp }, args: ['S'], stdout: 'capture', ...layout });
  if (result.error !== undefined) assert.fail(formatReport(result.error));
  assert.equal(result.exitCode, 0);
  assert.match(result.stdout, new RegExp(`^${name.toUpperCase()} class S, ${vp} ranks: verified`, 'm'));
}

describe('NAS kernels', () => {
  for (const { name, ranks } of kernels)
    it(`${name} gets the official values on ${ranks.join(', ')} ranks and two PEs`, async () => {
      for (const vp of ranks) await verified(name, vp, { pes: Math.min(2, vp) });
    });

  for (const name of ['is', 'cg', 'mg', 'ft', 'lu'])
    it(`${name} gets the official values in two processes`, async () => {
      await verified(name, 4, { pes: 1, nodes: 2 });
    });

  it('say which classes and numbers of ranks there are', async () => {
    const wrongClass = await runJob({
      program: programOf('cg'),
      pes: 1,
      args: ['Q'],
      ranks: { vp: 1 },
      stdout: 'capture',
    });
    assert.match(formatReport(wrongClass.error as Error), /CG has the classes S, W, A, B, and not Q/);
    const wrongRanks = await runJob({
      program: programOf('lu'),
      pes: 1,
      args: ['S'],
      ranks: { vp: 3 },
      stdout: 'capture',
    });
    assert.match(formatReport(wrongRanks.error as Error), /LU of this class needs 1, 2, 4, ... or 16 ranks, not 3/);
  });
});
