/** The queue that a PE picks from, against a list that is searched from end to end. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { SeededRandom } from '../../core/base/random.ts';
import { BitVector, type Priority } from '../../core/pe/priority.ts';
import { PriorityQueue, ShuffledQueue, type Task } from '../../core/pe/task-queue.ts';
import { check } from '../support/property.ts';

class NumberedTask implements Task {
  readonly number: number;
  readonly source: number;
  readonly target: unknown;

  constructor(number: number, source = 0, target: unknown = 'somebody') {
    this.number = number;
    this.source = source;
    this.target = target;
  }

  run(): void {}
}

interface Push {
  /** An integer, the text of a bit vector, or nothing. */
  readonly priority: number | string | undefined;
  readonly lifo: boolean;
  readonly expedited: boolean;
}

type Operation = Push | 'pick';

const pushes: fc.Arbitrary<Push> = fc.record({
  priority: fc.oneof(
    fc.constant(undefined),
    fc.integer({ min: -20, max: 20 }),
    fc.constantFrom(-(2 ** 31), 2 ** 31 - 1, 1000, -1000),
    fc.string({ unit: fc.constantFrom('0', '1'), maxLength: 5 }),
    // The bits of small integers.
    fc.integer({ min: -20, max: 20 }).map(textOf),
  ),
  lifo: fc.boolean(),
  expedited: fc.oneof({ weight: 8, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});

const operations: fc.Arbitrary<Operation[]> = fc.array(
  fc.oneof({ weight: 3, arbitrary: pushes }, { weight: 2, arbitrary: fc.constant<Operation>('pick') }),
  { maxLength: 60 },
);

function textOf(n: number): string {
  return (n + 2 ** 31).toString(2).padStart(32, '0');
}

/** What the order of urgency is made of: text that sorts as the tasks run. */
function rankOf({ priority, expedited }: Push): string {
  if (expedited) return 'first';
  // None ranks after everything that starts with 0, and before everything that starts with 1.
  if (priority === undefined) return 'then 0~';
  return `then ${typeof priority === 'number' ? textOf(priority) : priority}`;
}

/** Keeps waiting tasks in the order in which they will run. */
class Model {
  readonly #waiting: { readonly rank: string; readonly number: number }[] = [];

  push(push: Push, number: number): void {
    const rank = rankOf(push);
    const isLifo = push.lifo && !push.expedited;
    const at = this.#waiting.findIndex((other) => (isLifo ? rank <= other.rank : rank < other.rank));
    this.#waiting.splice(at === -1 ? this.#waiting.length : at, 0, { rank, number });
  }

  pick(): number | undefined {
    return this.#waiting.shift()?.number;
  }

  get length(): number {
    return this.#waiting.length;
  }
}

function push(queue: PriorityQueue | ShuffledQueue, { priority, lifo, expedited }: Push, task: Task): void {
  const value: Priority | undefined = typeof priority === 'string' ? BitVector.of(priority) : priority;
  if (expedited) queue.pushExpedited(task);
  else if (value === undefined && !lifo) queue.push(task);
  else queue.pushPrioritised(task, value, lifo);
}

describe('PriorityQueue', () => {
  it('picks like a sorted list: expedited first, then by priority, then first or last come first', () =>
    check(
      operations,
      (list) => {
        const queue = new PriorityQueue();
        const model = new Model();
        for (const [number, operation] of list.entries()) {
          if (operation === 'pick') assert.equal((queue.pick() as NumberedTask | undefined)?.number, model.pick());
          else {
            push(queue, operation, new NumberedTask(number));
            model.push(operation, number);
          }
          assert.equal(queue.length, model.length);
        }
        while (model.length > 0) assert.equal((queue.pick() as NumberedTask).number, model.pick());
        assert.equal(queue.pick(), undefined);
      },
      { runs: 2000 },
    ));

  it('runs tasks without priority after -1 and before 0, and the empty bit vector before all integers', () => {
    const queue = new PriorityQueue();
    const order: readonly (Priority | undefined)[] = [BitVector.root(), -(2 ** 31), -1, undefined, 0, 2 ** 31 - 1];
    for (const [number, priority] of [...order.entries()].reverse())
      queue.pushPrioritised(new NumberedTask(number), priority, false);
    for (let number = 0; number < order.length; number++) assert.equal((queue.pick() as NumberedTask).number, number);
  });

  it('lets the latest run first among LIFO tasks, and only among those of its priority', () => {
    const queue = new PriorityQueue();
    for (const [number, priority] of [5, undefined, 100, 5, undefined, 100].entries())
      queue.pushPrioritised(new NumberedTask(number), priority, true);
    assert.deepEqual(
      Array.from({ length: 6 }, () => (queue.pick() as NumberedTask).number),
      [4, 1, 3, 0, 5, 2],
    );
  });

  it('takes an integer and a bit vector of the same bits for one priority', () => {
    for (const n of [-1000, -3, 0, 7, 1000]) {
      const queue = new PriorityQueue();
      const same: readonly Priority[] = [n, BitVector.of(textOf(n)), n, BitVector.of(textOf(n))];
      for (const [number, priority] of same.entries()) queue.pushPrioritised(new NumberedTask(number), priority, false);
      assert.deepEqual(
        same.map(() => (queue.pick() as NumberedTask).number),
        [0, 1, 2, 3],
        `priority ${n}`,
      );
    }
  });

  it('is empty when made and after everything has been picked, again and again', () => {
    const queue = new PriorityQueue();
    for (let round = 0; round < 3; round++) {
      assert.equal(queue.length, 0);
      assert.equal(queue.pick(), undefined);
      for (const priority of [-1, 7, 1000, undefined]) queue.pushPrioritised(new NumberedTask(round), priority, false);
      for (let left = 4; left > 0; left--) {
        assert.equal(queue.length, left);
        queue.pick();
      }
    }
  });
});

describe('ShuffledQueue', () => {
  const shuffled = fc.record({
    seed: fc.nat(),
    tasks: fc.array(fc.record({ source: fc.nat(2), target: fc.constantFrom('a', 'b'), push: pushes }), {
      maxLength: 40,
    }),
    picksBetween: fc.array(fc.nat(2), { maxLength: 40 }),
  });

  it('picks every task once, and tasks of one source and target in the order they came', () =>
    check(
      shuffled,
      ({ seed, tasks, picksBetween }) => {
        const queue = new ShuffledQueue(new SeededRandom(seed));
        const picked: NumberedTask[] = [];
        const pick = (): void => {
          const task = queue.pick();
          if (task !== undefined) picked.push(task as NumberedTask);
        };
        for (const [number, { source, target, push: how }] of tasks.entries()) {
          push(queue, how, new NumberedTask(number, source, target));
          for (let n = picksBetween[number] ?? 0; n > 0; n--) pick();
        }
        while (queue.length > 0) pick();
        assert.equal(queue.pick(), undefined);
        assert.deepEqual(
          picked.map(({ number }) => number).sort((a, b) => a - b),
          tasks.map((_, number) => number),
        );
        const last = new Map<string, number>();
        for (const { number, source, target } of picked) {
          const pair = `${source} to ${target}`;
          assert((last.get(pair) ?? -1) < number, pair);
          last.set(pair, number);
        }
      },
      { runs: 500 },
    ));

  it('picks in other orders for other seeds', () => {
    const orders = Array.from({ length: 10 }, (_, seed) => {
      const queue = new ShuffledQueue(new SeededRandom(seed));
      for (let number = 0; number < 20; number++) queue.push(new NumberedTask(number, number));
      return Array.from({ length: 20 }, () => (queue.pick() as NumberedTask).number).join();
    });
    assert.equal(new Set(orders).size, 10);
  });
});
