/** A part of the swarm, for the tests. */
import assert from 'node:assert/strict';
import { replayOf, runSeed } from './seed.ts';

/** Runs seeds; one in a hundred twice. Stops at the first that is bad. */
export async function runSeeds(first: number, count: number): Promise<void> {
  for (let seed = first; seed < first + count; seed++) {
    const { error, kind, machine, hash } = await runSeed(seed);
    const again = `seed ${seed} (${kind}; ${machine}); repeat it with: ${replayOf(seed)}`;
    if (error !== undefined) throw new Error(again, { cause: error });
    if (seed % 100 === 0) assert.equal((await runSeed(seed)).hash, hash, `another run: ${again}`);
  }
}
