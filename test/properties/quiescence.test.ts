/** Quiescence: asked for by several chares on any PE, while messages multiply, sleep and wait for outside work. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Chare, type Charm } from 'charm4ts';
import fc from 'fast-check';
import { check } from '../support/property.ts';
import { run, type Schedule, schedules } from '../support/schedule.ts';

interface Wave {
  /** Branches that wait for quiescence. */
  readonly waiters: readonly number[];
  /** Whether they start to wait before or after the work has been started. */
  readonly isEarly: boolean;
  /** Chains of messages: each goes on for so many hops. */
  readonly chains: readonly {
    readonly hops: number;
    readonly fork: number;
    readonly pause: 'none' | 'sleep' | 'track' | 'ask';
  }[];
}

interface Plan {
  readonly schedule: Schedule;
  readonly waves: readonly Wave[];
}

const plans: fc.Arbitrary<Plan> = fc.record({
  schedule: schedules,
  waves: fc.array(
    fc.record({
      waiters: fc.uniqueArray(fc.nat(8), { maxLength: 4 }),
      isEarly: fc.boolean(),
      chains: fc.array(
        fc.record({
          hops: fc.nat(12),
          fork: fc.integer({ min: 0, max: 3 }),
          pause: fc.oneof(
            { weight: 5, arbitrary: fc.constant<'none'>('none') },
            { weight: 1, arbitrary: fc.constantFrom<'sleep' | 'track' | 'ask'>('sleep', 'track', 'ask') },
          ),
        }),
        { maxLength: 4 },
      ),
    }),
    { minLength: 1, maxLength: 4 },
  ),
});

/** Hops that a chain makes altogether: it forks once, in the middle. */
function hopsOf({ hops, fork }: { readonly hops: number; readonly fork: number }): number {
  const after = Math.floor(hops / 2);
  return hops - after + (fork + 1) * after;
}

describe('quiescence', () => {
  it('comes to every waiter, on every PE, once all messages have been processed and not before', () =>
    check(
      plans,
      async ({ schedule, waves }) => {
        let done = 0;
        const seen: { wave: number; done: number }[] = [];
        class Walker extends Chare {
          async wait(wave: number): Promise<void> {
            await this.charm.quiescence();
            seen.push({ wave, done });
          }
          async hop(left: number, forkAt: number, fork: number, pause: string): Promise<void> {
            done++;
            if (pause === 'sleep') await this.charm.sleep(0);
            if (pause === 'track') await this.charm.track(new Promise((resolve) => setImmediate(resolve)));
            if (pause === 'ask') await this._other.ask.nothing();
            if (left === 0) return;
            const copies = left === forkAt ? fork + 1 : 1;
            for (let copy = 0; copy < copies; copy++) this._other.hop(left - 1, forkAt, fork, pause);
          }
          nothing(): void {}
          get _other() {
            return this.group.at(Math.floor(this.charm.random() * this.charm.pes));
          }
        }
        const expected: { wave: number; done: number }[] = [];
        let total = 0;
        const main = async (charm: Charm): Promise<void> => {
          const walkers = await charm.group(Walker);
          for (const [number, wave] of waves.entries()) {
            if (wave.isEarly) for (const pe of wave.waiters) walkers.at(pe % charm.pes).wait(number);
            for (const { hops, fork, pause } of wave.chains) {
              if (hops > 0) walkers.at(0).hop(hops - 1, Math.floor(hops / 2), fork, pause);
              total += hopsOf({ hops, fork });
            }
            const asked = wave.isEarly ? [] : wave.waiters.map((pe) => walkers.at(pe % charm.pes).ask.wait(number));
            await charm.quiescence();
            seen.push({ wave: number, done });
            await Promise.all(asked);
            // Until the early waiters have noted what they saw, too.
            await charm.quiescence();
            expected.push({ wave: number, done: total });
          }
          charm.exit();
        };
        await run({ main, Walker }, schedule);
        for (const [number, { waiters }] of waves.entries()) {
          const mine = seen.filter(({ wave }) => wave === number);
          assert.equal(mine.length, waiters.length + 1, 'every waiter hears of it');
          for (const { done } of mine) assert.equal(done, expected[number]!.done, `wave ${number}`);
        }
      },
      { runs: 300 },
    ));

  it('waits for asks, asynchronous entries, futures, creations and reductions under way', () =>
    check(
      schedules,
      async (schedule) => {
        const log: string[] = [];
        class Worker extends Chare {
          async work(): Promise<number> {
            await this.charm.sleep(1);
            const answers = await Promise.all(
              Array.from({ length: this.charm.pes }, (_, pe) => this.group.at(pe).ask.double(pe)),
            );
            log.push(`worked ${this.index}`);
            return answers.reduce((a, b) => a + b);
          }
          double(n: number): number {
            return 2 * n;
          }
        }
        class Part extends Chare {
          constructor() {
            super();
            log.push(`made ${this.index}`);
            void this.barrier().then(() => log.push(`passed ${this.index}`));
          }
        }
        const main = async (charm: Charm): Promise<void> => {
          const workers = await charm.group(Worker);
          for (let pe = 0; pe < charm.pes; pe++) void workers.at(pe).ask.work();
          void charm.array(Part, { size: 5 });
          const future = charm.future<string>();
          void future.get().then((text) => log.push(text));
          void charm.sleep(2).then(() => future.set('kept'));
          await charm.quiescence();
          const expected = [...Array.from({ length: charm.pes }, (_, pe) => `worked ${pe}`), 'kept'];
          for (let i = 0; i < 5; i++) expected.push(`made ${i}`, `passed ${i}`);
          assert.deepEqual(log.sort(), expected.sort());
          charm.exit();
        };
        await run({ main, Worker, Part }, schedule);
      },
      { runs: 60 },
    ));

  it('comes at once when nothing has been sent, any number of times', () =>
    check(
      schedules,
      async (schedule) => {
        const main = async (charm: Charm): Promise<void> => {
          for (let time = 0; time < 3; time++) await Promise.all([charm.quiescence(), charm.quiescence()]);
          charm.exit();
        };
        await run({ main }, schedule);
      },
      { runs: 30 },
    ));
});
