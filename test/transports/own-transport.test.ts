/** The transport of the manual: a file of the user's, given by its path. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readPages } from '../docs/pages.ts';
import { assertReport, runCommand } from '../faults/command.ts';

const ring = fileURLToPath(new URL('../../examples/ring.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'charm4ts-own-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('a transport of the user', { concurrency: 2 }, () => {
  const page = readPages().find(({ path }) => path === 'docs/transports.md')!;
  const text = page.blocks.find((block) => block.text.startsWith('// own-ports.ts'))!.text;

  for (const pes of [1, 2]) {
    // Of its own, so that the two jobs do not meet.
    const path = write(`own-ports-${pes}.ts`, text.replaceAll('47110', `${47110 + 10 * pes}`));
    it(`carries a job of 3 nodes of ${pes} PEs`, async () => {
      const flags = ['--nodes', '3', '--pes', `${pes}`, '--transport', path];
      const { code, stderr } = await runCommand(['run', ring, ...flags]);
      assert.equal(stderr, '');
      assert.equal(code, 0);
    });
  }

  it('must make carriers', async () => {
    const path = write('empty.ts', 'export const nothing = 1;\n');
    assertReport(await runCommand(['run', ring, '--nodes', '2', '--transport', path]), ['default export']);
  });

  it('must be there', async () => {
    assertReport(await runCommand(['run', ring, '--nodes', '2', '--transport', './none.ts']), [
      'there is no',
      'none.ts',
    ]);
  });
});
