/** Bench `ring`: the ring of local-message on two PEs; nanoseconds per message, both PEs working. */
import type { Bench } from '../bench.ts';
import { runProgram } from '../run-program.ts';

export const ring: Bench = {
  name: 'ring',
  summary: 'the same ring over two PEs: nearly all messages local (blocks), and all remote (round robin)',
  cases: [
    { name: 'mixed', unit: 'ns' },
    { name: 'all-remote', unit: 'ns' },
  ],
  sample: (context) => runProgram('ring', 2, context),
};
