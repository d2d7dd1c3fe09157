/** A program whose elements send, broadcast, vote and migrate at random, and which checks itself at its end. */
import assert from 'node:assert/strict';
import { Chare, type Charm, type Future, Reducer } from 'charm4ts';

/** What an element has received: messages by sender, broadcasts, reductions. */
interface Log {
  readonly from: Map<number, number[]>;
  readonly broadcasts: number[];
  readonly sums: number[];
}

export interface Plan {
  readonly elements: number;
  readonly steps: number;
  readonly rounds: number;
  readonly seed: number;
}

export class Wanderer extends Chare<number> {
  log: Log = { from: new Map(), broadcasts: [], sums: [] };
  sent: number[] = [];
  random: SeededRandomState;
  plan: Plan;
  visited: number[] = [];
  moves = 0;

  constructor(plan: Plan) {
    super();
    this.plan = plan;
    this.random = new SeededRandomState(plan.seed * 1000 + this.index);
    this.sent = new Array<number>(plan.elements).fill(0);
  }

  /** One random action, and the next step to itself. */
  step(left: number): void {
    if (left === 0) return;
    const dice = this.random.below(10);
    if (dice < 6) this._tell(this.random.below(this.plan.elements));
    else if (dice < 9) this.migrateTo(this.random.below(this.charm.pes));
    else if (this.index === 0) this.array.all.heard(left);
    this.self.step(left - 1);
  }

  _tell(to: number): void {
    this.array.at(to).got(this.index, this.sent[to]!++);
  }

  got(from: number, n: number): void {
    const list = this.log.from.get(from);
    if (list === undefined) this.log.from.set(from, [n]);
    else list.push(n);
    if (this.random.below(4) === 0) this.migrateTo(this.random.below(this.charm.pes));
  }

  heard(n: number): void {
    this.log.broadcasts.push(n);
    if (this.random.below(3) === 0) this.migrateTo(this.random.below(this.charm.pes));
  }

  vote(round: number, done: Future<number>): void {
    this.contribute(this.index + round, Reducer.sum, done);
    if (this.random.below(2) === 0) this.migrateTo(this.random.below(this.charm.pes));
  }

  aboutToMigrate(): void {
    this.moves++;
  }

  justMigrated(): void {
    this.visited.push(this.charm.pe);
  }

  report(done: Future<[Log, number[], number[], number][]>): void {
    this.contribute(
      [this.log, this.sent, this.visited, this.moves] as [Log, number[], number[], number],
      Reducer.gather(),
      done,
    );
  }
}

/** A value class: it migrates as a part of its owner. */
export class SeededRandomState {
  state: number;
  constructor(state: number) {
    this.state = state | 0;
  }
  below(bound: number): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) | 0;
    return Math.floor(((this.state >>> 0) / 4294967296) * bound);
  }
}

async function check(charm: Charm, plan: Plan): Promise<void> {
  const { elements, steps, rounds } = plan;
  const array = await charm.array(Wanderer, { size: elements, args: [plan] });
  array.all.step(steps);
  const totals: Promise<number>[] = [];
  for (let round = 0; round < rounds; round++) {
    const done = charm.future<number>();
    totals.push(done.get());
    array.all.vote(round, done);
  }
  await charm.quiescence();
  assert.deepEqual(
    await Promise.all(totals),
    totals.map((_, round) => (elements * (elements - 1)) / 2 + round * elements),
  );
  const done = charm.future<[Log, number[], number[], number][]>();
  array.all.report(done);
  const reports = await done.get();
  assert.equal(reports.length, elements);
  const first = reports[0]![0].broadcasts;
  for (const [to, [log, , visited, moves]] of reports.entries()) {
    assert.equal(visited.length, moves, 'every departure has its arrival');
    assert.deepEqual(log.broadcasts, first, 'all elements hear the same broadcasts in the same order');
    for (const [from, [, sent]] of reports.entries()) {
      const got = [...(log.from.get(from) ?? [])].sort((a, b) => a - b);
      assert.deepEqual(
        got,
        Array.from({ length: sent[to]! }, (_, i) => i),
        `messages ${from} -> ${to}, each once`,
      );
    }
  }
}

/** The exports of a program that carries out `plan`. */
export function migrationProgram(plan: Plan): Readonly<Record<string, unknown>> {
  const main = async (charm: Charm): Promise<void> => {
    await check(charm, plan);
    charm.exit();
  };
  return { main, Wanderer, SeededRandomState };
}
