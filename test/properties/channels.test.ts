/** Channels whose ends migrate at any point: nothing is lost, doubled, reordered or taken by the wrong one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Channel, Chare, type Charm, type Future, iwait, Reducer, select } from 'charm4ts';
import fc from 'fast-check';
import { check } from '../support/property.ts';
import { run, schedules } from '../support/schedule.ts';

/** How a chare takes what comes. */
const modes = ['recv', 'together', 'iterate', 'select', 'race', 'iwait'] as const;
type Mode = (typeof modes)[number];

/** `counts[a][b]`: messages from a to b. */
interface Plan {
  readonly counts: readonly (readonly number[])[];
  readonly mode: Mode;
  readonly window: number;
  /** Senders wait for room. */
  readonly isPolite: boolean;
  readonly chunk: number;
}

const plans: fc.Arbitrary<Plan> = fc.integer({ min: 2, max: 6 }).chain((size) => {
  const row = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: size, maxLength: size });
  return fc.record({
    counts: fc.array(row, { minLength: size, maxLength: size }),
    mode: fc.constantFrom(...modes),
    window: fc.integer({ min: 1, max: 5 }),
    isPolite: fc.boolean(),
    chunk: fc.integer({ min: 1, max: 5 }),
  });
});

interface Report {
  readonly got: readonly (readonly number[])[];
  readonly crowded: number;
  readonly moves: number;
}

/** Takes from channels, a few at a time, in one of the ways there are. */
abstract class Taker extends Chare<number> {
  readonly channels: Channel<number>[] = [];
  readonly got: number[][] = [];
  /** Channels that the peer has closed. */
  readonly ended = new Set<number>();

  async _take(mode: Mode, chunk: number): Promise<void> {
    const open = this.channels.map((_, from) => from).filter((from) => !this.ended.has(from));
    switch (mode) {
      case 'recv':
        for (const from of open) await this._note(from, this.channels[from]!.recv());
        return;
      case 'together':
        await Promise.all(open.map((from) => this._note(from, this.channels[from]!.recv())));
        return;
      case 'iterate': {
        const [from] = open;
        let left = chunk;
        for await (const value of this.channels[from!]!) {
          this.got[from!]!.push(value);
          if (--left === 0) return;
        }
        this.ended.add(from!);
        return;
      }
      case 'select':
        for (let left = chunk; left > 0 && this.ended.size < this.channels.length; left--) {
          const { channel, done, value } = await select(this.channels.filter((_, from) => !this.ended.has(from)));
          this._took(this.channels.indexOf(channel), done, value);
        }
        return;
      case 'race': {
        const value = await Promise.race(open.map((from) => this.channels[from]!.recv())).catch(() => undefined);
        // The value does not say from whom it is: a hundred times the sender is added.
        if (value === undefined) this._endOne(open);
        else this.got[Math.floor(value / 100)]!.push(value);
        return;
      }
      case 'iwait':
        for await (const { channel, done, value } of iwait(open.map((from) => this.channels[from]!)))
          this._took(this.channels.indexOf(channel), done, value);
    }
  }

  async _note(from: number, next: Promise<number>): Promise<void> {
    try {
      this.got[from]!.push(await next);
    } catch (error) {
      assert.match(String(error), /has been closed/);
      this.ended.add(from);
    }
  }

  _took(from: number, isDone: boolean, value: number | undefined): void {
    if (isDone) this.ended.add(from);
    else this.got[from]!.push(value!);
  }

  /** A race said that one has ended, not which: it is one that has all its messages. */
  abstract _endOne(open: readonly number[]): void;
}

export class Talker extends Taker {
  readonly plan: Plan;
  readonly sent: number[];
  crowded = 0;
  moves = 0;

  constructor(plan: Plan) {
    super();
    this.plan = plan;
    this.sent = plan.counts.map(() => 0);
    for (const _ of plan.counts) this.got.push([]);
  }

  begin(): void {
    for (const [peer] of this.plan.counts.entries()) {
      // One end is opened late, so that messages come before it is there.
      this.channels.push(this.channel<number>(this.array.at(peer), { window: this.plan.window }));
    }
    this.self.give(0);
    this.self.take();
  }

  async give(to: number): Promise<void> {
    const { counts, chunk, isPolite } = this.plan;
    const wanted = counts[this.index]!;
    if (to === wanted.length) return;
    for (let left = chunk; left > 0 && this.sent[to]! < wanted[to]!; left--) {
      const room = this.channels[to]!.send(100 * this.index + this.sent[to]!++);
      if (isPolite) await room;
    }
    this._wander();
    if (this.sent[to]! < wanted[to]!) return this.self.give(to);
    this.channels[to]!.close();
    this.self.give(to + 1);
  }

  async take(): Promise<void> {
    for (const channel of this.channels) this.crowded = Math.max(this.crowded, channel.waiting);
    if (this.ended.size === this.channels.length) return;
    await this._take(this.plan.mode, this.plan.chunk);
    this._wander();
    this.self.take();
  }

  _endOne(open: readonly number[]): void {
    const { counts } = this.plan;
    const from = open.find((other) => this.got[other]!.length === counts[other]![this.index]!);
    assert(from !== undefined, 'no channel can have ended');
    this.ended.add(from);
  }

  _wander(): void {
    if (this.charm.random() < 0.6) this.migrateTo(Math.floor(this.charm.random() * this.charm.pes));
  }

  justMigrated(): void {
    this.moves++;
  }

  report(done: Future<Report[]>): void {
    this.contribute({ got: this.got, crowded: this.crowded, moves: this.moves }, Reducer.gather(), done);
  }
}

async function talk(charm: Charm, plan: Plan): Promise<void> {
  const size = plan.counts.length;
  const talkers = await charm.array(Talker, { size, args: [plan] });
  talkers.all.begin();
  await charm.quiescence();
  const done = charm.future<Report[]>();
  talkers.all.report(done);
  for (const [to, { got, crowded }] of (await done.get()).entries()) {
    assert.deepEqual(
      got,
      plan.counts.map((row, from) => Array.from({ length: row[to]! }, (_, n) => 100 * from + n)),
      `what ${to} has got`,
    );
    // A window, the one for which there was no room, and the end.
    if (plan.isPolite) assert(crowded <= plan.window + 2, `${crowded} messages waited, the window is ${plan.window}`);
  }
}

describe('channels', () => {
  it('keep order, and lose and double nothing, while both ends migrate', () =>
    check(
      fc.record({ schedule: schedules, plan: plans }),
      async ({ schedule, plan }) => {
        const main = async (charm: Charm): Promise<void> => {
          await talk(charm, plan);
          charm.exit();
        };
        await run({ main, Talker }, schedule);
      },
      { runs: 150 },
    ));
});
