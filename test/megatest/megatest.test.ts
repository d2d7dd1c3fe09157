/**
 * What Charm++'s megatest checks, restated: each theme alone, five times at once, and all together, so that
 * collections are seen not to disturb one another. In one thread under several schedules, and on real threads.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runInThread } from '../../launch/in-thread.ts';
import { runJob } from '../../launch/job.ts';
import { nameOf, nodeShapes } from '../support/shapes.ts';
import * as program from './all.ts';

/** A job of real threads that lasts longer has lost something. */
const deadlineMs = 300_000;

const names = Object.keys(program.themes);
const schedules = [1, 2, 5].flatMap((pes) => [
  { pes, seed: 1, shuffle: false },
  { pes, seed: 2, shuffle: true },
  { pes, seed: 3, shuffle: true },
]);

async function runHere(mode: string, chosen: readonly string[], schedule: (typeof schedules)[number]): Promise<void> {
  const args = [mode, '1', schedule.shuffle ? 'shuffled' : 'in order', ...chosen];
  const { error, exitCode } = await runInThread({ program, args, pesPerNode: 2, ...schedule });
  if (error !== undefined) throw new Error(`failed on ${JSON.stringify(schedule)}`, { cause: error });
  assert.equal(exitCode, 0);
}

describe('megatest in one thread', () => {
  for (const name of names) {
    it(`${name} holds alone`, async () => {
      for (const schedule of schedules) await runHere('alone', [name], schedule);
    });
    it(`${name} holds five times at once`, async () => {
      for (const schedule of schedules) await runHere('five', [name], schedule);
    });
  }

  for (const schedule of schedules) {
    it(`all themes hold together (${schedule.pes} PEs, seed ${schedule.seed}${schedule.shuffle ? ', shuffled' : ''})`, () =>
      runHere('together', [], schedule));
  }

  it('all themes hold together on 64 PEs', () => runHere('together', [], { pes: 64, seed: 4, shuffle: false }));
});

describe('megatest on real threads and processes', () => {
  for (const { pes, shuffle } of [
    { pes: 1, shuffle: false },
    { pes: 2, shuffle: false },
    { pes: 3, shuffle: false },
    { pes: 2, shuffle: true },
  ]) {
    it(`all themes hold alone, five times at once, and together (${pes} PEs${shuffle ? ', shuffled' : ''})`, async () => {
      const load = shuffle ? '2' : '8';
      const { error, exitCode } = await runJob({
        program: new URL('./all.ts', import.meta.url),
        pes,
        args: ['everything', load, shuffle ? 'shuffled' : 'in order'],
        seed: 5,
        shuffle,
        signal: AbortSignal.timeout(deadlineMs),
      });
      if (error !== undefined) throw error;
      assert.equal(exitCode, 0);
    });
  }

  for (const shape of nodeShapes) {
    it(`all themes hold alone, five times at once, and together (${nameOf(shape)})`, async () => {
      const { error, exitCode } = await runJob({
        program: new URL('./all.ts', import.meta.url),
        ...shape,
        args: ['everything', '1', 'in order'],
        seed: 5,
        signal: AbortSignal.timeout(deadlineMs),
      });
      if (error !== undefined) throw error;
      assert.equal(exitCode, 0);
    });
  }
});
