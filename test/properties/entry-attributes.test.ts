/** Attributes of entry methods: alone, repeated, and all at once on one chare that migrates meanwhile. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ArrayProxy, Chare, type Charm, type Entries, type Future, Reducer } from 'charm4ts';
import fc from 'fast-check';
import { check } from '../support/property.ts';
import {
  type Program,
  run as runProgram,
  runToFailure,
  type Schedule,
  schedules,
  someSchedules,
} from '../support/schedule.ts';

type Main = (charm: Charm) => Promise<void>;
async function run(program: Program, schedule: Schedule): Promise<void> {
  await runProgram(program, schedule);
}

const inOrder: Schedule = { pes: 1, pesPerNode: 1, seed: 1, shuffle: false };

export class Desk extends Chare<number> {
  static readonly entries: Entries<Desk> = {
    urgent: { priority: -5 },
    first: { expedited: true },
    now: { inline: true },
    sum: { local: true },
    later: { whenIdle: true },
    never: { local: true, notrace: true },
    moveNow: { inline: true },
  };
  readonly log: string[] = [];
  private idleTurns = 0;

  plain(text: string): void {
    this.log.push(text);
  }

  urgent(text: string): void {
    this.log.push(text);
  }

  first(text: string): void {
    this.log.push(text);
  }

  now(text: string): void {
    this.log.push(text);
  }

  sum(a: number, b: number): number {
    return a + b;
  }

  never(): void {
    throw new RangeError('thrown to the caller');
  }

  later(turns: number): boolean {
    this.log.push(`idle ${++this.idleTurns}`);
    return this.idleTurns < turns;
  }

  /** Calls methods of its own while it runs. */
  script(): void {
    const { self } = this;
    self.plain('3');
    self.urgent('2');
    self.first('1');
    self.with({ priority: -9 }).first('1b');
    self.now('0');
    this.log.push(`sum ${self.call.sum(2, 3)}`);
  }

  moveNow(to: number): void {
    this.migrateTo(to);
  }

  /** Asks itself to move in the middle of a method: not before it ends. */
  moveInside(): number {
    const before = this.charm.pe;
    this.self.moveNow((before + 1) % this.charm.pes);
    this.log.push('still here');
    return this.charm.pe === before ? this.log.length : -1;
  }

  where(): number {
    return this.charm.pe;
  }

  readLog(): readonly string[] {
    return this.log;
  }
}

/** One desk on a PE of its own choice. */
function withDesk(action: (desk: ArrayProxy<Desk, number>, charm: Charm) => Promise<void>): {
  Desk: typeof Desk;
  main: Main;
} {
  const main: Main = async (charm) => {
    await action(await charm.array(Desk, { size: charm.pes }), charm);
    charm.exit();
  };
  return { Desk, main };
}

describe('attributes of entry methods', () => {
  it('rank messages, unless the proxy ranks them; inline and local ones run inside the call', async () => {
    await run(
      withDesk(async (desks) => {
        await desks.at(0).ask.script();
        await desks.at(0).ask.plain('last');
        assert.deepEqual(await desks.at(0).ask.readLog(), ['0', 'sum 5', '1', '1b', '2', '3', 'last']);
      }),
      inOrder,
    );
  });

  it('rank callbacks too', async () => {
    await run(
      withDesk(async (desks) => {
        const desk = desks.at(0);
        desk.callback.plain.send('3');
        desk.callback.urgent.send('2');
        desk.callback.first.send('1');
        await desk.ask.plain('last');
        assert.deepEqual(await desk.ask.readLog(), ['1', '2', '3', 'last']);
      }),
      inOrder,
    );
  });

  for (const schedule of someSchedules) {
    it(`whenIdle methods run again while they return true, and the job is not quiescent before [${JSON.stringify(schedule)}]`, () =>
      run(
        withDesk(async (desks, charm) => {
          desks.at(charm.pes - 1).later(3);
          await charm.quiescence();
          const log = await desks.at(charm.pes - 1).ask.readLog();
          assert.deepEqual(log, ['idle 1', 'idle 2', 'idle 3']);
        }),
        schedule,
      ));

    it(`an element does not move inside an inline call of its own method [${JSON.stringify(schedule)}]`, () =>
      run(
        withDesk(async (desks, charm) => {
          assert.equal(await desks.at(0).ask.moveInside(), 1);
          assert.equal(await desks.at(0).ask.where(), 1 % charm.pes);
        }),
        schedule,
      ));
  }

  it('an error of a local method goes to its caller', () =>
    run(
      withDesk(async (desks) => {
        assert.throws(() => desks.at(0).call.never(), /thrown to the caller/);
        await Promise.resolve();
      }),
      inOrder,
    ));

  it('a local method is called where its chare is, and gets no messages', async () => {
    const elsewhere = await runToFailure(withDesk(async (desks) => void desks.at(1).call.sum(1, 2)));
    assert.match(elsewhere.message, /Desk\[1\]\.sum is local, and Desk\[1\] is not on PE 0/);
    const told = await runToFailure(withDesk(async (desks) => desks.at(0).sum(1, 2)));
    assert.match(told.message, /Desk\[0\]\.sum is local: .* can't send it a message/);
    const all = await runToFailure(withDesk(async (desks) => desks.all.sum(1, 2)));
    assert.match(all.message, /Desk\.sum is local/);
    const plain = await runToFailure(withDesk(async (desks) => desks.at(0).call.plain('x')));
    assert.match(plain.message, /Desk\[0\]\.plain can't be called directly/);
  });

  const refused: readonly (readonly [string, object, RegExp])[] = [
    ['inline and when', { plain: { inline: true, when: () => true } }, /may have to wait can't be inline/],
    ['immediate and awaited', { plain: { immediate: true, awaited: true } }, /may have to wait can't be immediate/],
    ['local and priority', { plain: { local: true, priority: 1 } }, /a local method gets no messages/],
    ['whenIdle and exclusive', { plain: { whenIdle: true, exclusive: true } }, /whenIdle goes with no other condition/],
    ['create and a word', { plain: { create: 'there' } }, /create must be 'home' or 'here', not "there"/],
    ['create and a constructor with parameters', { plain: { create: 'home' } }, /constructor of Bad needs 1/],
    ['an unknown one', { plain: { inlined: true } }, /no attribute inlined; there are when/],
  ];
  for (const [what, entries, message] of refused) {
    it(`are refused that make no sense [${what}]`, async () => {
      class Bad extends Chare {
        static readonly entries = entries;
        readonly size: number;
        constructor(size: number) {
          super();
          this.size = size;
        }
        plain(): void {}
      }
      const main: Main = async (charm) => charm.exit();
      assert.match((await runToFailure({ Bad, main })).message, message);
    });
  }
});

export class Born extends Chare<number> {
  static readonly entries: Entries<Born> = { hereOnly: { create: 'here' }, home: { create: 'home' } };

  hereOnly(from: number): boolean {
    return this.charm.pe === from;
  }

  home(): number {
    return this.charm.pe;
  }
}

export class Asker extends Chare {
  async probe(born: ArrayProxy<Born, number>): Promise<boolean> {
    return born.at(1000 + this.index).ask.hereOnly(this.charm.pe);
  }
}

describe('create as an attribute', () => {
  for (const schedule of someSchedules) {
    it(`makes elements on the sender's PE or at home, and means nothing to dense arrays [${JSON.stringify(schedule)}]`, () =>
      run(
        {
          Born,
          Asker,
          main: async (charm: Charm) => {
            const born = await charm.array(Born, { indices: [] });
            await born.doneInserting();
            const askers = await charm.group(Asker);
            for (let pe = 0; pe < charm.pes; pe++) assert.equal(await askers.at(pe).ask.probe(born), true);
            const homes = await Promise.all([5, 6, 7].map((i) => born.at(i).ask.home()));
            assert(homes.every((pe) => pe < charm.pes));
            const dense = await charm.array(Born, { size: 2 });
            assert.equal(typeof (await dense.at(1).ask.hereOnly(0)), 'boolean');
            charm.exit();
          },
        },
        schedule,
      ));
  }
});

/** All attributes at once, on elements that wander: each message has its effect exactly once. */
export class Mixed extends Chare<number> {
  static readonly entries: Entries<Mixed> = {
    urgent: { priority: -1 },
    first: { expedited: true },
    now: { inline: true },
    alert: { immediate: true },
    alone: { exclusive: true },
    idle: { whenIdle: true },
    quiet: { notrace: true },
  };
  got = 0;
  private isAlone = false;
  private idleLeft = 2;

  urgent(): void {
    this._got();
  }
  first(): void {
    this._got();
  }
  now(): void {
    this._got();
  }
  alert(): void {
    this._got();
  }
  quiet(): void {
    this._got();
  }

  async alone(): Promise<void> {
    assert(!this.isAlone, 'two exclusive methods at once');
    this.isAlone = true;
    await this.self.ask.quiet();
    this.isAlone = false;
    this._got();
  }

  idle(): boolean {
    if (this.idleLeft-- > 0) return true;
    this._got();
    return false;
  }

  _got(): void {
    this.got++;
    if (this.charm.random() < 0.3) this.migrateTo(Math.floor(this.charm.random() * this.charm.pes));
  }

  spray(kinds: readonly (keyof typeof costs)[]): void {
    for (const kind of kinds) this.array.at(Math.floor(this.charm.random() * this.array.size))[kind]();
  }

  count(total: Future<number>): void {
    this.contribute(this.got, Reducer.sum, total);
  }
}

/** Calls of `_got` that each causes. */
const costs = { urgent: 1, first: 1, now: 1, alert: 1, quiet: 1, alone: 2, idle: 1 } as const;

describe('all attributes at once', () => {
  it('each message runs once, wherever its chare moves', () =>
    check(
      fc.record({
        schedule: schedules,
        size: fc.integer({ min: 1, max: 6 }),
        kinds: fc.array(fc.constantFrom(...(Object.keys(costs) as (keyof typeof costs)[])), { maxLength: 12 }),
      }),
      async ({ schedule, size, kinds }) => {
        const main: Main = async (charm) => {
          const mixed = await charm.array(Mixed, { size });
          for (let i = 0; i < size; i++) mixed.at(i).spray(kinds);
          await charm.quiescence();
          const total = charm.future<number>();
          mixed.all.count(total);
          const expected = size * kinds.reduce((sum, kind) => sum + costs[kind], 0);
          assert.equal(await total.get(), expected);
          charm.exit();
        };
        await run({ Mixed, main }, schedule);
      },
      { runs: 60 },
    ));
});
