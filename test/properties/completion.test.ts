/** Completion detection: random trees of work, in several domains at once, while chares move and other messages never end. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Callback, Chare, type Charm, type Completion } from 'charm4ts';
import fc from 'fast-check';
import { check } from '../support/property.ts';
import { run, runToFailure, type Schedule, schedules, someSchedules } from '../support/schedule.ts';

interface Plan {
  readonly schedule: Schedule;
  readonly elements: number;
  /** Items that each producer of each domain sends, one list a domain. */
  readonly domains: readonly (readonly number[])[];
  /** An item of this depth makes two more. */
  readonly depth: number;
  readonly rounds: number;
  readonly seed: number;
}

const plans: fc.Arbitrary<Plan> = fc.record({
  // A tree of one level can hardly show what happens between two waves.
  schedule: fc.oneof(
    schedules,
    fc
      .record({ pes: fc.integer({ min: 10, max: 24 }), seed: fc.nat() })
      .map(({ pes, seed }) => ({ pes, pesPerNode: pes, seed, shuffle: true })),
  ),
  elements: fc.integer({ min: 1, max: 16 }),
  domains: fc.array(fc.array(fc.nat(4), { maxLength: 6 }), { minLength: 1, maxLength: 3 }),
  depth: fc.nat(3),
  rounds: fc.integer({ min: 1, max: 3 }),
  seed: fc.nat(1e6),
});

/** What is under way in each domain, as the outside sees it: the PEs share a thread. */
interface World {
  readonly open: number[];
  readonly producers: number[];
  isRunning: boolean;
}

function programOf(plan: Plan, world: World): Record<string, unknown> {
  class Worker extends Chare<number> {
    state = plan.seed + this.index;

    _below(bound: number): number {
      this.state = (Math.imul(this.state, 1664525) + 1013904223) | 0;
      return Math.floor(((this.state >>> 0) / 2 ** 32) * bound);
    }

    /** Sends its items over several messages to itself, and moves between them. */
    produce(domain: number, left: number, work: Completion): void {
      if (left === 0) {
        world.producers[domain]!--;
        return work.done();
      }
      this._send(domain, plan.depth, work);
      this.migrateTo(this._below(this.charm.pes));
      this.self.produce(domain, left - 1, work);
    }

    _send(domain: number, depth: number, work: Completion): void {
      work.produce();
      world.open[domain]!++;
      this.array.at(this._below(plan.elements)).consume(domain, depth, work);
    }

    consume(domain: number, depth: number, work: Completion): void {
      if (depth > 0) for (let i = 0; i < 2; i++) this._send(domain, depth - 1, work);
      world.open[domain]!--;
      work.consume();
      if (this._below(3) === 0) this.migrateTo(this._below(this.charm.pes));
    }

    /** Traffic that has nothing to do with it, and does not end. */
    gossip(): void {
      if (world.isRunning) this.array.at(this._below(plan.elements)).gossip();
    }

    /** Starts from where it is, on any PE. */
    async lead(domain: number, items: number[], given: Completion): Promise<void> {
      // At the root of the domain what is wrong shows at once, elsewhere a little later.
      const work = domain === 0 ? this.charm.completion() : given;
      for (let round = 0; round < plan.rounds; round++) {
        world.producers[domain] = items.length;
        const finished = work.start({ producers: items.length });
        for (const [i, count] of items.entries())
          this.array.at((i + round) % plan.elements).produce(domain, count, work);
        await finished;
        assert.equal(world.producers[domain], 0, 'a producer is not done');
        assert.equal(world.open[domain], 0, 'something has not been consumed');
      }
    }
  }

  const main = async (charm: Charm): Promise<void> => {
    const workers = await charm.array(Worker, { size: plan.elements });
    // On a simulated core that several PEs share, endless traffic of one leaves the others no time.
    if (plan.schedule.network === undefined) workers.all.gossip();
    const led = plan.domains.map((items, domain) =>
      workers.at((domain * 3) % plan.elements).ask.lead(domain, [...items], charm.completion()),
    );
    await Promise.all(led);
    world.isRunning = false;
    await charm.quiescence();
    charm.exit();
  };
  return { main, Worker };
}

describe('a completion', () => {
  it('is told after everything of its domain was consumed, whatever moves and whatever else goes on', () =>
    check(
      plans,
      async (plan) => {
        const world = { open: plan.domains.map(() => 0), producers: plan.domains.map(() => 0), isRunning: true };
        await run(programOf(plan, world), plan.schedule);
      },
      { runs: 200 },
    ));

  it('tells when all producers are done, which may be long before', async () => {
    class Two extends Chare<number> {
      static held: (() => void)[] = [];
      take(work: Completion, hasToWait: boolean): void {
        if (hasToWait) Two.held.push(() => work.consume());
        else work.consume();
      }
    }
    class Ear extends Chare {
      hear(): void {
        // All is produced and one is not consumed: only now it is.
        for (const release of Two.held.splice(0)) release();
      }
    }
    const main = async (charm: Charm): Promise<void> => {
      const two = await charm.array(Two, { size: 4 });
      const ear = await charm.chare(Ear, { onPe: 0 });
      const work = charm.completion();
      const finished = work.start({ allProduced: ear.callback.hear as Callback<void> });
      work.produce(2);
      two.at(0).take(work, true);
      two.at(3).take(work, false);
      work.done();
      await finished;
      charm.exit();
    };
    for (const schedule of someSchedules) await run({ main, Two, Ear }, schedule);
  });

  it('refuses wrong counts, and a start before the end', async () => {
    const refused = async (use: (work: Completion) => unknown): Promise<string> => {
      const main = async (charm: Charm): Promise<void> => {
        await use(charm.completion());
        charm.exit();
      };
      return (await runToFailure({ main })).message;
    };
    assert.match(await refused((work) => work.produce(-1)), /produced is a whole number, 0 or more, not -1/);
    assert.match(await refused((work) => work.start({ producers: 0.5 })), /producers is a whole number/);
    const twice = (work: Completion): Promise<unknown> => Promise.all([work.start(), work.start()]);
    assert.match(await refused(twice), /has been started and has not ended/);
    const tooMany = async (work: Completion): Promise<void> => {
      work.done(2);
      await work.start();
    };
    assert.match(await refused(tooMany), /2 producers are done, and there are 1/);
    const overdrawn = async (work: Completion): Promise<void> => {
      work.consume();
      work.done();
      await work.start();
    };
    assert.match(await refused(overdrawn), /1 were consumed, and 0 were produced/);
    const stuck = async (work: Completion): Promise<void> => {
      work.produce(3);
      work.consume(2);
      work.done();
      await work.start();
    };
    assert.match(await refused(stuck), /1 of 1 producers are done, 3 were produced and 2 consumed/);
  });
});

describe('quiescence', () => {
  it('can be waited for inside chares, by many at once', async () => {
    class Waiter extends Chare<number> {
      static left = 0;
      hop(left: number): void {
        Waiter.left = left;
        if (left > 0) this.array.at((this.index * 5 + 3) % 12).hop(left - 1);
      }
      async wait(): Promise<void> {
        await this.charm.quiescence();
        assert.equal(Waiter.left, 0);
      }
    }
    const main = async (charm: Charm): Promise<void> => {
      const waiters = await charm.array(Waiter, { size: 12 });
      Waiter.left = 50;
      waiters.at(5).hop(50);
      await Promise.all([2, 3, 11].map((i) => waiters.at(i).ask.wait()));
      charm.exit();
    };
    for (const schedule of someSchedules) await run({ main, Waiter }, schedule);
  });
});
