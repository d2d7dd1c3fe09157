/** Bench `trace-overhead`: nanoseconds that recording adds to a message, and to a sending; with a summary; with nothing recorded. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bench, targetOver } from '../bench.ts';
import { runProgram } from '../run-program.ts';

/** Nanoseconds of a reading of the clock on the reference machine. */
const clockNs = 45;

export const traceOverhead: Bench = {
  name: 'trace-overhead',
  summary:
    'what --trace adds to a message between chares of one PE (execution and sending), and to a sending alone; what --trace-summary adds; the tests in a run without',
  cases: [
    { name: 'message', unit: 'ns', target: targetOver(75, clockNs) },
    { name: 'send', unit: 'ns', target: targetOver(15, clockNs) },
    { name: 'summary', unit: 'ns', target: targetOver(75, clockNs) },
    { name: 'untraced', unit: 'ns', target: targetOver(1, clockNs) },
  ],
  sample: async (context) => {
    const trace = await mkdtemp(join(tmpdir(), 'charm4ts-bench-'));
    try {
      const whole = await runProgram('trace-overhead', 1, context, { trace });
      const args = ['summary'];
      const summary = await runProgram('trace-overhead', 1, context, { trace, traceSummary: true, args });
      return [...whole, ...summary];
    } finally {
      await rm(trace, { recursive: true, force: true });
    }
  },
};
