/** Programs that use the API wrongly, one per case; the first argument picks it. */
import { Chare, type Charm, placement, Reducer, readonly, reducer } from 'charm4ts';

export class Plain extends Chare<number> {
  readonly first: unknown;

  constructor(first?: unknown) {
    super();
    this.first = first;
  }

  take(_value: unknown): void {}

  setReadonly(): void {
    this.charm.set(setting, 2);
  }

  mixed(): void {
    const target = this.charm.ignoreCallback;
    if (this.index === 3) this.contribute(1, Reducer.max, target);
    else this.contribute(1, Reducer.sum, target);
  }

  hiddenReduce(): void {
    this.contribute(1, hiddenReducer, this.charm.ignoreCallback);
  }

  wrongKind(): unknown {
    return this.group;
  }
}

export class Grid extends Chare<[number, number]> {
  take(_value: unknown): void {}
}

export class Sparse extends Chare<number> {
  take(_value: unknown): void {}
}

class Hidden extends Chare<number> {}
class NotAChare {
  readonly index = 0;
}
class Custom {
  readonly field = 1;
}

export const setting = readonly<number>();
const hiddenSetting = readonly<number>();
const hiddenReducer = reducer<number>('hiddenReducer', { merge: (a, b) => a + b });
const hiddenMap = placement<number>('hiddenMap', () => 0);
export const outside = placement<number>('outside', () => 99);
export const throwing = placement<number>('throwing', (index) => {
  if (index === 2) throw new Error('nowhere to put it'); // throws: placement
  return 0;
});

type Loose = Record<string, (...args: unknown[]) => unknown>;

/** Index 3 of 4 is on the last PE, so its arguments are encoded. */
async function send(charm: Charm, value: unknown): Promise<void> {
  (await charm.array(Plain, { size: 4 })).at(3).take(value);
}

const cyclic: { name: string; deep: { back?: unknown } } = { name: 'c', deep: {} };
cyclic.deep.back = cyclic;

const cases: Record<string, (charm: Charm) => unknown> = {
  unknownMethod: async (charm) => ((await charm.array(Plain, { size: 4 })).at(3) as unknown as Loose)['tkae']!(1),
  unknownAsk: async (charm) => ((await charm.array(Plain, { size: 4 })).at(3).ask as unknown as Loose)['tkae']!(1),
  rangeFlat: async (charm) => (await charm.array(Plain, { size: 4 })).at(4).take(1),
  rangeFraction: async (charm) => (await charm.array(Plain, { size: 4 })).at(1.5).take(1),
  rangeGrid: async (charm) => (await charm.array(Grid, { size: [4, 8] })).at([3, 8]).take(1),
  rangeRank: async (charm) =>
    (await charm.array(Grid, { size: [4, 8] })).at([3] as unknown as [number, number]).take(1),
  rangeGroup: async (charm) => (await charm.group(Plain)).at(charm.pes).take(1),
  rangeOnPe: (charm) => charm.spawn(Plain, { onPe: 7 }),
  badSize: (charm) => charm.array(Plain, { size: -1 }),
  encodeFunction: (charm) => send(charm, { list: [1, { act: () => 1 }] }),
  encodeInstance: (charm) => send(charm, [new Custom()]),
  encodeCycle: (charm) => send(charm, cyclic),
  encodeSymbol: (charm) => send(charm, { tag: Symbol('s') }),
  encodePromise: (charm) => send(charm, { soon: Promise.resolve(1) }),
  encodeConstructor: (charm) => charm.array(Plain, { size: 4, args: [{ act: () => 1 }] }),
  encodeSpawn: (charm) => charm.spawn(Plain, { onPe: 1, args: [() => 1] }),
  encodeBroadcast: async (charm) => (await charm.array(Plain, { size: 4 })).all.take(() => 1),
  hiddenClass: (charm) => charm.array(Hidden, { size: 4 }),
  hiddenSpawn: (charm) => charm.spawn(Hidden),
  hiddenReducer: async (charm) => (await charm.array(Plain, { size: 4 })).all.hiddenReduce(),
  hiddenMap: (charm) => charm.array(Plain, { size: 4, map: hiddenMap }),
  hiddenReadonly: (charm) => charm.set(hiddenSetting, 1),
  notAChare: (charm) => charm.group(NotAChare as unknown as typeof Plain),
  outsideMap: (charm) => charm.array(Plain, { size: 4, map: outside }),
  throwingMap: (charm) => charm.array(Plain, { size: 4, map: throwing }),
  readonlyLate: async (charm) => {
    await charm.group(Plain);
    charm.set(setting, 1);
  },
  readonlyInChare: async (charm) => (await charm.array(Plain, { size: 4 })).at(3).setReadonly(),
  readonlyNever: (charm) => charm.get(setting),
  insertTwice: async (charm) => {
    const sparse = await charm.array(Sparse, { indices: [] });
    sparse.insert(5);
    sparse.insert(5);
  },
  insertDense: async (charm) => (await charm.array(Plain, { size: 4 })).insert(2),
  listedTwice: (charm) => charm.array(Sparse, { indices: [1, 2, 1] }),
  mixedReducers: async (charm) => (await charm.array(Plain, { size: 4 })).all.mixed(),
  wrongKind: async (charm) => (await charm.array(Plain, { size: 4 })).at(3).ask.wrongKind(),
  madeWithNew: () => new Plain().index,
  exitCode: (charm) => charm.exit(256),
  exitFraction: (charm) => charm.exit(1.5),
};

export default async function main(charm: Charm): Promise<void> {
  await cases[charm.args[0]!]!(charm);
}
