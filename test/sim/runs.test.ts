/** Simulated runs as a whole: the same again, whatever this machine does; ends; what is refused. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Chare, type Charm, CharmError, Reducer, StuckError, UsageError } from 'charm4ts';
import { type NetworkDescription, runSimulated, type SimulationResult, shippedNetworks } from 'charm4ts/sim';
import { migrationProgram } from '../support/migration-program.ts';

export class Walker extends Chare<number> {
  walk(left: number): void {
    this.charm.work(1e-6 * (1 + this.index));
    if (left > 0) this.array.at(Math.floor(this.charm.random() * this.array.size)).walk(left - 1);
  }

  async agree(): Promise<number> {
    await this.charm.sleep(this.index);
    return this.allreduce(this.index, Reducer.sum);
  }
}

export class Napper extends Chare<number> {
  async nap(times: number): Promise<void> {
    for (let i = 0; i < times; i++) {
      this.charm.work(1e-3);
      await this.charm.sleep(0.5);
    }
  }
}

async function main(charm: Charm): Promise<void> {
  const walkers = await charm.array(Walker, { size: 40 });
  walkers.all.walk(20);
  walkers.all.agree();
  await charm.quiescence();
  charm.exit(3);
}

async function walk(seed: number, network = 'gigabit', shuffle = false): Promise<SimulationResult> {
  const result = await runSimulated({ program: { main, Walker }, pes: 12, seed, network, shuffle });
  assert.equal(result.error, undefined);
  return result;
}

describe('a simulated run', () => {
  it('is the same again with the same seed, and another one with another', async () => {
    for (const { name } of shippedNetworks) {
      const first = await walk(1, name, true);
      assert.deepEqual(await walk(1, name, true), first);
      assert.notEqual((await walk(2, name, true)).hash, first.hash);
    }
  });

  it('ends though timers of PEs that share a core run out while it computes', async () => {
    const { error, seconds } = await runSimulated({
      program: {
        Napper,
        main: async (charm: Charm): Promise<void> => {
          const nappers = await charm.array(Napper, { size: charm.pes });
          await Promise.all(Array.from({ length: charm.pes }, (_, i) => nappers.at(i).ask.nap(5)));
          charm.exit();
        },
      },
      pes: 4,
      pesPerNode: 4,
      network: 'gigabit',
      // A timer that never has its turn is a failure, no endless loop.
      faults: { draw: false, untilMs: 0, livenessEvents: 20_000 },
    });
    assert.equal(error, undefined);
    assert(seconds >= 4 * 5 * 1e-3 && seconds < 0.1, `${seconds} s`);
  });

  it('on 1,024 PEs is the same again', async () => {
    const large = async (charm: Charm): Promise<void> => {
      const walkers = await charm.array(Walker, { size: 2048 });
      walkers.all.walk(4);
      walkers.all.agree();
      await charm.quiescence();
      charm.exit();
    };
    const again = (): Promise<SimulationResult> =>
      runSimulated({ program: { main: large, Walker }, pes: 1024, network: 'ethernet100g', seed: 9 });
    const first = await again();
    assert.equal(first.error, undefined);
    assert(first.messages >= 2048 * 5);
    assert.deepEqual(await again(), first);
  });

  it('has a hash that a change of any kind changes', async () => {
    const hashes = [await walk(1), await walk(2), await walk(1, 'ethernet100g'), await walk(1, 'gigabit', true)];
    assert.equal(new Set(hashes.map(({ hash }) => hash)).size, hashes.length);
  });

  it('has the exit code of the program, and counts what happened', async () => {
    const { exitCode, messages, frames, bytes, busySeconds, seconds, declaredSeconds } = await walk(1);
    assert.equal(exitCode, 3);
    assert(messages >= 40 * 21 && frames > 0 && bytes >= frames * 16);
    assert.equal(busySeconds.length, 12);
    for (const busy of busySeconds) assert(busy > 0 && busy <= seconds);
    const least = 40 * 21 * 1e-6;
    assert(declaredSeconds >= least && declaredSeconds <= 40 * least);
  });

  it('of a program whose elements migrate is the same again', async () => {
    const plan = { elements: 10, steps: 20, rounds: 3, seed: 5 };
    const run = (): Promise<SimulationResult> =>
      runSimulated({ program: migrationProgram(plan), pes: 5, seed: 5, network: 'gigabit' });
    const first = await run();
    assert.equal(first.error, undefined);
    assert.equal((await run()).hash, first.hash);
  });

  it('waits for files that the program reads, which takes no virtual time', async () => {
    const { readFile } = await import('node:fs/promises');
    let before = -1;
    let after = -2;
    const reading = async (charm: Charm): Promise<void> => {
      before = charm.now();
      await readFile(new URL(import.meta.url));
      after = charm.now();
      charm.exit();
    };
    const { error } = await runSimulated({ program: { main: reading }, pes: 2 });
    assert.equal(error, undefined);
    assert.equal(after, before);
  });
});

/** Waits for work that Node.js has in no list, after its process has not run for longer than a second. */
class Sleeper extends Chare {
  async wait(): Promise<void> {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1100);
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    await this.charm.track(turn().then(turn).then(turn));
  }
}

describe('a simulated run that fails', () => {
  it('is not one whose process was not running while something was tracked', async () => {
    const main = async (charm: Charm): Promise<void> => {
      const sleepers = await charm.group(Sleeper);
      await charm.quiescence();
      sleepers.at(0).wait();
      await charm.quiescence();
      charm.exit();
    };
    const { error } = await runSimulated({ program: { main, Sleeper }, pes: 1, network: 'shared-memory' });
    assert.equal(error, undefined);
  });

  it('is found to be stuck, in virtual time, though a sleeper wakes after an hour', async () => {
    const stuck = async (charm: Charm): Promise<void> => {
      await charm.sleep(3_600_000);
      await charm.future().get();
    };
    const { error, exitCode, seconds } = await runSimulated({ program: { main: stuck }, pes: 3 });
    assert(error instanceof StuckError);
    assert.equal(exitCode, 1);
    assert(seconds >= 3600 && seconds < 3601);
  });

  it('is found to be stuck while quiescence is waited for', async () => {
    const stuck = async (charm: Charm): Promise<void> => {
      const walkers = await charm.array(Walker, { indices: [] });
      walkers.at(3).walk(1);
      await charm.quiescence();
    };
    const { error } = await runSimulated({ program: { main: stuck, Walker }, pes: 3 });
    assert(error instanceof StuckError);
    assert.match(error.message, /Walker\[3\], which does not exist/);
  });

  it('has the error of the entry method, and where it was', async () => {
    const failing = async (charm: Charm): Promise<void> => {
      const walkers = await charm.array(Walker, { size: 3 });
      walkers.at(2).walk(-1);
      charm.abort('enough');
    };
    const { error } = await runSimulated({ program: { main: failing, Walker }, pes: 3 });
    assert(error instanceof CharmError && error.code === 'ERR_ABORTED');
  });

  it('can be interrupted', async () => {
    const endless = async (charm: Charm): Promise<void> => {
      for (;;) await charm.sleep(1);
    };
    const interrupt = new AbortController();
    setImmediate(() => setImmediate(() => interrupt.abort()));
    const { exitCode, error } = await runSimulated({ program: { main: endless }, pes: 2, signal: interrupt.signal });
    assert.equal(exitCode, 130);
    assert(error instanceof CharmError && error.code === 'ERR_INTERRUPTED');
  });
});

describe('a network description', () => {
  const program = { main: (charm: Charm): void => charm.exit() };
  const [good] = shippedNetworks;
  const refuse = (network: unknown, message: RegExp): Promise<void> =>
    assert.rejects(runSimulated({ program, pes: 2, network: network as NetworkDescription }), (error: Error) => {
      assert(error instanceof UsageError);
      assert.match(error.message, message);
      return true;
    });

  it('is refused with the path of what is wrong', async () => {
    const between = good!.between;
    await refuse(
      { ...good, between: { ...between, bytesPerSecond: 0 } },
      /network\.between\.bytesPerSecond must be a number above 0, not 0/,
    );
    await refuse(
      { ...good, between: { ...between, latencyUs: [3, 2] } },
      /network\.between\.latencyUs must be .* not \[3,2\]/,
    );
    await refuse(
      { ...good, between: { ...between, latency: 3 } },
      /network\.between has no field latency; it has latencyUs/,
    );
    await refuse({ ...good, within: undefined }, /network lacks the field within/);
    await refuse(
      { ...good, speeds: [{ load: 1 }] },
      /network\.speeds\[0\]\.load must be a number from 0 to less than 1, not 1/,
    );
    await refuse({ ...good, hosts: 1.5 }, /network\.hosts must be an integer, 1 or more/);
    await refuse([], /network must be an object/);
  });

  it('can be a file, whose name is in the complaint', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'charm4ts-sim-'));
    try {
      const file = join(folder, 'mine.json');
      await writeFile(file, JSON.stringify({ ...good, name: 'mine' }));
      assert.equal((await runSimulated({ program, pes: 2, network: file })).error, undefined);
      await writeFile(file, '{');
      await refuse(file, /mine\.json is not JSON/);
      await refuse(join(folder, 'none.json'), /there is no network .*none\.json: neither one that ships \(gigabit/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
