/**
 * Three searches by seeds: a Fibonacci tree, whose parents wait for their children's answers; n queens, with bit-vector
 * priorities; and an unbalanced tree, of which nobody knows beforehand where it is large. Reports milliseconds of each.
 */
import { BitVector, type Callback, Chare, type Charm, type GroupProxy, Reducer } from '../../core/index.ts';
import { planOf, report, timed } from '../sampling.ts';

const fibOf = 33;
const fibAlone = 18;

export class Fib extends Chare {
  #sum = 0;
  #missing = 2;
  readonly #parent: Callback<number>;

  constructor(n: number, parent: Callback<number>) {
    super();
    this.#parent = parent;
    if (n < fibAlone) parent.send(fibonacci(n));
    else for (const child of [n - 1, n - 2]) this.charm.spawn(Fib, { args: [child, this.self.callback.add] });
  }

  add(part: number): void {
    this.#sum += part;
    if (--this.#missing === 0) this.#parent.send(this.#sum);
  }
}

function fibonacci(n: number): number {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

/** Counts what the searches find on its PE. */
export class Counter extends Chare {
  #count = 0;

  _add(count: number): void {
    this.#count += count;
  }

  /** The sum over all PEs; counting begins anew. */
  sum(): Promise<number> {
    const sum = this.allreduce(this.#count, Reducer.sum);
    this.#count = 0;
    return sum;
  }
}

type Counters = GroupProxy<Counter>;

const queens = 12;
const queensAlone = 8;
const queensSolutions = 14_200;
const allColumns = (1 << queens) - 1;

export class Queens extends Chare {
  constructor(row: number, columns: number, left: number, right: number, place: BitVector, counters: Counters) {
    super();
    if (queens - row <= queensAlone) {
      counters.local()._add(solutions(columns, left, right));
      return;
    }
    for (let free = ~(columns | left | right) & allColumns; free !== 0; free &= free - 1) {
      const queen = free & -free;
      const priority = place.child(31 - Math.clz32(queen), 4);
      const below = [row + 1, columns | queen, (left | queen) << 1, (right | queen) >> 1] as const;
      this.charm.spawn(Queens, { args: [...below, priority, counters], priority });
    }
  }
}

function solutions(columns: number, left: number, right: number): number {
  if (columns === allColumns) return 1;
  let sum = 0;
  for (let free = ~(columns | left | right) & allColumns; free !== 0; free &= free - 1) {
    const queen = free & -free;
    sum += solutions(columns | queen, (left | queen) << 1, (right | queen) >> 1);
  }
  return sum;
}

/** As in the UTS benchmark: a node has 8 children or none, by its hash; here 0.94 children on the average. */
const rootChildren = 500;
const children = 8;
const childrenProbability = 0.1175;
const hashesPerNode = 2000;

export class Tree extends Chare {
  constructor(node: number, counters: Counters) {
    super();
    const hash = workOn(node);
    counters.local()._add(1);
    const count = node === 0 ? rootChildren : childCount(hash);
    for (let child = 1; child <= count; child++)
      this.charm.spawn(Tree, { args: [childOf(hash, child), counters], queueing: 'lifo' });
  }
}

function workOn(node: number): number {
  let hash = node | 0;
  for (let i = 0; i < hashesPerNode; i++) {
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) + 0x297a2d39;
    hash ^= hash >>> 12;
  }
  return hash;
}

function childCount(hash: number): number {
  return (hash >>> 0) / 2 ** 32 < childrenProbability ? children : 0;
}

function childOf(hash: number, child: number): number {
  return Math.imul(hash + child, 0x85ebca6b) | 1;
}

function nodesBelow(node: number): number {
  const hash = workOn(node);
  let sum = 1;
  const count = node === 0 ? rootChildren : childCount(hash);
  for (let child = 1; child <= count; child++) sum += nodesBelow(childOf(hash, child));
  return sum;
}

export default async function main(charm: Charm): Promise<void> {
  const counters = await charm.group(Counter);
  const countAll = async (): Promise<number> => {
    await charm.quiescence();
    const sums = Array.from({ length: charm.pes }, (_, pe) => counters.at(pe).ask.sum());
    return (await Promise.all(sums))[0] ?? 0;
  };
  const nodes = nodesBelow(0);
  const searches = {
    fib: async (): Promise<boolean> => {
      const answer = charm.future<number>();
      charm.spawn(Fib, { args: [fibOf, answer] });
      return (await answer.get()) === fibonacci(fibOf);
    },
    queens: async (): Promise<boolean> => {
      charm.spawn(Queens, { args: [0, 0, 0, 0, BitVector.root(), counters] });
      return (await countAll()) === queensSolutions;
    },
    tree: async (): Promise<boolean> => {
      charm.spawn(Tree, { args: [0, counters] });
      return (await countAll()) === nodes;
    },
  };
  for (const [name, search] of Object.entries(searches)) {
    const figure: number[] = [];
    // Run -1 warms up.
    for (let run = -1; run < planOf(charm).runs; run++) {
      const elapsedMs = await timed(async () => {
        if (!(await search())) charm.abort(`${name} found a wrong number`);
      });
      if (run >= 0) figure.push(elapsedMs);
    }
    report({ case: name, figure, calibration: null });
  }
  charm.exit();
}
