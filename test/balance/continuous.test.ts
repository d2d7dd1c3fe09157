/** Balancing without steps: agents work while the program runs, and rest with it. And counts of agents' words that are wrong. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Chare, type Charm, type Future } from 'charm4ts';
import { runInThread, runSimulated } from 'charm4ts/sim';
import fc from 'fast-check';
import type { LbStepReport } from '../../core/balance/balancing.ts';
import { WordCounts } from '../../core/balance/word-counts.ts';
import { formatReport } from '../../launch/report.ts';
import { distributedStrategyNames } from '../../lb-strategies/index.ts';
import { check } from '../support/property.ts';

const sliceSeconds = 0.002;

/** Computes in slices, which are messages to itself. */
class Task extends Chare<number> {
  private left = 0;
  private done: Future | undefined;

  begin(slices: number, done: Future): void {
    this.left = slices;
    this.done = done;
    this.slice();
  }

  slice(): void {
    this.charm.work(sliceSeconds);
    if (--this.left > 0) this.self.slice();
    else this.done!.set();
  }

  sync(done: Future): void {
    this.done = done;
    this.atSync();
  }

  resumeFromSync(): void {
    this.done!.set();
  }
}

const pes = 8;
const tasks = 64;
const slicesOf = (task: number): number => (task < 16 ? 200 : 20);
let sum = 0;
for (let task = 0; task < tasks; task++) sum += slicesOf(task);
/** If no PE ever waited. */
const leastSeconds = (sum * sliceSeconds) / pes;

/** All long tasks are made on two of the PEs. */
async function runTasks(charm: Charm): Promise<number> {
  const array = await charm.array(Task, { size: tasks });
  const started = charm.now();
  const ends = Array.from({ length: tasks }, (_, task) => {
    const done = charm.future();
    array.at(task).begin(slicesOf(task), done);
    return done.get();
  });
  await Promise.all(ends);
  return charm.now() - started;
}

async function simulated(
  balancer: string,
  scene: (charm: Charm) => Promise<void>,
  lbPeriod = 0.05,
): Promise<{ readonly reports: LbStepReport[]; readonly error: unknown; readonly seconds: number }> {
  const reports: LbStepReport[] = [];
  const { error, seconds } = await runSimulated({
    program: { main: scene, Task },
    pes,
    balancer,
    lbPeriod,
    signal: AbortSignal.timeout(120_000),
    onLbStep: ({ report }) => void reports.push(report),
  });
  return { reports, error, seconds };
}

describe('continuous balancing', () => {
  for (const name of distributedStrategyNames()) {
    it(`moves work to idle PEs while the program runs, without steps (${name})`, async () => {
      let seconds = Number.NaN;
      const { reports, error } = await simulated(name, async (charm) => {
        seconds = await runTasks(charm);
        charm.exit();
      });
      assert.equal(error, undefined, formatReport(error));
      // Left where they are, it takes 3.1 times as long as the least.
      assert(seconds < 1.9 * leastSeconds, `${seconds} s, at least ${leastSeconds} s`);
      assert(reports.length > 0 && reports.every(({ trigger }) => trigger === 'continuous'));
      assert.deepEqual(
        reports.flatMap(({ refusals }) => refusals),
        [],
      );
    });

    it(`rests with the job: quiescence comes, a stuck job is found, and time stands still (${name})`, async () => {
      let quietAt = Number.NaN;
      const { error, seconds } = await simulated(name, async (charm) => {
        await runTasks(charm);
        await charm.quiescence();
        quietAt = charm.now();
        await charm.future().get();
      });
      assert.match(formatReport(error), /ERR_STUCK/);
      assert(seconds < quietAt + 10 * 0.05, `quiet at ${quietAt}, stuck at ${seconds}`);
    });

    it(`goes on after a rest (${name})`, async () => {
      const took: number[] = [];
      const { error } = await simulated(name, async (charm) => {
        for (let time = 0; time < 2; time++) {
          took.push(await runTasks(charm));
          await charm.sleep(60_000);
        }
        charm.exit();
      });
      assert.equal(error, undefined, formatReport(error));
      for (const seconds of took) assert(seconds < 1.9 * leastSeconds, `${seconds} s`);
    });
  }

  it('does not keep quiescence away, however often agents talk', async () => {
    const { error } = await simulated(
      'Gossip',
      async (charm) => {
        await charm.array(Task, { size: 8 });
        for (let i = 0; i < 100; i++) await charm.quiescence();
        charm.exit();
      },
      1e-7,
    );
    assert.equal(error, undefined, formatReport(error));
  });

  it('begins and ends with a change of strategy, beside steps that are asked for', async () => {
    const { reports, error } = await simulated('Greedy', async (charm) => {
      const first = runTasks(charm);
      await charm.sleep(200);
      await charm.setBalancer(['Rotate', 'Gossip']);
      await charm.sleep(400);
      await charm.balance();
      await charm.setBalancer('RefineComm');
      await first;
      charm.exit();
    });
    assert.equal(error, undefined, formatReport(error));
    const kinds = reports.map(({ strategy, trigger }) => `${strategy} ${trigger}`);
    const inOrder = kinds.filter((kind, i) => kind !== kinds[i - 1]);
    assert.deepEqual(inOrder.slice(0, 3), ['Greedy period', 'Rotate period', 'Gossip continuous']);
    assert(inOrder.includes('Gossip manual'));
    assert.equal(inOrder.at(-1), 'RefineComm period');
  });

  it('lets atSync() wait for nothing', async () => {
    const main = async (charm: Charm): Promise<void> => {
      const array = await charm.array(Task, { size: 2, usesAtSync: true });
      const done = charm.future();
      array.at(0).sync(done);
      await done.get();
      charm.exit();
    };
    const { error } = await runInThread({ program: { main, Task }, pes: 2, balancer: 'Gossip', lbPeriod: 10 });
    assert.equal(error, undefined, formatReport(error));
  });
});

describe('a count of the words of agents that is wrong', () => {
  const strategies = fc.constantFrom('Gossip', 'Neighbor', 'WorkStealing', 'Distributed');
  const falsified = fc.record({
    strategy: strategies,
    kind: fc.constantFrom('lost', 'doubled', 'not sent', 'object lost'),
    number: fc.integer({ min: 1, max: 12 }),
    seed: fc.nat(),
  });

  it('ends the job with an error that names the strategy, the step and both PEs, and never hangs', () =>
    check(
      falsified,
      async ({ strategy, kind, number, seed }) => {
        let events = 0;
        const restore = falsify(kind, () => ++events === number);
        try {
          const main = async (charm: Charm): Promise<void> => {
            const array = await charm.array(Task, { size: 24 });
            for (let step = 0; step < 2; step++) {
              const ends = Array.from({ length: 24 }, (_, task) => {
                const done = charm.future();
                array.at(task).begin(task < 8 ? 20 : 2, done);
                return done.get();
              });
              await Promise.all(ends);
              await charm.balance();
            }
            charm.exit();
          };
          const signal = AbortSignal.timeout(60_000);
          const { error } = await runSimulated({ program: { main, Task }, pes: 6, balancer: strategy, seed, signal });
          if (events < number) assert.equal(error, undefined, formatReport(error));
          else
            assert.match(
              formatReport(error),
              new RegExp(
                `step \\d of the distributed strategy ${strategy} cannot end: PE \\d has sent \\d+ (words of agents|objects) to PE \\d`,
              ),
            );
        } finally {
          restore();
        }
      },
      { runs: 60 },
    ));

  /** Counts one event too few or too many, when `isTime` says so. */
  function falsify(kind: string, isTime: () => boolean): () => void {
    const proto = WordCounts.prototype;
    const { sent, received, came } = proto;
    if (kind === 'lost') {
      proto.received = function (from) {
        if (!isTime()) received.call(this, from);
      };
    } else if (kind === 'doubled') {
      proto.received = function (from) {
        received.call(this, from);
        if (isTime()) received.call(this, from);
      };
    } else if (kind === 'not sent') {
      proto.sent = function (to) {
        if (!isTime()) sent.call(this, to);
      };
    } else {
      proto.came = function (from) {
        if (!isTime()) came.call(this, from);
      };
    }
    return () => Object.assign(proto, { sent, received, came });
  }
});
