import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readOriginal } from '../../projections/format/original/read.ts';
import { viewerReport } from './original-viewer.ts';

const traces = fileURLToPath(new URL('traces', import.meta.url));

/** The viewer prints percents of single precision in the fewest digits that tell them apart. */
function singles(report: Record<string, unknown>): unknown {
  return JSON.parse(JSON.stringify(report), (key, value: unknown) =>
    key === 'usagePercent'
      ? Object.fromEntries(Object.entries(value as Record<string, number>).map(([name, x]) => [name, Math.fround(x)]))
      : value,
  );
}

describe('reading traces of Charm++', () => {
  for (const name of ['alltrace', 'stencil3d'])
    it(`finds in ${name} exactly what the original viewer finds`, async () => {
      const directory = join(traces, name);
      const expected = JSON.parse(await readFile(join(directory, 'original-viewer.json'), 'utf8')) as Record<
        string,
        unknown
      >;
      const trace = await readOriginal(directory);
      assert.deepEqual(singles(await viewerReport(directory, trace)), singles(expected));
    });
});
