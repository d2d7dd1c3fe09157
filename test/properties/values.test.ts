/** What is sent arrives: values, and proxies, callbacks and futures between them, over several PEs and back. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type ArrayProxy,
  BitVector,
  type Callback,
  Chare,
  type Charm,
  type ElementProxy,
  type Future,
  type GroupProxy,
} from 'charm4ts';
import fc from 'fast-check';
import { check } from '../support/property.ts';
import { run, schedules, someSchedules } from '../support/schedule.ts';
import { sendableValues } from '../support/values.ts';

describe('values in messages', () => {
  it('arrive unchanged as arguments and as results, over any number of PEs', () =>
    check(
      fc.record({ schedule: schedules, values: fc.array(sendableValues, { maxLength: 5 }), hops: fc.nat(4) }),
      async ({ schedule, values, hops }) => {
        class Post extends Chare {
          async pass(hopsLeft: number, ...carried: readonly unknown[]): Promise<unknown> {
            assert.deepEqual(carried, values);
            if (hopsLeft === 0) return carried;
            return this.group.at((this.index + 1) % this.group.size).ask.pass(hopsLeft - 1, ...carried);
          }
        }
        const main = async (charm: Charm): Promise<void> => {
          const post = await charm.group(Post);
          assert.deepEqual(await post.at(charm.pes - 1).ask.pass(hops, ...values), values);
          charm.exit();
        };
        await run({ main, Post }, schedule);
      },
      { runs: 200 },
    ));

  it('arrive unchanged as constructor arguments, in futures and in broadcasts', () =>
    check(
      fc.record({ schedule: schedules, value: sendableValues }),
      async ({ schedule, value }) => {
        class Keeper extends Chare {
          constructor(made: unknown, given: Future<unknown>) {
            super();
            assert.deepEqual(made, value);
            given.set(made);
          }
          hear(said: unknown): void {
            assert.deepEqual(said, value);
          }
        }
        const main = async (charm: Charm): Promise<void> => {
          const future = charm.future<unknown>();
          const keepers = await charm.group(Keeper, { args: [value, future] });
          assert.deepEqual(await future.get(), value);
          keepers.all.hear(value);
          await charm.quiescence();
          charm.exit();
        };
        await run({ main, Keeper }, schedule);
      },
      { runs: 100 },
    ));
});

for (const schedule of someSchedules) {
  const where = `(${schedule.pes} PEs${schedule.shuffle ? ', shuffled' : ''})`;
  describe(`proxies, callbacks and futures in messages ${where}`, () => {
    interface Handles {
      readonly element: ElementProxy<Target>;
      readonly array: ArrayProxy<Target, [number, number]>;
      readonly nested: readonly { readonly group: GroupProxy<Branch> }[];
      readonly byName: Map<string, unknown>;
    }
    const log: string[] = [];

    class Target extends Chare<[number, number]> {
      hear(what: unknown): void {
        log.push(`${this.index} ${what}`);
      }
      place(): string {
        return `${this.index} on PE ${this.charm.pe}`;
      }
    }

    class Branch extends Chare {
      /** Uses what it got, then sends it on to the next PE. */
      async use(
        handles: Handles,
        callbacks: readonly Callback<string>[],
        future: Future<string>,
        hopsLeft: number,
      ): Promise<void> {
        if (hopsLeft > 0)
          return void this.group.at((this.index + 1) % this.charm.pes).use(handles, callbacks, future, hopsLeft - 1);
        handles.element.hear('element');
        handles.array.at([1, 1]).hear('array');
        handles.array.all.hear('all');
        (handles.byName.get('vip') as ElementProxy<Target>).with({ priority: -1 }).hear('map');
        const { group } = handles.nested[0]!;
        assert.equal(group.size, this.charm.pes);
        assert.equal(group.local(), this, 'a proxy that has travelled finds the branch here');
        for (const callback of callbacks) callback.send('callback');
        future.set(await handles.element.ask.place());
      }
    }

    it('reach the same targets from anywhere', async () => {
      log.length = 0;
      const main = async (charm: Charm): Promise<void> => {
        const array = await charm.array(Target, { size: [2, 2] });
        const group = await charm.group(Branch);
        const future = charm.future<string>();
        const element = array.at([0, 1]);
        const callbacks = [element.callback.hear, array.all.callback.hear, charm.ignoreCallback];
        const handles = { element, array, nested: [{ group }], byName: new Map([['vip', array.at([1, 0])]]) };
        group.at(0).use(handles, callbacks, future, charm.pes + 1);
        assert.match(await future.get(), /^0,1 on PE \d+$/);
        await charm.quiescence();
        charm.exitCallback.send(0);
      };
      await run({ main, Target, Branch }, schedule);
      const everyone = ['0,0', '0,1', '1,0', '1,1'];
      const expected = ['0,1 element', '1,1 array', '1,0 map', '0,1 callback'];
      for (const index of everyone) expected.push(`${index} all`, `${index} callback`);
      assert.deepEqual(log.sort(), expected.sort());
    });

    it('can be awaited, printed and put into JSON without a message being sent', async () => {
      const main = async (charm: Charm): Promise<void> => {
        const array = await charm.array(Target, { size: [2, 2] });
        const group = await charm.group(Branch);
        for (const proxy of [array, array.at([0, 0]), array.all, group, group.at(0), charm.spawn(Single)]) {
          await proxy;
          assert.equal(typeof JSON.stringify({ proxy }), 'string');
          assert.equal(typeof `${JSON.stringify([proxy])}`, 'string');
          assert.equal((proxy as { then?: unknown }).then, undefined);
        }
        await charm.quiescence();
        charm.exit();
      };
      class Single extends Chare {}
      await run({ main, Target, Branch, Single }, schedule);
    });

    it('can be results, values of futures and reduction targets', async () => {
      class Giver extends Chare {
        self_(): ElementProxy<Giver> {
          return this.self;
        }
        give(future: Future<{ who: ElementProxy<Giver>; next: Future<number> }>): void {
          const next = this.charm.future<number>();
          void next.get().then((n) => log.push(`next ${n}`));
          future.set({ who: this.self, next });
        }
        name(): string {
          return `giver ${this.index}`;
        }
      }
      log.length = 0;
      const main = async (charm: Charm): Promise<void> => {
        const givers = await charm.group(Giver);
        for (let pe = 0; pe < charm.pes; pe++) {
          const self = await givers.at(pe).ask.self_();
          assert.equal(await self.ask.name(), `giver ${pe}`);
          const future = charm.future<{ who: ElementProxy<Giver>; next: Future<number> }>();
          self.with({ priority: BitVector.of('01') }).give(future);
          const { who, next } = await future.get();
          assert.equal(await who.ask.name(), `giver ${pe}`);
          next.set(pe);
        }
        await charm.quiescence();
        assert.deepEqual(log.sort(), Array.from({ length: charm.pes }, (_, pe) => `next ${pe}`).sort());
        charm.exit();
      };
      await run({ main, Giver }, schedule);
    });
  });
}
