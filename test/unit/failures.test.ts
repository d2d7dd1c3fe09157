/** What ends a job before its time, and what the report of it says. In one thread. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  Chare,
  type Charm,
  CharmError,
  EntryError,
  type Future,
  placement,
  Reducer,
  readonly,
  reducer,
  StuckError,
  UsageError,
} from 'charm4ts';
import { runInThread } from '../../launch/in-thread.ts';
import { run, runToFailure, someSchedules } from '../support/schedule.ts';

class Worker extends Chare {
  work(): void {}
  fail(): void {
    throw new RangeError('too far');
  }
  async failLater(): Promise<void> {
    await this.charm.sleep(0);
    throw new RangeError('too far, later');
  }
  throwNull(): void {
    throw null;
  }
  contributeSum(target: Future<number>): void {
    this.contribute(1, Reducer.sum, target);
  }
  contributeOnce(target: Future<number>): void {
    if (this.index !== 1) this.contribute(1, Reducer.sum, target);
  }
  disagree(target: Future<number>): void {
    this.contribute(this.index, this.index === 0 ? Reducer.sum : Reducer.max, target);
  }
  waitFor(future: Future<number>): Promise<number> {
    return future.get();
  }
  async waitForEver(): Promise<void> {
    await this.charm.future().get();
  }
}

/** The error of a job whose main is this; `exports` are the program's others. */
function failureOf(main: (charm: Charm) => unknown, exports: Record<string, unknown> = { Worker }): Promise<Error> {
  return runToFailure({ main, ...exports });
}

/** What `main` was thrown by a call. */
async function thrownBy(
  call: (charm: Charm) => unknown,
  exports: Record<string, unknown> = { Worker },
): Promise<CharmError> {
  let thrown: unknown;
  const main = async (charm: Charm): Promise<void> => {
    try {
      await call(charm);
    } catch (error) {
      thrown = error;
    }
    charm.exit();
  };
  await run({ main, ...exports }, { pes: 2, pesPerNode: 2, seed: 1, shuffle: false });
  assert(thrown instanceof CharmError, `${String(call)} threw ${String(thrown)}`);
  return thrown;
}

describe('an uncaught exception', () => {
  for (const entry of ['fail', 'failLater', 'throwNull'] as const) {
    it(`in an entry method ends the job, naming chare, index, entry and PE (${entry})`, async () => {
      const error = await failureOf(async (charm) => {
        const workers = await charm.array(Worker, { size: 4 });
        workers.at(3)[entry]();
      });
      assert(error instanceof EntryError);
      assert.equal(error.code, 'ERR_ENTRY_FAILED');
      assert.deepEqual(error.place, { pe: 1, chare: 'Worker[3]', entry });
      if (entry !== 'throwNull') assert((error.cause as Error) instanceof RangeError);
    });
  }

  it('in a constructor ends the job, naming the chare', async () => {
    class Broken extends Chare<[number, number]> {
      constructor() {
        super();
        if (this.index[1] === 1) throw new RangeError('no');
      }
    }
    const error = await failureOf((charm) => charm.array(Broken, { size: [2, 2], map: 'roundRobin' }), { Broken });
    assert(error instanceof EntryError);
    assert.equal(error.code, 'ERR_CONSTRUCTOR_FAILED');
    assert.deepEqual(error.place, { pe: 1, chare: 'Broken[0, 1]', entry: 'constructor' });
  });

  it('in main ends the job, thrown at once or later', async () => {
    for (const main of [
      () => {
        throw new RangeError('main');
      },
      async (charm: Charm) => {
        await charm.sleep(0);
        throw new RangeError('main');
      },
    ]) {
      const error = await failureOf(main);
      assert.equal((error as CharmError).code, 'ERR_MAIN_FAILED');
      assert((error.cause as Error) instanceof RangeError);
    }
  });

  it('under `ask` rejects the caller and the job goes on', async () => {
    for (const schedule of someSchedules) {
      const main = async (charm: Charm): Promise<void> => {
        const workers = await charm.array(Worker, { size: 4 });
        for (let i = 0; i < 4; i++) {
          await assert.rejects(workers.at(i).ask.fail(), /too far/);
          await assert.rejects(workers.at(i).ask.failLater(), /too far, later/);
          await assert.rejects(workers.at(i).ask.throwNull());
          await workers.at(i).ask.work();
        }
        charm.exit();
      };
      await run({ main, Worker }, schedule);
    }
  });

  it('that came through `ask` and is not caught ends the job at the caller', async () => {
    const error = await failureOf(async (charm) => {
      await (await charm.chare(Worker)).ask.fail();
    });
    assert.equal((error as CharmError).code, 'ERR_MAIN_FAILED');
    assert.match(error.message, /too far/);
  });

  it('in a placement or a reducer ends the job', async () => {
    const bad = placement<number>('bad', () => 99);
    const onPlacement = await failureOf((charm) => charm.array(Worker, { size: 2, map: bad }), { Worker, bad });
    assert.match(onPlacement.message + String(onPlacement.cause), /bad.*PE 99/s);
    const worst = reducer<number>('worst', {
      merge: () => {
        throw new RangeError('merge');
      },
    });
    class Voter extends Chare {
      vote(future: Future<number>): void {
        this.contribute(1, worst, future);
      }
    }
    const onReducer = await failureOf(
      async (charm) => {
        (await charm.array(Voter, { size: 4 })).all.vote(charm.future<number>());
      },
      { Voter, worst },
    );
    assert.match(`${onReducer.message} ${String(onReducer.cause)}`, /merge|worst/);
  });
});

describe('the end of a job', () => {
  it('has the exit code that exit was given, and no error', async () => {
    for (const code of [0, 3]) {
      const result = await runInThread({ program: { main: (charm: Charm) => charm.exit(code) }, pes: 2 });
      assert.equal(result.exitCode, code);
      assert.equal(result.error, undefined);
    }
  });

  it('can be brought about by any chare, and by a callback', async () => {
    class Ender extends Chare {
      end(): void {
        this.charm.exit(7);
      }
      contributeExit(): void {
        this.contribute(2, Reducer.sum, this.charm.exitCallback);
      }
    }
    const program = (entry: 'end' | 'contributeExit') => ({
      main: async (charm: Charm): Promise<void> => {
        (await charm.group(Ender)).all[entry]();
      },
      Ender,
    });
    assert.equal((await runInThread({ program: program('end'), pes: 3 })).exitCode, 7);
    assert.equal((await runInThread({ program: program('contributeExit'), pes: 3 })).exitCode, 6);
  });

  it('drops what is still queued', async () => {
    let ran = 0;
    class Late extends Chare {
      endFirst(): void {
        this.charm.exit();
        this.self.run();
      }
      run(): void {
        ran++;
      }
    }
    const main = async (charm: Charm): Promise<void> => {
      const late = await charm.chare(Late, { onPe: 0 });
      late.endFirst();
      for (let i = 0; i < 10; i++) late.run();
    };
    await run({ main, Late }, { pes: 1, pesPerNode: 1, seed: 1, shuffle: false });
    assert.equal(ran, 0);
  });

  it('with abort is a failure with that report', async () => {
    const error = await failureOf((charm) => charm.abort('out of cheese'));
    assert.equal((error as CharmError).code, 'ERR_ABORTED');
    assert.match(error.message, /out of cheese/);
    const cause = new RangeError('inner');
    assert.equal((await failureOf((charm) => charm.abort(cause))).cause, cause);
  });
});

describe('a job that is stuck', () => {
  async function stuck(
    main: (charm: Charm) => unknown,
    exports: Record<string, unknown> = { Worker },
  ): Promise<string> {
    const error = await failureOf(main, exports);
    assert(error instanceof StuckError, String(error));
    assert.equal(error.code, 'ERR_STUCK');
    return error.message;
  }

  it('because exit was forgotten says so', async () => {
    assert.match(await stuck(() => {}), /charm\.exit/);
  });

  it('on a future or an answer names who waits, and where', async () => {
    assert.match(await stuck((charm) => charm.future().get()), /future/);
    const waits = await stuck(async (charm) => {
      (await charm.array(Worker, { size: 4 })).at(3).waitForEver();
    });
    assert.match(waits, /Worker\[3\]\.waitForEver on PE 1 waits for a future/);
    const asks = await stuck(async (charm) => {
      await (await charm.array(Worker, { size: 4 })).at(2).ask.waitForEver();
    });
    assert.match(asks, /answer of Worker\[2\]\.waitForEver/);
  });

  it('on a reduction names an element that has not contributed', async () => {
    const message = await stuck(async (charm) => {
      (await charm.array(Worker, { size: 4 })).all.contributeOnce(charm.future<number>());
    });
    assert.match(message, /reduction 1 of Worker/);
    assert.match(message, /Worker\[1\]/);
  });

  it('on elements that do not exist names them, and on insertion that has not ended says so', async () => {
    const messages = await stuck(async (charm) => {
      const array = await charm.array(Worker, { indices: [1] });
      array.at(77).work();
    });
    assert.match(messages, /1 message.*Worker\[77\]/);
    const inserting = await stuck(async (charm) => {
      const array = await charm.array(Worker, { indices: [] as number[] });
      array.insert(0);
      array.at(0).contributeSum(charm.future<number>());
    });
    assert.match(inserting, /doneInserting/);
  });
});

describe('wrong use', () => {
  it('of what the program does not export is refused, naming it and the word export', async () => {
    class Hidden extends Chare {}
    const hiddenMap = placement<number>('hiddenMap', () => 0);
    const hiddenReadonly = readonly<number>();
    for (const call of [
      (charm: Charm) => charm.array(Hidden, { size: 1 }),
      (charm: Charm) => charm.group(Hidden),
      (charm: Charm) => charm.spawn(Hidden),
      (charm: Charm) => charm.array(Worker, { size: 1, map: hiddenMap }),
      (charm: Charm) => charm.set(hiddenReadonly, 1),
    ]) {
      const error = await thrownBy(call);
      assert.equal(error.code, 'ERR_NOT_EXPORTED');
      assert.match(error.message, /export/);
    }
    assert.match((await thrownBy((charm) => charm.group(Hidden))).message, /Hidden/);
  });

  it('of an unexported reducer is refused', async () => {
    const hidden = reducer<number>('hidden', { merge: (a, b) => a + b });
    class Voter extends Chare {
      vote(future: Future<number>): void {
        this.contribute(1, hidden, future);
      }
    }
    const error = await failureOf(
      async (charm) => {
        (await charm.array(Voter, { size: 4 })).all.vote(charm.future<number>());
      },
      { Voter },
    );
    assert.match(`${error.message} ${String(error.cause)}`, /hidden.*export/s);
  });

  it('of indices is thrown at the call', async () => {
    for (const call of [
      async (charm: Charm) => (await charm.array(Worker, { size: 3 })).at(3),
      async (charm: Charm) => (await charm.array(Worker, { size: 3 })).at(-1).work(),
      async (charm: Charm) => (await charm.group(Worker)).at(2),
      async (charm: Charm) => (await charm.nodeGroup(Worker)).at(1),
    ]) {
      const error = await thrownBy(call);
      assert(error instanceof UsageError);
      assert.equal(error.code, 'ERR_INDEX_OUT_OF_RANGE');
      assert.match(error.message, /Worker/);
    }
  });

  it('of sizes, maps, PEs and priorities is thrown at the call', async () => {
    const oneWorker = { indices: [1] };
    for (const call of [
      (charm: Charm) => charm.array(Worker, { size: 0 }),
      (charm: Charm) => charm.array(Worker, { size: 1.5 }),
      (charm: Charm) => charm.array(Worker, { size: [1, 1, 1, 1, 1, 1, 1] as never }),
      (charm: Charm) => charm.array(Worker, { size: [] as never }),
      (charm: Charm) => charm.array(Worker, { ...oneWorker, map: 'block' }),
      (charm: Charm) => charm.chare(Worker, { onPe: 2 }),
      (charm: Charm) => charm.spawn(Worker, { onPe: -1 }),
      (charm: Charm) => charm.spawn(Worker, { priority: 0.5 }),
      async (charm: Charm) => (await charm.chare(Worker)).with({ priority: 2 ** 31 }),
      async (charm: Charm) => (await charm.array(Worker, oneWorker)).insert(2, { onPe: 9 }),
      async (charm: Charm) => (await charm.array(Worker, { size: 2 })).insert(2),
      async (charm: Charm) => (await charm.array(Worker, { size: 2 })).doneInserting(),
    ]) {
      const error = await thrownBy(call);
      assert(error instanceof UsageError, `${String(call)}: ${error.name}`);
    }
  });

  it('of a value that cannot be sent is thrown at the call, naming its place', async () => {
    class Taker extends Chare {
      take(_value: unknown): void {}
    }
    const error = await thrownBy(async (charm) => (await charm.chare(Taker, { onPe: 1 })).take({ inner: [() => 1] }), {
      Taker,
    });
    assert.equal(error.code, 'ERR_NOT_ENCODABLE');
    assert.match(error.message, /argument 1 of Taker\.take.*inner\[0\]/);
  });

  it('of a future on another PE is refused', async () => {
    const error = await thrownBy(async (charm) => {
      await (await charm.chare(Worker, { onPe: 1 })).ask.waitFor(charm.future<number>());
    });
    assert.match(error.message, /PE 0.*PE 1/);
  });

  it('of readonlies after the first creation, or before they are set, is refused', async () => {
    const value = readonly<number>();
    assert.match((await thrownBy((charm) => charm.get(value), { value })).message, /never set/);
    const late = async (charm: Charm): Promise<void> => {
      await charm.chare(Worker);
      charm.set(value, 1);
    };
    assert.match((await thrownBy(late, { Worker, value })).message, /too late/);
  });

  it('of a chare made with `new` is refused when it is used', () => {
    assert.throws(() => new Worker().charm, UsageError);
  });

  it('of one index twice ends the job, also if the two are on different PEs', async () => {
    for (const onPe of [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ] as const) {
      const error = await failureOf(async (charm) => {
        const array = await charm.array(Worker, { indices: [1] });
        array.insert(2, { onPe: onPe[0] });
        array.insert(2, { onPe: onPe[1] });
        await charm.quiescence();
        charm.exit();
      });
      assert.match(
        `${(error as CharmError).code} ${String((error.cause as CharmError | undefined)?.code)}`,
        /ERR_DUPLICATE_ELEMENT/,
      );
    }
    const listed = await thrownBy((charm) => charm.array(Worker, { indices: [1, 2, 1] }));
    assert.equal(listed.code, 'ERR_DUPLICATE_ELEMENT');
  });

  it('of different reducers in one reduction ends the job, whether the elements share a PE or not', async () => {
    for (const size of [2, 4]) {
      const error = await failureOf(async (charm) => {
        (await charm.array(Worker, { size })).all.disagree(charm.future<number>());
      });
      const codes = `${(error as CharmError).code} ${String((error.cause as CharmError | undefined)?.code)}`;
      assert.match(codes, /ERR_REDUCTION_MISMATCH/, `${size} elements`);
    }
  });

  it('of a program without main, or with a method name that proxies need, is the error of the job', async () => {
    const noMain = await runInThread({ program: { Worker }, pes: 1 }).catch((error: unknown) => ({ error }));
    assert.equal((noMain.error as CharmError).code, 'ERR_PROGRAM');
    class Asker extends Chare {}
    Object.defineProperty(Asker.prototype, 'ask', { value: () => {} });
    const taken = await runInThread({ program: { main: () => {}, Asker }, pes: 1 }).catch((error: unknown) => ({
      error,
    }));
    assert.match((taken.error as Error).message, /Asker\.ask/);
  });
});
