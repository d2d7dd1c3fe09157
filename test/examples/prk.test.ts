/** The Parallel Research Kernels: each knows its answer, and fails if it is another one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatReport, runJob } from '../../launch/index.ts';

const kernels = ['nstream', 'transpose', 'p2p', 'stencil', 'sparse', 'random', 'pic', 'amr'] as const;

async function isRight(
  name: string,
  vp: number,
  layout: { readonly pes: number; readonly nodes?: number },
): Promise<void> {
  const program = new URL(`../../examples/prk/${name}.ts`, import.meta.url);
  const result = await runJob({ program, ranks: { vp }, stdout: 'capture', ...layout });
  if (result.error !== undefined) assert.fail(`${vp} ranks: ${formatReport(result.error)}`);
  assert.equal(result.exitCode, 0);
  assert.match(result.stdout, new RegExp(`^${name}, ${vp} ranks: right`, 'm'));
}

describe('Parallel Research Kernels', () => {
  for (const name of kernels) {
    it(`${name} is right on 1, 2, 4 and 8 ranks`, async () => {
      for (const vp of [1, 2, 4, 8]) await isRight(name, vp, { pes: Math.min(2, vp) });
    });
    it(`${name} is right in two processes`, () => isRight(name, 4, { pes: 1, nodes: 2 }));
  }

  it('a size that does not fit is refused with what to give', async () => {
    const program = new URL('../../examples/prk/transpose.ts', import.meta.url);
    const result = await runJob({ program, pes: 1, ranks: { vp: 7 }, stdout: 'capture' });
    assert.match(formatReport(result.error as Error), /order=240 is not a multiple of the 7 ranks/);
  });
});
