/** Messages that are aggregated, to elements that move, and from elements that do; on meshes of every shape. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Aggregation, Chare, type Charm, type Entries, type Future, type GroupProxy, Reducer } from 'charm4ts';
import fc from 'fast-check';
import { Mesh, usualDimensions } from '../../core/aggregation/mesh.ts';
import { check } from '../support/property.ts';
import { run, runToFailure, schedules } from '../support/schedule.ts';

interface Plan {
  readonly elements: number;
  readonly hops: number;
  readonly seed: number;
  readonly aggregate: Aggregation;
}

/** Elements and branches send each other numbered messages, and elements move. */
class Sender extends Chare<number> {
  got: [string, number][] = [];
  sent = new Map<string, number>();
  state: number;
  plan: Plan;
  sinks: GroupProxy<Sink>;

  constructor(plan: Plan, sinks: GroupProxy<Sink>) {
    super();
    this.plan = plan;
    this.sinks = sinks;
    this.state = plan.seed + this.index;
  }

  _below(bound: number): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) | 0;
    return Math.floor(((this.state >>> 0) / 2 ** 32) * bound);
  }

  /** Messages of all sizes, some too large for any buffer. */
  receive(from: string, number: number, left: number, _load: Uint8Array): void {
    this.got.push([from, number]);
    if (left > 0) this.begin(left - 1);
    if (this._below(2) === 0) this.migrateTo(this._below(this.charm.pes));
  }

  begin(left: number): void {
    const { elements, aggregate } = this.plan;
    for (let i = 0; i < 2; i++) {
      const to = this._below(elements);
      const load = new Uint8Array(this._below(40) === 0 ? 5000 : this._below(60));
      const element = this.array.at(to).with({ aggregate, ...(this._below(4) === 0 ? { priority: -1 } : {}) });
      element.receive(`s${this.index}`, this._number(`s${to}`), left, load);
      const pe = this._below(this.charm.pes);
      this.sinks
        .at(pe)
        .with({ aggregate })
        .take(`s${this.index}`, this._number(`g${pe}`));
    }
  }

  _number(to: string): number {
    const number = this.sent.get(to) ?? 0;
    this.sent.set(to, number + 1);
    return number;
  }

  report(done: Future<Report[]>): void {
    this.contribute({ name: `s${this.index}`, got: this.got, sent: this.sent }, Reducer.gather<Report>(), done);
  }
}

interface Report {
  readonly name: string;
  readonly got: [string, number][];
  readonly sent: Map<string, number>;
}

class Sink extends Chare<number> {
  got: [string, number][] = [];
  take(from: string, number: number): void {
    this.got.push([from, number]);
  }
  report(done: Future<Report[]>): void {
    this.contribute({ name: `g${this.index}`, got: this.got, sent: new Map() }, Reducer.gather<Report>(), done);
  }
}

async function exchange(charm: Charm, plan: Plan): Promise<void> {
  const sinks = await charm.group(Sink);
  const senders = await charm.array(Sender, { size: plan.elements, args: [plan, sinks] });
  senders.all.begin(plan.hops);
  await charm.quiescence();
  const [ofSenders, ofSinks] = [charm.future<Report[]>(), charm.future<Report[]>()];
  senders.all.report(ofSenders);
  sinks.all.report(ofSinks);
  const reports = [...(await ofSenders.get()), ...(await ofSinks.get())];
  for (const { name, got } of reports) {
    const numbers = new Map<string, number[]>();
    for (const [from, number] of got) numbers.set(from, [...(numbers.get(from) ?? []), number]);
    for (const { name: from, sent } of reports) {
      const count = sent.get(name) ?? 0;
      const all = Array.from({ length: count }, (_, i) => i);
      assert.deepEqual(
        (numbers.get(from) ?? []).sort((a, b) => a - b),
        all,
        `messages ${from} -> ${name}, each once`,
      );
    }
  }
  charm.exit();
}

describe('aggregated messages', () => {
  it('arrive once each before quiescence, whatever the mesh and the buffers are and whatever moves when', () =>
    check(
      fc.record({
        schedule: schedules,
        elements: fc.integer({ min: 1, max: 10 }),
        hops: fc.integer({ min: 0, max: 5 }),
        seed: fc.nat(1e6),
        aggregate: fc.record({
          dimensions: fc.integer({ min: 1, max: 4 }),
          bufferBytes: fc.constantFrom(256, 1000, 16384),
          // Real time would make runs unrepeatable.
          waitMs: fc.constantFrom(0, Number.POSITIVE_INFINITY),
        }),
      }),
      async ({ schedule, ...plan }) => {
        await run({ main: (charm: Charm) => exchange(charm, plan), Sender, Sink }, schedule);
      },
      { runs: 150 },
    ));
});

describe('a mesh', () => {
  it('leads from every PE to every other in at most as many steps as it has dimensions', () =>
    check(
      fc.record({ pes: fc.integer({ min: 1, max: 200 }), dimensions: fc.integer({ min: 1, max: 6 }) }),
      ({ pes, dimensions }) => {
        const meshes = Array.from({ length: pes }, (_, pe) => new Mesh(pe, pes, dimensions));
        for (let from = 0; from < pes; from++)
          for (let to = 0; to < pes; to++) {
            let at = from;
            for (let steps = 0; at !== to; steps++) {
              assert(steps < dimensions, `more than ${dimensions} steps from ${from} to ${to}`);
              at = meshes[at]!.next(to);
              assert(at >= 0 && at < pes);
            }
          }
      },
      { runs: 60 },
    ));

  it('of 1,000 PEs in three dimensions needs buffers for 27', () => {
    const mesh = new Mesh(123, 1000, usualDimensions(1000));
    const next = new Set(Array.from({ length: 1000 }, (_, to) => mesh.next(to)));
    next.delete(123);
    assert.equal(next.size, 27);
  });
});

class Counter extends Chare<number> {
  static readonly entries: Entries<Counter> = { add: { aggregate: { bufferBytes: 4096 } } };
  count = 0;
  add(): void {
    this.count++;
  }
  total(): number {
    return this.count;
  }
}

describe('an entry method that aggregates', () => {
  it('needs few frames, unless the proxy says otherwise', async () => {
    const framesOf = async (aggregate: boolean | undefined, pesPerNode = 1): Promise<number> => {
      const main = async (charm: Charm): Promise<void> => {
        const counters = await charm.array(Counter, { size: 8, map: 'block' });
        const counter = counters.at(7);
        const through = aggregate === undefined ? counter : counter.with({ aggregate });
        for (let i = 0; i < 1000; i++) through.add();
        await charm.quiescence();
        assert.equal(await counters.at(7).ask.total(), 1000);
        charm.exit();
      };
      return (await run({ main, Counter }, { pes: 2, pesPerNode, seed: 1, shuffle: false })).frames;
    };
    const [alone, together, back] = [await framesOf(false), await framesOf(undefined), await framesOf(true)];
    assert(alone > 1000, `${alone} frames`);
    assert(together < 60 && back < 60, `${together} and ${back} frames`);
    // Between PEs that share memory buffers would gain nothing.
    assert.equal(await framesOf(true, 2), alone);
  });

  it('refuses settings out of range, and what goes with no waiting', async () => {
    const refused = async (aggregate: never): Promise<string> => {
      const main = async (charm: Charm): Promise<void> => {
        (await charm.array(Counter, { size: 1 })).at(0).with({ aggregate }).add();
      };
      return (await runToFailure({ main, Counter })).message;
    };
    assert.match(await refused({ dimensions: 7 } as never), /a mesh has 1 to 6 dimensions, not 7/);
    assert.match(await refused({ bufferBytes: 10 } as never), /a buffer has 256 to 1048576 bytes, not 10/);
    assert.match(await refused({ waitMs: -1 } as never), /waitMs is 0 or more milliseconds, not -1/);
    assert.match(await refused('yes' as never), /must be true or \{ dimensions, bufferBytes, waitMs \}, not string/);
    class Hasty extends Chare {
      static readonly entries: Entries<Hasty> = { go: { immediate: true, aggregate: true } };
      go(): void {}
    }
    const main = (charm: Charm): void => charm.exit();
    assert.match((await runToFailure({ main, Hasty })).message, /local and immediate methods/);
  });
});
