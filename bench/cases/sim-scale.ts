/**
 * Bench `sim-scale`: messages that the simulator gets through in a second of processor time, and what 10,000 PEs with
 * 10^6 chares take. A process of its own: peak memory is that of a whole process.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { distUrl } from '../../launch/package-root.ts';
import type { Bench } from '../bench.ts';
import type { Samples } from '../sampling.ts';

const program = fileURLToPath(distUrl('bench/programs/sim-scale.js'));
const enough = { figure: 500_000 };

export const simScale: Bench = {
  name: 'sim-scale',
  summary: 'the simulator: messages a second of processor time; 10,000 PEs with a million chares',
  cases: [
    { name: '16-PEs', unit: 'msg/s', target: enough },
    { name: '1024-PEs', unit: 'msg/s', target: enough },
    { name: '1024-PEs-blocks', unit: 'msg/s', target: enough },
    { name: 'large-create', unit: 'ms' },
    { name: 'large-memory', unit: 'B', target: { figure: 4 * 2 ** 30 } },
  ],
  sample: async ({ plan, signal }) => {
    const { stdout } = await promisify(execFile)(process.execPath, [program, JSON.stringify(plan)], { signal });
    return stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Samples);
  },
};
