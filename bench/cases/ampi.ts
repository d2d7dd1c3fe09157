/** Bench `ampi`: messages and collective operations of ranks. */
import { type Bench, targetOver } from '../bench.ts';
import { runProgram } from '../run-program.ts';

/** Of a raw ring and a bare queue on the reference machine, in us. */
const [ring, loop] = [0.3, 0.015];

export const ampi: Bench = {
  name: 'ampi',
  summary: 'ranks: one way, rate and collective operations, on one PE and between two',
  cases: [
    { name: 'two-pes-8-B', unit: 'us', target: targetOver(1, ring) },
    { name: 'two-pes-1-KiB', unit: 'us', target: targetOver(1.5, ring) },
    { name: 'two-pes-64-KiB', unit: 'us', target: { figure: 8 } },
    // 8 GB/s, and 40 where the buffers are in shared memory.
    { name: 'two-pes-4-MiB', unit: 'us', target: { figure: 524 } },
    { name: 'two-pes-4-MiB-shared', unit: 'us', target: { figure: 105 } },
    { name: 'two-pes-rate', unit: 'msg/s', target: { figure: 2e6 } },
    { name: 'two-pes-barrier', unit: 'us', target: targetOver(2, ring) },
    { name: 'two-pes-allreduce', unit: 'us', target: targetOver(2, ring) },
    { name: 'one-pe-8-B', unit: 'us', target: targetOver(0.25, loop) },
    { name: 'one-pe-rate', unit: 'msg/s', target: { figure: 4e6 } },
    { name: '8-ranks-barrier', unit: 'us', target: targetOver(3, ring) },
    { name: '8-ranks-allreduce', unit: 'us', target: targetOver(3, ring) },
    { name: '8-ranks-alltoall', unit: 'us', target: targetOver(10, ring) },
    { name: '64-ranks-barrier', unit: 'us' },
    { name: '64-ranks-allreduce', unit: 'us' },
  ],
  sample: async (context) => {
    const run = (group: string, vp: number, pes: number): ReturnType<typeof runProgram> =>
      runProgram('ampi', pes, context, { ranks: { vp }, args: [group] });
    return [
      ...(await run('two-pes', 2, 2)),
      ...(await run('one-pe', 2, 1)),
      ...(await run('8-ranks', 8, 2)),
      ...(await run('64-ranks', 64, 2)),
    ];
  },
};
