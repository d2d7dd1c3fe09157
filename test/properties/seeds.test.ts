/** Seeds under every balancer, and under one that moves them wildly: constructed once, found by all messages, in order. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BitVector, Chare, type Charm, type ElementProxy, type GroupProxy } from 'charm4ts';
import fc from 'fast-check';
import { runInThread } from '../../launch/in-thread.ts';
import { runJob } from '../../launch/index.ts';
import { type SeedHost, type SeedStrategy, seedBalancerNamed, seedBalancerNames } from '../../lb-strategies/index.ts';
import { check } from '../support/property.ts';
import { type Schedule, schedules } from '../support/schedule.ts';

/** Gives any number of seeds to any PE at any moment, and sends needless words. */
const wild: SeedStrategy = (host: SeedHost) => {
  const below = (bound: number): number => Math.floor(host.random.next() * bound);
  let givesLeft = 60;
  const move = (): void => {
    if (givesLeft-- <= 0 || below(2) === 0) return;
    const to = below(host.pes);
    if (to === host.pe) return;
    const { seeds } = host;
    const wanted = below(4);
    assert.equal(host.give(wanted, to), Math.min(wanted, seeds));
    host.tell(to, 255, seeds);
  };
  return { place: () => below(host.pes), changed: move, idle: move, receive: move };
};

const balancers = fc.oneof<fc.Arbitrary<string | SeedStrategy>[]>(
  fc.constant(wild),
  fc.constantFrom(...seedBalancerNames()),
);

interface Plan {
  readonly schedule: Schedule;
  readonly balancer: string | SeedStrategy;
  readonly depth: number;
  readonly fanOut: number;
  readonly mail: number;
}

const plans: fc.Arbitrary<Plan> = fc.record({
  schedule: schedules,
  balancer: balancers,
  depth: fc.integer({ min: 0, max: 4 }),
  fanOut: fc.integer({ min: 1, max: 3 }),
  mail: fc.integer({ min: 0, max: 4 }),
});

/** What every chare of the tree has seen, by its path. */
interface Log {
  births: number;
  readonly from: Map<string, number[]>;
}

describe('seeds', () => {
  it('are constructed once, and get all messages of each sender once and in order, wherever they went before', () =>
    check(
      plans,
      async ({ schedule, balancer, depth, fanOut, mail }) => {
        const logs = new Map<string, Log>();
        const logOf = (path: string): Log => {
          const log = logs.get(path) ?? { births: 0, from: new Map() };
          logs.set(path, log);
          return log;
        };
        class Tree extends Chare {
          readonly path: string;
          constructor(path: string, posts: GroupProxy<Post>) {
            super();
            this.path = path;
            logOf(path).births++;
            // A chare's messages to itself wait for it like all others.
            for (let n = 0; n < mail; n++) this.self.got('self', n);
            if (path.length === depth) return;
            for (let child = 0; child < fanOut; child++) this._plant(`${path}${child}`, child, posts);
          }
          _plant(path: string, child: number, posts: GroupProxy<Post>): void {
            const options = [{}, { priority: child - 1 }, { priority: BitVector.root().child(child, 2) }][child]!;
            const proxy = this.charm.spawn(Tree, { args: [path, posts], ...options });
            for (let n = 0; n < mail; n++) proxy.got('parent', n);
            const pe = Math.floor(this.charm.random() * this.charm.pes);
            posts.at(pe).feed(proxy, 0);
            posts.at((pe + 1) % this.charm.pes).feed(proxy, 0);
          }
          got(from: string, n: number): void {
            const { from: received } = logOf(this.path);
            received.set(from, [...(received.get(from) ?? []), n]);
          }
          where(): number {
            return this.charm.pe;
          }
        }
        class Post extends Chare {
          asked = 0;
          async feed(to: ElementProxy<Tree>, n: number): Promise<void> {
            if (n >= mail) return;
            to.got(`post ${this.index}`, n);
            this.group.at(this.index).feed(to, n + 1);
            if (n === 1) await to.ask.where();
          }
        }
        const main = async (charm: Charm): Promise<void> => {
          const posts = await charm.group(Post);
          await charm.chare(Tree, { args: ['', posts] });
          assert.equal(logOf('').births, 1, 'chare() resolves once it exists');
          await charm.quiescence();
          const total = Array.from({ length: depth + 1 }, (_, level) => fanOut ** level).reduce((a, b) => a + b);
          assert.equal(logs.size, total, 'quiescence comes after all seeds');
          const inOrder = Array.from({ length: mail }, (_, n) => n);
          const senders = charm.pes === 1 ? 1 : 2;
          for (const [path, { births, from }] of logs) {
            assert.equal(births, 1, `births of ${path}`);
            const names = [...from.keys()];
            if (mail === 0) assert.deepEqual(names, []);
            else assert.equal(names.length, path === '' ? 1 : 2 + senders, `senders to ${path}: ${names.join()}`);
            for (const [name, received] of from) {
              const isTwice = charm.pes === 1 && name.startsWith('post');
              if (isTwice) assert.equal(received.length, 2 * mail);
              else assert.deepEqual(received, inOrder, `${name} to ${path}`);
            }
          }
          charm.exit();
        };
        const { pes, pesPerNode, seed, shuffle } = schedule;
        const program = { main, Tree, Post };
        const result = await runInThread({ program, pes, pesPerNode, seed, shuffle, seedBalancer: balancer });
        if (result.error !== undefined) throw result.error;
      },
      { runs: 400 },
    ));

  it('keep their priorities where they go', () =>
    check(
      fc.record({ priorities: fc.array(fc.integer({ min: -40, max: 40 }), { maxLength: 40 }), seed: fc.nat() }),
      async ({ priorities, seed }) => {
        const born: number[] = [];
        class Leaf extends Chare {
          constructor(priority: number) {
            super();
            assert.equal(this.charm.pe, 1);
            born.push(priority);
          }
        }
        const main = async (charm: Charm): Promise<void> => {
          for (const priority of priorities) charm.spawn(Leaf, { args: [priority], priority });
          await charm.quiescence();
          charm.exit();
        };
        const toPe1: SeedStrategy = (host) => ({
          place: () => host.pe,
          changed: () => host.pe === 0 && host.give(host.seeds, 1),
        });
        const result = await runInThread({ program: { main, Leaf }, pes: 2, seed, seedBalancer: toPe1 });
        if (result.error !== undefined) throw result.error;
        assert.deepEqual(
          born,
          [...priorities].sort((a, b) => a - b),
        );
      },
    ));

  it('stay on the PE that was asked for', () =>
    check(fc.record({ schedule: schedules, balancer: balancers }), async ({ schedule, balancer }) => {
      class Leaf extends Chare {
        constructor(pe: number) {
          super();
          assert.equal(this.charm.pe, pe);
        }
      }
      const main = async (charm: Charm): Promise<void> => {
        for (let i = 0; i < 3 * charm.pes; i++) charm.spawn(Leaf, { args: [i % charm.pes], onPe: i % charm.pes });
        await charm.quiescence();
        charm.exit();
      };
      const result = await runInThread({ program: { main, Leaf }, ...schedule, seedBalancer: balancer });
      if (result.error !== undefined) throw result.error;
    }));
});

describe('seed balancers', () => {
  it('have the names of the original, too, in any case', () => {
    for (const name of ['rand', 'random', 'Neighbor', 'spray', 'WorkStealing', 'none', ...seedBalancerNames()])
      assert.equal(typeof seedBalancerNamed(name), 'function', name);
    for (const name of ['', 'constructor', 'greedy']) assert.equal(seedBalancerNamed(name), undefined, name);
  });

  it('that do not exist are refused with the names of those that do', async () => {
    const message = /there is no seed balancer greedy; there are: random, .*work-stealing/;
    await assert.rejects(runJob({ program: 'none.ts', seedBalancer: 'greedy' }), message);
    const { error } = await runInThread({ program: { main: () => undefined }, pes: 1, seedBalancer: 'greedy' });
    assert.match(String(error), message);
  });
});
