/** Compiled programs do what they did before, wherever they are packed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runNative, runPacked } from './harness.ts';
import { randomProgram } from './random-async.ts';

const programs = Number(process.env['CHARM4TS_RESUMABLE_PROGRAMS'] ?? 150);
const first = Number(process.env['CHARM4TS_SEED'] ?? 1);

test('random async programs packed and unpacked at every await do what they do natively', async () => {
  let packs = 0;
  let tried = 0;
  for (let seed = first; seed < first + programs; seed++) {
    const source = randomProgram(seed, 4 + (seed % 40));
    const native = await runNative(source, seed, [seed % 5, 2]);
    // The compile step assumes what TypeScript checks: no use before a declaration, and no assignment to a const.
    if (/before initialization|Assignment to constant/.test(JSON.stringify(native))) continue;
    tried++;
    let packed: ReturnType<typeof runPacked>;
    try {
      packed = runPacked(source, seed, [seed % 5, 2]);
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}\n${source}`, { cause: error });
    }
    packs += packed.packs;
    assert.deepEqual(packed.events, native.events, `CHARM4TS_SEED=${seed} CHARM4TS_RESUMABLE_PROGRAMS=1\n${source}`);
    assert.equal(packed.result, native.result, `CHARM4TS_SEED=${seed} CHARM4TS_RESUMABLE_PROGRAMS=1\n${source}`);
  }
  assert.ok(tried > programs / 2, `most programs are sound: ${tried}`);
  assert.ok(packs > tried, 'programs wait more than once');
});
