/** Messages that wait for conditions and for `this.when`, at chares that migrate at any point. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ArrayProxy, Chare, type Charm, type Entries, type Future, Reducer, together } from 'charm4ts';
import fc from 'fast-check';
import { check } from '../support/property.ts';
import { run, schedules } from '../support/schedule.ts';

type Send = 'tell' | 'ask' | 'all';
const takings = ['oneByOne', 'all', 'together', 'race', 'mixed'] as const;

interface Plan {
  readonly consumers: number;
  readonly producers: number;
  /** Of each producer, in each iteration, to each consumer. */
  readonly perIteration: number;
  /** Iterations in the order in which each producer sends them. */
  readonly orders: readonly (readonly number[])[];
  readonly send: Send;
  readonly taking: (typeof takings)[number];
  readonly isMoving: boolean;
}

const iterations = 4;
const plans: fc.Arbitrary<Plan> = fc.record({
  consumers: fc.integer({ min: 1, max: 5 }),
  producers: fc.integer({ min: 1, max: 3 }),
  perIteration: fc.integer({ min: 1, max: 4 }),
  orders: fc.array(fc.shuffledSubarray([0, 1, 2, 3], { minLength: iterations, maxLength: iterations }), {
    minLength: 3,
    maxLength: 3,
  }),
  send: fc.constantFrom('tell', 'ask', 'all'),
  taking: fc.constantFrom(...takings),
  isMoving: fc.boolean(),
});

type Got = readonly [iteration: number, from: number, n: number];

/** What both kinds of consumer do alike. */
abstract class Consumer extends Chare<number> {
  readonly plan: Plan;
  iteration = 0;
  readonly got: Got[] = [];

  constructor(plan: Plan) {
    super();
    this.plan = plan;
  }

  get _perIteration(): number {
    return this.plan.producers * this.plan.perIteration;
  }

  _wander(): void {
    if (this.plan.isMoving && this.charm.random() < 0.4)
      this.migrateTo(Math.floor(this.charm.random() * this.charm.pes));
  }

  report(done: Future<(readonly Got[])[]>): void {
    this.contribute(this.got as readonly Got[], Reducer.gather<readonly Got[]>(), done);
  }
}

/** Takes the messages of its iteration, by a condition. */
export class Gated extends Consumer {
  static readonly entries: Entries<Gated> = { part: { when: (self, iteration) => iteration === self.iteration } };

  part(iteration: number, from: number, n: number): number {
    this.got.push([iteration, from, n]);
    if (this.got.length === (this.iteration + 1) * this._perIteration) this.iteration++;
    this._wander();
    return n;
  }

  /** Has nothing to do with it. */
  other(): void {
    this._wander();
  }
}

/** Takes the messages of its iteration by asking for them. */
export class Asking extends Consumer {
  static readonly entries: Entries<Asking> = { part: { awaited: true }, other: { awaited: true } };

  part(iteration: number, from: number, n: number): number {
    this.got.push([iteration, from, n]);
    return n;
  }

  other(_iteration: number): void {}

  async phase(): Promise<void> {
    if (this.iteration === iterations) return;
    await this._takeAll();
    this.iteration++;
    this._wander();
    this.self.phase();
  }

  async _takeAll(): Promise<void> {
    const { iteration, _perIteration: count } = this;
    const one = (): Promise<number> => this.when.part(iteration);
    const list = Array.from({ length: count });
    switch (this.plan.taking) {
      case 'oneByOne':
        for (const _ of list) await one();
        return;
      case 'all':
        await Promise.all(list.map(one));
        return;
      case 'together':
        await together(...list.map(one));
        return;
      case 'race':
        // Rivals for the same messages: one taken per round.
        for (const _ of list) await Promise.race([one(), this.when.part((i) => i === iteration), one()]);
        return;
      case 'mixed':
        for (let left = count; left > 0; ) {
          const pair = left > 1 ? [together(one(), one())] : [];
          const taken = await Promise.race([...pair, this.when.other(iteration), one()]);
          left -= Array.isArray(taken) ? 2 : 1;
        }
    }
  }
}

type AnyConsumers = ArrayProxy<Gated, number>;

export class Producer extends Chare<number> {
  readonly plan: Plan;

  constructor(plan: Plan) {
    super();
    this.plan = plan;
  }

  async produce(consumers: AnyConsumers): Promise<void> {
    const { perIteration, orders, send } = this.plan;
    const answers: Promise<number>[] = [];
    for (const iteration of orders[this.index]!) {
      for (let n = 0; n < perIteration; n++) {
        if (send === 'all') consumers.all.part(iteration, this.index, n);
        else
          for (let to = 0; to < this.plan.consumers; to++) {
            if (send === 'tell') consumers.at(to).part(iteration, this.index, n);
            else answers.push(consumers.at(to).ask.part(iteration, this.index, n));
          }
      }
    }
    const expected = orders[this.index]!.flatMap(() =>
      Array.from({ length: perIteration }, (_, n) => Array<number>(this.plan.consumers).fill(n)).flat(),
    );
    if (send === 'ask') assert.deepEqual(await Promise.all(answers), expected);
  }
}

/** In the order in which they ran; sorted if the order in which they came is not known. */
function partsOf(got: readonly Got[], plan: Plan, iteration: number, from: number): number[] {
  const parts = got.filter(([i, f]) => i === iteration && f === from).map(([, , n]) => n);
  return plan.isMoving ? parts.sort((a, b) => a - b) : parts;
}

async function produceAndCheck(charm: Charm, plan: Plan, consumers: AnyConsumers): Promise<void> {
  const producers = await charm.array(Producer, { size: plan.producers, args: [plan] });
  const ends = Array.from({ length: plan.producers }, (_, i) => producers.at(i).ask.produce(consumers));
  await Promise.all(ends);
  await charm.quiescence();
  const done = charm.future<(readonly Got[])[]>();
  consumers.all.report(done);
  for (const got of await done.get()) {
    for (let iteration = 0; iteration < iterations; iteration++)
      for (let from = 0; from < plan.producers; from++)
        assert.deepEqual(
          partsOf(got, plan, iteration, from),
          Array.from({ length: plan.perIteration }, (_, n) => n),
          `parts of ${from} in iteration ${iteration}`,
        );
    const order = got.map(([iteration]) => iteration);
    assert.deepEqual(
      order,
      [...order].sort((a, b) => a - b),
      'one iteration after the other',
    );
  }
}

describe('an entry method with a condition', () => {
  it('runs its messages when it holds, once, in the order they came, wherever its chare goes', () =>
    check(
      fc.record({ schedule: schedules, plan: plans }),
      async ({ schedule, plan }) => {
        const main = async (charm: Charm): Promise<void> => {
          const consumers = await charm.array(Gated, { size: plan.consumers, args: [plan] });
          for (let i = 0; i < 10; i++) consumers.all.other();
          await produceAndCheck(charm, plan, consumers);
          charm.exit();
        };
        await run({ main, Gated, Producer }, schedule);
      },
      { runs: 100 },
    ));
});

describe('this.when', () => {
  it('takes messages once, in the order they came, wherever its chare goes, however they are asked for', () =>
    check(
      fc.record({ schedule: schedules, plan: plans }),
      async ({ schedule, plan }) => {
        const main = async (charm: Charm): Promise<void> => {
          const consumers = await charm.array(Asking, { size: plan.consumers, args: [plan] });
          consumers.all.phase();
          await produceAndCheck(charm, plan, consumers as unknown as AnyConsumers);
          charm.exit();
        };
        await run({ main, Asking, Producer }, schedule);
      },
      { runs: 150 },
    ));
});
