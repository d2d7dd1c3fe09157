/** Bench `local-message`: nanoseconds per message between chares of one PE. */
import { type Bench, targetOver } from '../bench.ts';
import { runProgram } from '../run-program.ts';

/** Nanoseconds of a denque-loop message on the reference machine. */
const denqueNs = 15;

export const localMessage: Bench = {
  name: 'local-message',
  summary: 'a ring of 1,024 chares on one PE, 64 messages in flight: plain, with 16 priorities, async entries',
  cases: [
    { name: 'plain', unit: 'ns', target: targetOver(60, denqueNs) },
    { name: '16-priorities', unit: 'ns', target: targetOver(90, denqueNs) },
    { name: 'async-await', unit: 'ns', target: targetOver(250, denqueNs) },
  ],
  sample: (context) => runProgram('local-message', 1, context),
};
