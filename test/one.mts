import { runInThread } from '../launch/in-thread.ts';
import * as program from './megatest/all.ts';

for (const mode of ['alone', 'five'])
  for (const name of process.argv[2] ? [process.argv[2]] : Object.keys(program.themes))
    for (const [pes, shuffle] of [
      [1, false],
      [5, true],
    ] as const) {
      const t = performance.now();
      process.stdout.write(`${mode} ${name} ${pes} `);
      const r = await runInThread({
        program,
        pes,
        seed: 3,
        shuffle,
        pesPerNode: 2,
        args: [mode, '1', shuffle ? 'shuffled' : 'in order', name],
      });
      console.log((performance.now() - t).toFixed(0), r.messages, r.error ?? '');
    }
