/** Each checker finds what it is for, in events made by hand, and nothing where all is well. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Chare, type Charm, Reducer } from 'charm4ts';
import {
  BalancingChecker,
  ChannelChecker,
  type Checker,
  DeliveryChecker,
  ExistenceChecker,
  ForwardingChecker,
  HomeChecker,
  LeftoverChecker,
  LimitChecker,
  NonOvertakingChecker,
  QuiescenceChecker,
  RecoveryChecker,
  ReductionChecker,
  runSimulated,
  type TraceSink,
} from 'charm4ts/sim';
import type { LbStep } from '../../core/balance/balancing.ts';
import type { ElementRecord } from '../../core/chare/element.ts';
import type { EntryMethod } from '../../core/message/entry-table.ts';
import type { Pe } from '../../core/pe/pe.ts';

interface Place {
  readonly key: number;
  readonly epoch?: number;
}

const boundSet: { first?: unknown } = {};
const collection = { id: 9, boundSet, labelOf: (key: unknown) => `Cell[${String(key)}]` };
boundSet.first = collection;

function element({ key, epoch = 0 }: Place): ElementRecord {
  return { collection, key, epoch, label: `Cell[${key}]` } as unknown as ElementRecord;
}

const entry = { name: 'run' } as EntryMethod;
const cell = element({ key: 3 });
const other = element({ key: 4 });

/** The sink of a PE; every event is there. */
function sinks(checker: Checker): (pe: number) => Required<TraceSink> {
  const made = new Map<number, Required<TraceSink>>();
  return (pe) => {
    const sink = made.get(pe) ?? (checker.sinkOf!(pe) as Required<TraceSink>);
    made.set(pe, sink);
    return sink;
  };
}

function finds(checker: Checker, message: RegExp): void {
  assert.equal(checker.violations.length, 1, checker.violations.join('\n'));
  assert.match(checker.violations[0]!, message);
}

function findsNothing(checker: Checker): void {
  assert.deepEqual(checker.violations, []);
}

function sent(checker: Checker, pe: number, event: number): void {
  sinks(checker)(pe).sent(event, cell.collection, cell.key, entry, undefined, 0);
}

function begun(checker: Checker, pe: number, source: number, event: number, on = cell): void {
  sinks(checker)(pe).begin(on, entry, source, event);
}

describe('I1', () => {
  it('finds a message that begins twice, and one that was never sent', () => {
    const twice = new DeliveryChecker();
    sent(twice, 0, 1);
    begun(twice, 1, 0, 1);
    findsNothing(twice);
    begun(twice, 1, 0, 1);
    finds(twice, /message 0:1\) has begun before/);
    const never = new DeliveryChecker();
    begun(never, 1, 0, 2);
    finds(never, /message 0:2\) was never sent/);
  });

  it('finds a broadcast that an element hears twice', () => {
    const checker = new DeliveryChecker();
    sinks(checker)(0).broadcast(1, cell.collection, entry, undefined);
    begun(checker, 0, 0, 1);
    begun(checker, 1, 0, 1, other);
    findsNothing(checker);
    begun(checker, 1, 0, 1);
    finds(checker, /broadcast run of Cell\[3\]/);
  });
});

it('I2 finds a message that is left out', () => {
  const checker = new ChannelChecker();
  const sink = sinks(checker)(0);
  sink.channelTaken(cell, 'a', 0);
  sink.channelTaken(cell, 'b', 0);
  sink.channelTaken(cell, 'a', 1);
  findsNothing(checker);
  sink.channelTaken(cell, 'a', 3);
  finds(checker, /takes message 3 after 1/);
});

describe('I3', () => {
  it('finds an element in two places, and one that arrives without having left', () => {
    const checker = new ExistenceChecker();
    const at = sinks(checker);
    at(0).created(cell);
    at(0).left(cell, 1, 100);
    at(1).arrived(cell, 0, 100);
    findsNothing(checker);
    at(2).arrived(cell, 0, 100);
    finds(checker, /Cell\[3\] arrives on PE 2, but was on PE 1/);
  });

  it('finds births and deaths that do not add up', () => {
    const checker = new ExistenceChecker();
    sinks(checker)(0).created(cell);
    checker.ended({ pes: [], isClean: true });
    finds(checker, /births minus deaths are 1, and there are 0 elements/);
  });
});

it('I4 finds a message that is passed on for ever', () => {
  const checker = new ForwardingChecker();
  const at = sinks(checker);
  at(0).left(cell, 1, 100);
  for (let pe = 0; pe < 3; pe++) at(pe).passedOn(cell.collection, cell.key, 7, 1, pe + 1);
  findsNothing(checker);
  at(0).passedOn(cell.collection, cell.key, 7, 1, 1);
  finds(checker, /has moved 1 times, is passed on 4 times/);
});

describe('I5', () => {
  const sum = Reducer.sum as unknown as Parameters<TraceSink['contributed']>[3];

  it('finds a missing contribution, a wrong sum, and an order that is broken', () => {
    const checks: readonly [contributions: number, result: number, message: RegExp][] = [
      [1, 5, /has 1 contributions of 2 elements/],
      [2, 6, /gives 6; what was contributed is 5/],
    ];
    for (const [contributions, result, message] of checks) {
      const checker = new ReductionChecker();
      const at = sinks(checker);
      at(0).contributed(cell, 1, 2, sum);
      at(1).contributed(other, 1, 3, sum);
      at(0).reduced(cell.collection, 1, contributions, result);
      finds(checker, message);
    }
    const order = new ReductionChecker();
    sinks(order)(0).reduced(cell.collection, 2, 0, 0);
    sinks(order)(0).reduced(cell.collection, 1, 0, 0);
    finds(order, /reduction 1 of Cell\[undefined\] ends after number 2/);
  });

  it('finds an element that contributes twice, or leaves one out', () => {
    const checker = new ReductionChecker();
    sinks(checker)(0).contributed(cell, 1, 2, sum);
    sinks(checker)(0).contributed(cell, 3, 2, sum);
    finds(checker, /contributes to reduction 3 after 1/);
  });
});

it('I6 finds quiescence that comes too early', () => {
  const checker = new QuiescenceChecker();
  sent(checker, 0, 1);
  begun(checker, 1, 0, 1);
  checker.quiescent();
  findsNothing(checker);
  sent(checker, 0, 2);
  checker.quiescent();
  finds(checker, /1 messages are open, for instance 0:2: run to Cell\[3\]/);
});

it('I7 finds a home PE that is wrong', () => {
  const place = (pe: number) => ({ homeOf: () => 0, placeOf: () => pe });
  const pe = (id: number, elements: ElementRecord[], known: number): Pe => {
    const here = { ...collection, shape: { isArray: true }, isReady: true, elements, location: place(known) };
    return { id, collections: { all: () => [here], numbered: () => here } } as unknown as Pe;
  };
  const right = new HomeChecker();
  right.quiescent([pe(0, [], 1), pe(1, [cell], 1)]);
  findsNothing(right);
  const wrong = new HomeChecker();
  wrong.quiescent([pe(0, [], 2), pe(1, [cell], 1)]);
  finds(wrong, /Cell\[3\] is on PE 1, but its home PE 0 says PE 2/);
});

describe('I8', () => {
  const saved = (): RecoveryChecker => {
    const checker = new RecoveryChecker();
    checker.saved(1, 'a', 'x');
    checker.saved(1, 'b', 'y');
    checker.committed(1);
    checker.saved(2, 'a', 'z');
    checker.recoveryBegan(1, 1);
    return checker;
  };

  it('lets a recovery pass, and finds states of other checkpoints', () => {
    const good = saved();
    good.restored('a', 'x');
    good.restored('b', 'y');
    good.recoveryEnded();
    findsNothing(good);
    const wrong = saved();
    wrong.restored('a', 'z');
    finds(wrong, /the state of a is not the one that was saved/);
  });

  it('finds what is missing, old epochs, and checkpoints that are not whole', () => {
    const missing = saved();
    missing.restored('a', 'x');
    missing.recoveryEnded();
    finds(missing, /1 elements are not restored, for instance b/);
    const old = saved();
    old.handled(0);
    finds(old, /a message of epoch 0 is handled in epoch 1/);
    const early = saved();
    early.recoveryBegan(2, 2);
    finds(early, /takes checkpoint 2; the last one committed is 1/);
  });
});

it('I9 finds loads that are lost, and objects that go twice or where they must not', () => {
  const step = (changes: { loads?: number[]; moves?: { object: number; to: number }[] }): LbStep =>
    ({
      report: {
        step: 0,
        strategy: 'Own',
        migrations: 0,
        loadsBefore: Float64Array.from(changes.loads ?? [3, 4]),
      },
      statistics: {
        objects: { count: 2, load: Float64Array.of(1, 4), isMigratable: Uint8Array.of(1, 0) },
        pes: { count: 2, background: Float64Array.of(2, 0) },
      },
      moves: changes.moves ?? [{ object: 0, to: 1 }],
    }) as unknown as LbStep;
  const check = (changes: Parameters<typeof step>[0]): BalancingChecker => {
    const checker = new BalancingChecker();
    checker.step(step(changes));
    return checker;
  };
  findsNothing(check({}));
  finds(check({ loads: [3, 3] }), /the strategy sees 7 s, recorded are 6 s/);
  finds(check({ moves: [{ object: 1, to: 0 }] }), /object 1 is pinned and moves/);
  const twice = [
    { object: 0, to: 1 },
    { object: 0, to: 0 },
  ];
  finds(check({ moves: twice }), /object 0 moves twice/);
  finds(check({ moves: [{ object: 0, to: 2 }] }), /object 0 goes to PE 2/);
});

it('I10 finds what is over its limit', () => {
  let amount = 10;
  const checker = new LimitChecker(() => [{ what: 'bytes', amount, limit: 10 }]);
  checker.quiescent();
  findsNothing(checker);
  amount = 11;
  checker.quiescent();
  finds(checker, /bytes: 11, over the limit of 10/);
});

it('I11 finds a timer that is left', () => {
  const checker = new LeftoverChecker();
  checker.ended();
  findsNothing(checker);
  const timer = setTimeout(() => undefined, 1e6);
  checker.ended();
  clearTimeout(timer);
  finds(checker, /1 of Timeout are left/);
});

it('I12 finds a message that overtakes another of its lane, and lets other lanes pass', () => {
  const checker = new NonOvertakingChecker();
  const lane = { communicator: 0, source: 1, target: 2, tag: 3 };
  checker.sent(lane, 1);
  checker.sent(lane, 2);
  checker.sent({ ...lane, tag: 4 }, 3);
  checker.received({ ...lane, tag: 4 }, 3);
  checker.received(lane, 1);
  findsNothing(checker);
  checker.sent(lane, 4);
  checker.received(lane, 4);
  finds(checker, /message 4 from rank 1 to 2, tag 3 overtakes 1/);
});

it('a checked run of a program that is right is the same run as an unchecked one', async () => {
  class Voter extends Chare<number> {
    async vote(): Promise<void> {
      this.migrateTo((this.index + 1) % this.charm.pes);
      this.contribute(this.index, Reducer.sum, this.charm.ignoreCallback);
    }
  }
  const main = async (charm: Charm): Promise<void> => {
    (await charm.array(Voter, { size: 9 })).all.vote();
    await charm.quiescence();
    charm.exit();
  };
  const run = (check: boolean) => runSimulated({ program: { main, Voter }, pes: 4, pesPerNode: 2, check });
  const [checked, plain] = [await run(true), await run(false)];
  assert.equal(checked.error, undefined);
  assert.equal(checked.hash, plain.hash);
});
