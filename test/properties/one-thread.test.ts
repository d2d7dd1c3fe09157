/** One thread hosts many PEs: a whole program on 64, most of which have no element of most collections. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Chare, type Charm, type Future, type GroupProxy, type IndexCodec, Reducer, readonly } from 'charm4ts';
import { runInThread } from '../../launch/in-thread.ts';
import { someSchedules } from '../support/schedule.ts';

const pes = 64;

export const rounds = readonly<number>();

/** Elements are named by bodies of their own type. */
interface Body {
  readonly kind: 'star' | 'planet';
  readonly n: number;
}

export class Ledger extends Chare {
  readonly _entries = new Map<string, number>();

  add(name: string, amount: number): void {
    this._entries.set(name, (this._entries.get(name) ?? 0) + amount);
  }

  total(done: Future<number[]>): void {
    const amount = [...this._entries.values()].reduce((a, b) => a + b, 0);
    this.contribute([amount, this._entries.size === 0 ? 0 : 1, 1], Reducer.sum, done);
  }
}

export class BodyChare extends Chare<Body> {
  static readonly indexCodec: IndexCodec<Body> = {
    encode: ({ kind, n }) => `${kind} ${n}`,
    decode: (text) => ({ kind: text.startsWith('star') ? 'star' : 'planet', n: Number(text.split(' ')[1]) }),
  };

  async orbit(ledger: GroupProxy<Ledger>): Promise<string[]> {
    const names: string[] = [];
    for (let round = 0; round < this.charm.get(rounds); round++) {
      ledger.local().add(this.index.kind, 1);
      ledger
        .at((this.index.n * 7 + round) % this.charm.pes)
        .with({ priority: round - 2 })
        .add('visitor', 10);
      const sum = await this.allreduce(this.index.n, Reducer.sum);
      const all = await this.allreduce(`${this.index.kind} ${this.index.n}`, Reducer.gather<string>());
      names.push(`${sum}: ${all.join()}`);
    }
    return names;
  }
}

export class Cell extends Chare<[number, number, number]> {
  touch(left: number, done: Future<number>): void {
    const [i, j, k] = this.index;
    if (left === 0) done.set(this.charm.pe);
    else this.array.at([(i + 1) % 3, (j + i) % 4, (k + left) % 2]).touch(left - 1, done);
  }
}

export async function main(charm: Charm): Promise<void> {
  charm.set(rounds, 3);
  assert.equal(charm.pes, pes);
  const ledger = await charm.group(Ledger);
  const bodies: Body[] = [{ kind: 'star', n: 0 }, ...[1, 2, 3, 4].map((n) => ({ kind: 'planet', n }) as const)];
  const array = await charm.array(BodyChare, { indices: bodies });
  const cells = await charm.array(Cell, { size: [3, 4, 2] });
  const visits = await Promise.all(bodies.map((body) => array.at(body).ask.orbit(ledger)));
  for (const visit of visits) assert.deepEqual(visit, visits[0]);
  assert.deepEqual(
    visits[0]!.map((text) => text.split(':')[0]),
    ['10', '10', '10'],
  );
  const ended = charm.future<number>();
  cells.at([0, 0, 0]).touch(500, ended);
  assert((await ended.get()) < pes);
  await charm.quiescence();
  const done = charm.future<number[]>();
  ledger.all.total(done);
  const [total, users, branches] = await done.get();
  assert.equal(total, 3 * bodies.length * 11);
  assert(users! > 0 && users! < pes);
  assert.equal(branches, pes);
  array.insert({ kind: 'planet', n: 5 }, { onPe: pes - 1 });
  await charm.quiescence();
  const more = await Promise.all(
    [...bodies, { kind: 'planet', n: 5 } as const].map((body) => array.at(body).ask.orbit(ledger)),
  );
  assert.deepEqual(
    more.map((visit) => visit[0]!.split(':')[0]),
    new Array(6).fill('15'),
  );
  charm.exit();
}

describe('64 PEs in one thread', () => {
  for (const { seed, shuffle } of someSchedules) {
    it(`run a whole program (seed ${seed}${shuffle ? ', shuffled' : ''})`, async () => {
      const program = { main, rounds, Ledger, BodyChare, Cell };
      const { error, exitCode, frames, messages } = await runInThread({ program, pes, pesPerNode: 8, seed, shuffle });
      if (error !== undefined) throw error;
      assert.equal(exitCode, 0);
      assert(frames > pes && messages > pes);
    });
  }
});

describe('a gathering over indices of an own type', () => {
  it('has the same order on any number of PEs', async () => {
    class Item extends Chare<Body> {
      static readonly indexCodec = BodyChare.indexCodec;
      give(done: Future<string[]>): void {
        this.contribute(`${this.index.kind} ${this.index.n}`, Reducer.gather<string>(), done);
      }
    }
    const orders = new Set<string>();
    for (const schedule of someSchedules) {
      const gathering = async (charm: Charm): Promise<void> => {
        const indices: Body[] = [5, 3, 1, 4, 2].flatMap((n) => [
          { kind: 'star', n } as const,
          { kind: 'planet', n } as const,
        ]);
        const done = charm.future<string[]>();
        (await charm.array(Item, { indices })).all.give(done);
        orders.add((await done.get()).join());
        charm.exit();
      };
      const { error } = await runInThread({ program: { main: gathering, Item }, ...schedule });
      if (error !== undefined) throw error;
    }
    assert.equal(orders.size, 1, [...orders].join('\n'));
  });
});
