/** Timers of chares: in virtual time, where their times can be checked, and in any order of messages. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ArrayProxy, Chare, type Charm, type Future, Reducer, type Timer } from 'charm4ts';
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

export class Clock extends Chare<number> {
  readonly ticks: number[] = [];
  timer: Timer | undefined;
  private startedAt = 0;
  private left = 0;

  startOnce(ms: number): void {
    this.startedAt = this.charm.now();
    this.timer = this.sendAfter(ms).tick();
  }

  startEvery(ms: number, times: number, isWandering: boolean): void {
    this.startedAt = this.charm.now();
    this.left = times;
    this.timer = this.sendEvery(ms).count(isWandering);
  }

  tick(): void {
    this.ticks.push((this.charm.now() - this.startedAt) * 1000);
  }

  count(isWandering: boolean): void {
    this.tick();
    if (--this.left === 0) this.timer!.cancel();
    else if (isWandering) this.migrateTo((this.charm.pe + 1) % this.charm.pes);
  }

  busy(ms: number): void {
    this.charm.work(ms / 1000);
  }

  move(): void {
    this.migrateTo((this.charm.pe + 1) % this.charm.pes);
  }

  stop(): boolean {
    const wasActive = this.timer!.isActive;
    this.timer!.cancel();
    return wasActive && !this.timer!.isActive;
  }

  giveTimer(): Timer | undefined {
    return this.timer;
  }

  isOver(): boolean {
    return !this.timer!.isActive;
  }

  read(): readonly number[] {
    return this.ticks;
  }
}

function withClocks(action: (clocks: ArrayProxy<Clock, number>, charm: Charm) => Promise<void>): Program {
  const main: Main = async (charm) => {
    await action(await charm.array(Clock, { size: charm.pes + 1 }), charm);
    charm.exit();
  };
  return { Clock, main };
}

const virtual: Schedule = { pes: 3, pesPerNode: 1, seed: 1, shuffle: false, network: 'shared-memory' };
const near = (found: readonly number[], expected: readonly number[]): void => {
  assert.equal(found.length, expected.length, String(found));
  // Messages and moves take microseconds.
  for (const [i, ms] of expected.entries())
    assert(found[i]! >= ms && found[i]! < ms + 1, `${found} instead of ${expected}`);
};

describe('timers in virtual time', () => {
  it('fire after their time, and every time', () =>
    run(
      withClocks(async (clocks, charm) => {
        clocks.at(0).startOnce(25);
        clocks.at(1).startEvery(10, 3, false);
        await charm.sleep(100);
        near(await clocks.at(0).ask.read(), [25]);
        near(await clocks.at(1).ask.read(), [10, 20, 30]);
        assert.equal(await clocks.at(0).ask.isOver(), true);
        assert.equal(await clocks.at(1).ask.isOver(), true);
      }),
      virtual,
    ));

  it('go on with what is left of their time after a move', () =>
    run(
      withClocks(async (clocks, charm) => {
        clocks.at(0).startOnce(25);
        clocks.at(1).startEvery(10, 5, true);
        for (let i = 0; i < 4; i++) {
          await charm.sleep(5);
          clocks.at(0).move();
        }
        await charm.sleep(100);
        near(await clocks.at(0).ask.read(), [25]);
        near(await clocks.at(1).ask.read(), [10, 20, 30, 40, 50]);
      }),
      virtual,
    ));

  it('do not pile up on a busy PE', () =>
    run(
      withClocks(async (clocks, charm) => {
        await clocks.at(1).ask.startEvery(10, 3, false);
        clocks.at(1).busy(45);
        await charm.sleep(100);
        const ticks = await clocks.at(1).ask.read();
        assert.equal(ticks.length, 3);
        assert(ticks[0]! >= 45 && ticks[1]! >= ticks[0]!, String(ticks));
      }),
      virtual,
    ));

  it('send nothing any more once cancelled, also after a move', () =>
    run(
      withClocks(async (clocks, charm) => {
        for (const i of [0, 1]) clocks.at(i).startOnce(20);
        clocks.at(2).startEvery(20, 9, false);
        clocks.at(1).move();
        await charm.sleep(5);
        for (const i of [0, 1, 2]) assert.equal(await clocks.at(i).ask.stop(), true);
        await charm.sleep(50);
        for (const i of [0, 1, 2]) assert.deepEqual(await clocks.at(i).ask.read(), []);
      }),
      virtual,
    ));

  it('sleep rejects when its signal is aborted, and does not count any more', () =>
    run(
      withClocks(async (_clocks, charm) => {
        const stop = new AbortController();
        const sleep = charm.sleep(3_600_000, { signal: stop.signal });
        const start = charm.now();
        stop.abort(new RangeError('enough'));
        await assert.rejects(sleep, /enough/);
        await assert.rejects(charm.sleep(1, { signal: stop.signal }), /enough/);
        await charm.quiescence();
        assert(charm.now() - start < 1);
      }),
      virtual,
    ));
});

describe('timers', () => {
  for (const schedule of someSchedules) {
    it(`that fire once keep the job from being quiescent, periodic ones do not [${JSON.stringify(schedule)}]`, () =>
      run(
        withClocks(async (clocks, charm) => {
          await clocks.at(0).ask.startEvery(3_600_000, 9, false);
          clocks.at(charm.pes).startOnce(2);
          await charm.quiescence();
          assert.equal((await clocks.at(charm.pes).ask.read()).length, 1);
          assert.equal(await clocks.at(0).ask.stop(), true);
        }),
        schedule,
      ));
  }

  it('are cancelled by their chare only', async () => {
    const { message } = await runToFailure(
      withClocks(async (clocks) => {
        await clocks.at(2).ask.startOnce(1000);
        const timer = await clocks.at(2).ask.giveTimer();
        timer?.cancel();
      }),
    );
    assert.match(message, /a timer of Clock\[2\] can only be cancelled by Clock\[2\] itself/);
  });

  for (const ms of [-1, Number.NaN, 2 ** 31, Number.POSITIVE_INFINITY])
    it(`refuse a time that nobody can wait [${ms}]`, async () => {
      const { message } = await runToFailure(withClocks(async (_clocks, charm) => charm.sleep(ms)));
      assert.match(message, /sleep takes milliseconds, 0 to 2147483647, not/);
    });
});

/** Starts timers, moves, cancels, at random; counts what must have come. */
export class Wanderer extends Chare<number> {
  private readonly timers: Timer[] = [];
  private sent = 0;
  private came = 0;

  step(plan: readonly ('after' | 'cancel' | 'move' | 'hop')[]): void {
    const [first, ...others] = plan;
    if (first === undefined) return;
    if (first === 'after') {
      this.timers.push(this.sendAfter(Math.floor(this.charm.random() * 4)).ring(this.index));
      this.sent++;
    } else if (first === 'cancel') {
      const timer = this.timers.pop();
      if (timer?.isActive === true) this.sent--;
      timer?.cancel();
    } else if (first === 'move') this.migrateTo(Math.floor(this.charm.random() * this.charm.pes));
    if (first === 'hop') this.sendAfter(0).step(others);
    else this.self.step(others);
  }

  ring(index: number): void {
    assert.equal(index, this.index);
    this.came++;
  }

  missing(total: Future<number>): void {
    this.contribute(Math.abs(this.sent - this.came), Reducer.sum, total);
  }
}

describe('timers of chares that move and cancel', () => {
  it('fire exactly once unless cancelled, and quiescence waits for them', () =>
    check(
      fc.record({
        schedule: schedules,
        size: fc.integer({ min: 1, max: 5 }),
        plan: fc.array(fc.constantFrom('after', 'after', 'cancel', 'move', 'hop'), { maxLength: 14 }),
      }),
      async ({ schedule, size, plan }) => {
        const main: Main = async (charm) => {
          const all = await charm.array(Wanderer, { size });
          for (let i = 0; i < size; i++) all.at(i).step(plan as Parameters<Wanderer['step']>[0]);
          await charm.quiescence();
          const total = charm.future<number>();
          all.all.missing(total);
          assert.equal(await total.get(), 0);
          charm.exit();
        };
        await run({ Wanderer, main }, schedule);
      },
      { runs: 40 },
    ));
});
