/** Bench `trace-overhead`: nanoseconds that recording adds to a message, and to a sending. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bench, targetOver } from '../bench.ts';
import { runProgram } from '../run-program.ts';

/** Nanoseconds of a reading of the clock on the reference machine. */
const clockNs = 45;

export const traceOverhead: Bench = {
  name: 'trace-overhead',
  summary: 'what --trace adds to a message between chares of one PE (execution and sending), and to a sending alone',
  cases: [
    { name: 'message', unit: 'ns', target: targetOver(75, clockNs) },
    { name: 'send', unit: 'ns', target: targetOver(15, clockNs) },
  ],
  sample: async (context) => {
    const trace = await mkdtemp(join(tmpdir(), 'charm4ts-bench-'));
    try {
      return await runProgram('trace-overhead', 1, context, { trace });
    } finally {
      await rm(trace, { recursive: true, force: true });
    }
  },
};
