/** What requests and held messages promise, one sentence at a time, under several schedules. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ArrayProxy, Chare, type Charm, type Entries, together } from 'charm4ts';
import { run, runToFailure, someSchedules } from '../support/schedule.ts';

class Log extends Chare {
  readonly lines: string[] = [];

  report(): string[] {
    return this.lines;
  }

  _say(line: string): void {
    this.lines.push(line);
  }
}

/** Runs `script` in one chare of `chareClass` under several schedules, and compares what it has said. */
function says<C extends Log>(
  chareClass: new () => C,
  script: (charm: Charm, chare: ArrayProxy<C, number>) => Promise<void> | void,
  expected: readonly string[],
): () => Promise<void> {
  return async () => {
    for (const schedule of someSchedules) {
      const main = async (charm: Charm): Promise<void> => {
        const chares = await charm.array(chareClass, { size: 1 } as never);
        await script(charm, chares as never);
        await charm.quiescence();
        const { ask } = (chares as unknown as ArrayProxy<Log, number>).at(0);
        assert.deepEqual(await ask.report(), expected, JSON.stringify(schedule));
        charm.exit();
      };
      await run({ main, [chareClass.name]: chareClass }, schedule);
    }
  };
}

class Waiter extends Log {
  static readonly entries: Entries<Waiter> = {
    a: { awaited: true },
    b: { awaited: true },
    gate: { when: (self) => self.isOpen },
    exclusive: { exclusive: true },
  };
  isOpen = false;

  a(n: number): string {
    return `a${n}`;
  }

  b(n: number): string {
    if (n < 0) throw new RangeError('below 0');
    return `b${n}`;
  }

  gate(n: number): void {
    this._say(`gate ${n}`);
  }

  /** Loses no message to a race that another has won. */
  async race(): Promise<void> {
    for (let i = 0; i < 2; i++) this._say(await Promise.race([this.when.a(), this.when.b()]));
    this._say(await this.when.b());
  }

  async any(): Promise<void> {
    this._say(await Promise.any([this.when.a(), this.when.b()]));
    this._say(await this.when.b());
  }

  /** The pair takes nothing before it is complete. */
  async pair(): Promise<void> {
    const pair = together(this.when.a(1), this.when.b(1)).then((both) => this._say(both.join('+')));
    this._say(await this.when.a());
    this.self.a(1);
    await pair;
  }

  /** `case` of a pair and a single message: a part of the pair does not count. */
  async case(): Promise<void> {
    const both = together(this.when.a(1), this.when.b(1)).then(() => 'both');
    void both;
    this._say(await Promise.race([together(this.when.a(1), this.when.b(2)), this.when.b(3)]).then(String));
    this.self.b(1);
  }

  async failing(): Promise<void> {
    await assert.rejects(this.when.b(-1), /below 0/);
    await assert.rejects(
      this.when.a(() => {
        throw new Error('no');
      }),
      /no/,
    );
    this._say('failed twice');
    this._say(await this.when.a());
  }

  /** Opens the gate behind an await, unseen by the scheduler. */
  async open(): Promise<void> {
    await this.charm.sleep(1);
    this.isOpen = true;
    await this.charm.sleep(1);
    this._say('open');
  }

  openNow(): void {
    this.isOpen = true;
    this._say('open');
  }

  /** In a callback that the scheduler does not know. */
  openLater(): void {
    void this.charm.sleep(1).then(() => {
      this.isOpen = true;
      this.self.gate(3);
    });
  }

  async exclusive(n: number): Promise<void> {
    this._say(`begin ${n}`);
    await this.charm.sleep(1);
    this._say(`end ${n}`);
  }
}

describe('requests', () => {
  it(
    'in a race: the loser takes nothing',
    says(
      Waiter,
      async (_charm, waiters) => {
        const waiter = waiters.at(0);
        waiter.race();
        waiter.b(1);
        waiter.b(2);
        waiter.b(3);
      },
      ['b1', 'b2', 'b3'],
    ),
  );

  it(
    'in a race, when several could be granted: the first takes its message, the others nothing',
    says(
      Waiter,
      async (_charm, waiters) => {
        const waiter = waiters.at(0);
        waiter.b(1);
        waiter.a(1);
        waiter.a(2);
        waiter.race();
      },
      ['a1', 'a2', 'b1'],
    ),
  );

  it(
    'in Promise.any: the loser takes nothing',
    says(
      Waiter,
      (_charm, waiters) => {
        const waiter = waiters.at(0);
        waiter.any();
        waiter.a(1);
        waiter.b(2);
      },
      ['a1', 'b2'],
    ),
  );

  it(
    'together take all or nothing',
    says(
      Waiter,
      (_charm, waiters) => {
        const waiter = waiters.at(0);
        waiter.pair();
        waiter.a(1);
        waiter.b(1);
      },
      ['a1', 'a1+b1'],
    ),
  );

  it(
    'in a race of pairs: what a pair lacks keeps it from winning, and what it has stays for others',
    says(
      Waiter,
      (_charm, waiters) => {
        const waiter = waiters.at(0);
        waiter.case();
        waiter.a(1);
        waiter.b(3);
      },
      ['b3'],
    ),
  );

  it(
    'reject with the error of the method or of the condition, and leave what they have not taken',
    says(
      Waiter,
      (_charm, waiters) => {
        const waiter = waiters.at(0);
        waiter.failing();
        waiter.b(-1);
        waiter.a(7);
      },
      ['failed twice', 'a7'],
    ),
  );
});

describe('a held message', () => {
  it(
    'runs when an async method changes the state behind an await',
    says(
      Waiter,
      (_charm, waiters) => {
        const waiter = waiters.at(0);
        waiter.gate(1);
        waiter.gate(2);
        waiter.open();
      },
      ['gate 1', 'gate 2', 'open'],
    ),
  );

  it(
    'runs after the entry method that has changed the state',
    says(
      Waiter,
      (_charm, waiters) => {
        const waiter = waiters.at(0);
        waiter.gate(1);
        waiter.gate(2);
        waiter.openNow();
      },
      ['open', 'gate 1', 'gate 2'],
    ),
  );

  it(
    'runs before a later one that may run, too',
    says(
      Waiter,
      (_charm, waiters) => {
        const waiter = waiters.at(0);
        waiter.gate(1);
        waiter.gate(2);
        waiter.openLater();
      },
      ['gate 1', 'gate 2', 'gate 3'],
    ),
  );

  it(
    'for an exclusive method waits until the one before has ended',
    says(
      Waiter,
      (_charm, waiters) => {
        for (let n = 1; n <= 3; n++) waiters.at(0).exclusive(n);
      },
      ['begin 1', 'end 1', 'begin 2', 'end 2', 'begin 3', 'end 3'],
    ),
  );

  it('is named when the job is stuck', async () => {
    const main = async (charm: Charm): Promise<void> => {
      const waiters = await charm.array(Waiter, { size: 2 });
      waiters.at(1).gate(1);
      waiters.at(1).gate(2);
      waiters.at(0).a(1);
      waiters.at(0).failing();
    };
    const { message } = await runToFailure({ main, Waiter });
    assert.match(message, /2 messages wait for Waiter\[1\]\.gate on PE 1: its condition `when` does not hold/);
    assert.match(message, /1 message waits for Waiter\[0\]\.a on PE 0: no this\.when takes them/);
    assert.match(message, /Waiter\[0\]\.failing on PE 0 waits for a message for Waiter\[0\]\.b\(-1\)/);
  });

  it('of an element that ends waits for its successor', async () => {
    class Mortal extends Chare<number> {
      static readonly entries: Entries<Mortal> = { gate: { when: (self) => self.isOpen } };
      readonly isOpen: boolean;

      constructor(isOpen: boolean) {
        super();
        this.isOpen = isOpen;
      }

      gate(): string {
        return 'through';
      }

      die(): void {
        this.destroy();
      }
    }
    for (const schedule of someSchedules) {
      const main = async (charm: Charm): Promise<void> => {
        const mortals = await charm.array(Mortal, { indices: [1], args: [false] });
        const answer = mortals.at(1).ask.gate();
        await mortals.at(1).ask.die();
        mortals.insert(1, { args: [true] });
        assert.equal(await answer, 'through');
        charm.exit();
      };
      await run({ main, Mortal }, schedule);
    }
  });

  it('whose condition throws ends the job, and the report says where', async () => {
    class Bad extends Chare<number> {
      static readonly entries: Entries<Bad> = {
        gate: {
          when: () => {
            throw new Error('oh');
          },
        },
      };
      gate(): void {}
    }
    const main = async (charm: Charm): Promise<void> => {
      (await charm.array(Bad, { size: 2 })).at(1).gate();
    };
    const error = await runToFailure({ main, Bad });
    assert.match(error.message, /oh/);
    assert.match(JSON.stringify(error), /entries\.gate\.when/);
  });
});
