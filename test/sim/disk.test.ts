/** Simulated disks: what charm4ts/io makes of them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Chare, type Charm } from 'charm4ts';
import * as io from 'charm4ts/io';
import { createFile, openFile, type WritableFile } from 'charm4ts/io';
import { runSimulated, type SimulationOptions, type SimulationResult } from 'charm4ts/sim';
import { replayOf, runSeed } from '../swarm/seed.ts';

const seeds = 300;
const bytes = 10_000;
const content = Uint8Array.from({ length: bytes }, (_, i) => (i * 7) & 255);
const path = '/simulated/bytes';

class Author extends Chare<number> {
  write(file: WritableFile): void {
    const from = this.index * 1000;
    file.write(from, content.subarray(from, from + 1000));
  }
}

let trouble: unknown;

const program = {
  ...io,
  Author,
  main: async (charm: Charm): Promise<void> => {
    trouble = undefined;
    try {
      const file = await createFile(charm, path, { bytes, stripeBytes: 700 });
      (await charm.array(Author, { size: 10 })).all.write(file);
      await file.finished();
      const input = await openFile(charm, path, { stripeBytes: 900 });
      assert.deepEqual(await input.read(0, bytes), content);
    } catch (error) {
      trouble = error;
    }
    await charm.quiescence();
    charm.exit();
  },
};

type Disk = NonNullable<NonNullable<SimulationOptions['faults']>['disk']>;

/** A job of 6 PEs on 3 nodes with these faults of its disk, and no others. */
function run(disk: Disk, more: object = {}, seed = 1): Promise<SimulationResult> {
  const faults = { draw: false, disk, ...more };
  return runSimulated({ program, pes: 6, pesPerNode: 2, network: 'gigabit', seed, files: new Map(), faults });
}

describe('a simulated disk', () => {
  it(`never leaves half a file under its name, hides an error or hangs (seeds 1 to ${seeds})`, async () => {
    for (let seed = 1; seed <= seeds; seed++) {
      const { error, machine, hash } = await runSeed(seed, 'files');
      const again = `seed ${seed} (${machine}); repeat it with: ${replayOf(seed, 'files')}`;
      if (error !== undefined) throw new Error(again, { cause: error });
      if (seed % 20 === 0) assert.equal((await runSeed(seed, 'files')).hash, hash, `another run: ${again}`);
    }
  });

  it('that is slow and takes in little changes nothing but times', async () => {
    const plain = await run({});
    for (let seed = 1; seed <= 5; seed++) {
      const poor = await run({ short: 0.9, latencyMs: 20 }, {}, seed);
      assert.equal(poor.error ?? trouble, undefined);
      assert.deepEqual(poor.files, new Map([[path, content]]));
      assert(poor.faults!.disk!.short > 10 && poor.seconds > plain.seconds);
    }
  });

  it('takes the time that the network describes', async () => {
    const network = {
      name: 'tape',
      within: { latencyUs: 1, overheadUs: 1, gapUs: 0, bytesPerSecond: 1e9 },
      between: { latencyUs: 1, overheadUs: 1, gapUs: 0, bytesPerSecond: 1e9 },
      disk: { latencyUs: 1e6, bytesPerSecond: 1000 },
    };
    const { files, seconds, error } = await runSimulated({ program, pes: 1, network });
    assert.equal(error ?? trouble, undefined);
    assert.deepEqual(files, new Map([[path, content]]));
    // Written and read at 1000 bytes a second; an operation for each of 15 stripes, and more.
    assert(seconds > 2 * 10 + 15 && seconds < 100, `${seconds} s`);
  });

  it('that fails or is full is one error with the path and the code, and nothing is left', async () => {
    for (const [disk, code] of [
      [{ error: 1 }, 'EIO'],
      [{ fullBytes: 5000 }, 'ENOSPC'],
    ] as const) {
      const { error, files } = await run(disk);
      assert.equal(error, undefined);
      assert(trouble instanceof Error);
      assert.match(trouble.message, new RegExp(`${path} can't be (created|written): ${code}: `));
      assert.equal(files!.size, 0);
    }
  });

  it('tears what a node that crashes has not synchronised, but never a file that has its name', async () => {
    let torn = 0;
    let whole = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const { files, faults } = await run({ torn: 1, latencyMs: 5 }, { nodeCrashMs: 20 + 3 * seed }, seed);
      torn += faults!.disk!.torn;
      const file = files!.get(path);
      if (file === undefined) continue;
      whole++;
      assert.deepEqual(file, content, `seed ${seed}`);
    }
    assert(torn > 0 && whole > 0 && whole < 40, `${torn} writes torn, ${whole} files whole`);
  });

  it('flips bits of what is read, on demand', async () => {
    await run({ rot: 1 });
    assert(trouble instanceof assert.AssertionError);
  });
});
