/** Back-pressure: senders that are faster than who receives stay within bounds, and nobody waits for ever. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../faults/command.ts';

const program = fileURLToPath(new URL('./programs/flood.ts', import.meta.url));
/** What is sent is more than 200 MiB; without back-pressure most of it waits at the sender. */
const grownMiB = 180;

async function flood(pes: number, how: string, there: number, back: number): Promise<void> {
  const flags = ['--nodes', '2', '--pes', `${pes}`];
  const { code, stdout, stderr } = await runCommand(['run', program, ...flags, how, `${there}`, `${back}`]);
  assert.equal(stderr, '');
  assert.equal(code, 0);
  const grown = Number(/^grown by (\d+) MiB/.exec(stdout)![1]);
  assert.ok(grown <= grownMiB, `the memory of a process has grown by ${grown} MiB`);
}

describe('a PE that sends more than others take', () => {
  for (const pes of [1, 2]) {
    it(`keeps within its memory, with ${pes} PEs a node`, () => flood(pes, 'push', 120_000, 0));
  }

  it('waits in an entry method that asks whether it may go on', () => flood(1, 'pour', 120_000, 0));

  it('goes on when the other one does the same', () => flood(2, 'push', 60_000, 60_000));
});
