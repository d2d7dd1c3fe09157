/** Bench `ask`: from the question to the answer, one after another. */
import { type Bench, targetOver } from '../bench.ts';
import { runProgram } from '../run-program.ts';

export const ask: Bench = {
  name: 'ask',
  summary: 'questions in a row, on one PE and between two',
  cases: [
    // Over a denque-loop message of 15 ns on the reference machine.
    { name: 'one-PE', unit: 'ns', target: targetOver(400, 15) },
    { name: 'two-PEs', unit: 'ns' },
  ],
  sample: async (context) => [...(await runProgram('ask', 1, context)), ...(await runProgram('ask', 2, context))],
};
