/** Bound arrays and demanded elements, one thing at a time: what they promise, and how wrong use is refused. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ArrayProxy, Chare, type Charm, CharmError, UsageError } from 'charm4ts';
import { run, runToFailure, someSchedules } from '../support/schedule.ts';

class Part extends Chare<number> {
  place(): number {
    return this.charm.pe;
  }
  move(pe: number): void {
    this.migrateTo(pe);
  }
  pin(): void {
    this.setMigratable(false);
  }
  end(): void {
    this.destroy();
  }
  placeOfCompanion(other: ArrayProxy<Part, number>): number {
    return this.companion(other).place();
  }
}
class Other extends Part {}
class Third extends Part {}
class Closed extends Chare<number> {
  #secret = 1;
  reveal(): number {
    return this.#secret++;
  }
}
class Grid extends Chare<[number, number]> {
  place(): number {
    return this.charm.pe;
  }
  move(pe: number): void {
    this.migrateTo(pe);
  }
}
class Cells extends Grid {}
class Needy extends Chare<number> {
  readonly count: number;
  constructor(count: number) {
    super();
    this.count = count;
  }
  take(): void {}
}
const classes = { Part, Other, Third, Closed, Grid, Cells, Needy };

async function inEach(main: (charm: Charm) => Promise<void>): Promise<void> {
  const ending = async (charm: Charm): Promise<void> => {
    await main(charm);
    charm.exit();
  };
  for (const schedule of someSchedules) await run({ main: ending, ...classes }, schedule);
}

/** What the call throws. */
async function thrownBy(call: (charm: Charm) => unknown): Promise<Error> {
  let thrown: unknown;
  await run(
    {
      main: async (charm: Charm) => {
        try {
          await call(charm);
        } catch (error) {
          thrown = error;
        }
        charm.exit();
      },
      ...classes,
    },
    someSchedules[2]!,
  );
  assert(thrown instanceof UsageError, `it threw ${String(thrown)}`);
  return thrown;
}

describe('bound arrays', () => {
  it('start where the elements of the other array are, also after these have moved', () =>
    inEach(async (charm) => {
      const parts = await charm.array(Part, { size: 5 });
      for (let i = 0; i < 5; i++) parts.at(i).move((3 * i + 1) % charm.pes);
      const others = await charm.array(Other, { size: 5, bindTo: parts });
      const thirds = await charm.array(Third, { size: 5, bindTo: others });
      for (let i = 0; i < 5; i++) {
        assert.equal(await others.at(i).ask.place(), (3 * i + 1) % charm.pes);
        assert.equal(await thirds.at(i).ask.placeOfCompanion(parts), (3 * i + 1) % charm.pes);
      }
    }));

  it('have indices that are tuples, too', () =>
    inEach(async (charm) => {
      const grid = await charm.array(Grid, { size: [2, 3] });
      const cells = await charm.array(Cells, { size: [2, 3], bindTo: grid });
      cells.at([1, 2]).move(0);
      assert.equal(await cells.at([1, 2]).ask.place(), 0);
      assert.equal(await grid.at([1, 2]).ask.place(), 0);
    }));

  it('do not move if one of them is pinned', async () => {
    const error = await runToFailure({
      main: async (charm: Charm) => {
        const parts = await charm.array(Part, { size: 2 });
        const others = await charm.array(Other, { size: 2, bindTo: parts });
        others.at(0).pin();
        await charm.quiescence();
        parts.at(0).move(1);
      },
      ...classes,
    });
    assert.match(error.message, /Other\[0\], bound to Part\[0\], can't migrate: it is pinned/);
  });

  it('insert an element where its companion is, whatever PE was asked for', () =>
    inEach(async (charm) => {
      const parts = await charm.array(Part, { indices: [7] });
      const others = await charm.array(Other, { indices: [1], bindTo: parts });
      parts.at(7).move(charm.pes - 1);
      assert.equal(await parts.at(7).ask.place(), charm.pes - 1);
      others.insert(7, { onPe: 0 });
      assert.equal(await others.at(7).ask.place(), charm.pes - 1);
      parts.at(7).end();
      assert.equal(await others.at(7).ask.place(), charm.pes - 1);
    }));

  it('refuse what can not be bound', async () => {
    const cases: readonly [RegExp, (charm: Charm) => unknown][] = [
      [
        /their sizes are \[3\] and \[2\]/,
        async (c) => c.array(Other, { size: 3, bindTo: await c.array(Part, { size: 2 }) }),
      ],
      [
        /`size` and the other `indices`/,
        async (c) => c.array(Other, { indices: [1], bindTo: await c.array(Part, { size: 2 }) }),
      ],
      [
        /must be the proxy of an array/,
        async (c) => c.array(Other, { size: 2, bindTo: (await c.group(Part)) as never }),
      ],
      [
        /must be the proxy of an array/,
        async (c) => c.array(Other, { size: 2, bindTo: (await c.chare(Part)) as never }),
      ],
      [
        /has no map/,
        async (c) => c.array(Other, { size: 2, bindTo: await c.array(Part, { size: 2 }), map: 'block' } as never),
      ],
    ];
    for (const [words, call] of cases) assert.match((await thrownBy(call)).message, words);
  });

  it('name the companion that is in the way of a move', async () => {
    const error = await runToFailure({
      main: async (charm: Charm) => {
        const parts = await charm.array(Part, { size: 2 });
        await charm.array(Closed, { size: 2, bindTo: parts });
        parts.at(0).move(1);
      },
      ...classes,
    });
    assert.match(error.message, /Closed\[0\], bound to Part\[0\], can't migrate: Closed has the private field #secret/);
  });

  it('say so if there is no companion', async () => {
    const error = await runToFailure({
      main: async (charm: Charm) => {
        const [parts, others] = [await charm.array(Part, { size: 2 }), await charm.array(Other, { size: 2 })];
        await parts.at(0).ask.placeOfCompanion(others);
      },
      ...classes,
    });
    assert.match(error.message, /Part and Other are not bound; create one of them with bindTo/);
  });
});

describe('a demanded element', () => {
  it('is made once, on its home PE or on that of the first sender', () =>
    inEach(async (charm) => {
      const parts = await charm.array(Part, { indices: [0] });
      assert.equal(await parts.at(3).with({ create: 'home' }).ask.place(), 3 % charm.pes);
      assert.equal(await parts.at(5).with({ create: 'here' }).ask.place(), charm.pe);
      assert.equal(await parts.at(3).with({ create: 'here' }).ask.place(), 3 % charm.pes);
    }));

  it('gets what has waited for it, in order', () =>
    inEach(async (charm) => {
      const parts = await charm.array(Part, { indices: [0] });
      const places = [parts.at(3).ask.place(), parts.at(3).with({ create: 'here' }).ask.place()];
      assert.deepEqual(await Promise.all(places), [charm.pe, charm.pe]);
    }));

  it('is refused where it can not be made', async () => {
    const cases: readonly [RegExp, (charm: Charm) => unknown][] = [
      [
        /only elements of sparse arrays/,
        async (c) => (await c.array(Part, { size: 2 })).at(0).with({ create: 'home' }),
      ],
      [
        /a broadcast creates nothing/,
        async (c) => (await c.array(Part, { indices: [1] })).all.with({ create: 'home' }),
      ],
      [
        /the constructor of Needy needs 1 arguments, and gets none/,
        async (c) => (await c.array(Needy, { indices: [1], args: [2] })).at(3).with({ create: 'here' }),
      ],
      [
        /it is 'home' or 'here'/,
        async (c) => (await c.array(Part, { indices: [1] })).at(3).with({ create: 'there' as never }),
      ],
    ];
    for (const [words, call] of cases) assert.match((await thrownBy(call)).message, words);
  });

  it('that is inserted as well is a duplicate', async () => {
    const error = await runToFailure({
      main: async (charm: Charm) => {
        const parts = await charm.array(Part, { indices: [0] });
        await parts.at(3).with({ create: 'home' }).ask.place();
        parts.insert(3);
      },
      ...classes,
    });
    assert(error instanceof CharmError);
    assert.equal(error.code, 'ERR_DUPLICATE_ELEMENT');
  });
});
