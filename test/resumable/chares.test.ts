/** Chares that move while their async methods wait give what they give when they stay. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { check } from '../support/property.ts';
import { run, schedules } from '../support/schedule.ts';
import { loadCompiled } from './load.ts';

const program = await loadCompiled('wanderers');
const ended = program['ended'] as { texts: string[]; moves: number };

it('chares of a resumable class may move at any await, on any machine, with the same results', async () => {
  await run(program, { pes: 1, pesPerNode: 1, seed: 1, shuffle: false });
  const expected = ended.texts;
  assert.equal(expected.length, 5);
  let moves = 0;
  await check(
    fc.record({ schedule: schedules }),
    async ({ schedule }) => {
      ended.texts = [];
      await run(program, schedule);
      assert.deepEqual(ended.texts, expected);
      moves += ended.moves;
    },
    { runs: 40 },
  );
  assert.ok(moves > 100, `they moved, ${moves} times`);
});
