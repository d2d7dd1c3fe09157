/** Sections, one thing at a time: which elements are in one, what reaches them, and how wrong use is refused. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ArrayProxy, type Callback, Chare, type Charm, CharmError, Reducer, type SectionProxy } from 'charm4ts';
import type { ElementRecord } from '../../core/chare/element.ts';
import type { EntryMethod } from '../../core/message/entry-table.ts';
import { SilentSink } from '../../core/pe/trace-sink.ts';
import { run, runToFailure, someSchedules } from '../support/schedule.ts';

class Cell extends Chare<number> {
  calls = 0;
  tell(to: Callback<unknown[]>, among: SectionProxy<Cell>): void {
    this.calls++;
    this.contribute(this.index, Reducer.gather<unknown>(), to, { section: among });
  }
  async agree(among: SectionProxy<Cell>, done: Callback<number[]>): Promise<void> {
    const size = await this.allreduce(1, Reducer.sum, { section: among });
    await this.barrier({ section: among });
    this.contribute(size, Reducer.gather<number>(), done, { section: among });
  }
  early(to: Callback<unknown[]>, among: SectionProxy<Cell>): void {
    this.contribute(`early ${this.index}`, Reducer.gather<unknown>(), to, { section: among });
  }
  go(pe: number): void {
    this.migrateTo(pe);
  }
  place(): number {
    return this.charm.pe;
  }
  end(): void {
    this.destroy();
  }
  make(indices: number[]): SectionProxy<Cell> {
    return this.array.section(indices) as SectionProxy<Cell>;
  }
  fail(among: SectionProxy<Cell>): void {
    this.contribute(1, this.index === 0 ? Reducer.sum : Reducer.max, this.charm.ignoreCallback, { section: among });
  }
}
class Tile extends Chare<[number, number]> {
  tell(to: Callback<unknown[]>, among: SectionProxy<Tile>): void {
    this.contribute(this.index, Reducer.gather<unknown>(), to, { section: among });
  }
}
class Branch extends Chare<number> {
  tell(to: Callback<unknown[]>, among: SectionProxy<Branch>): void {
    this.contribute(this.index, Reducer.gather<unknown>(), to, { section: among });
  }
}
class Other extends Chare<number> {}
const classes = { Cell, Tile, Branch, Other };

async function inEach(main: (charm: Charm) => Promise<void>): Promise<void> {
  const ending = async (charm: Charm): Promise<void> => {
    await main(charm);
    charm.exit();
  };
  for (const schedule of someSchedules) await run({ main: ending, ...classes }, schedule);
}

interface Telling {
  tell(to: Callback<unknown[]>, among: never): void;
}

/** The indices of the members. */
function membersOf(charm: Charm, section: Telling): Promise<unknown[]> {
  const members = charm.future<unknown[]>();
  section.tell(members, section as never);
  return members.get();
}

describe('the members of a section', () => {
  it('are listed, meant by a range, or chosen by a function', () =>
    inEach(async (charm) => {
      const cells = await charm.array(Cell, { size: 12 });
      assert.deepEqual(await membersOf(charm, cells.section([7, 2, 7, 11])), [2, 7, 11]);
      assert.deepEqual(await membersOf(charm, cells.section({ from: 1, to: 10, step: 4 })), [1, 5, 9]);
      assert.deepEqual(
        await membersOf(
          charm,
          cells.section((i) => i % 5 === 0),
        ),
        [0, 5, 10],
      );
      const tiles = await charm.array(Tile, { size: [3, 4] });
      const row = tiles.section({ from: [1, 0], to: [2, 4], step: [1, 2] });
      assert.deepEqual(await membersOf(charm, row), [[1, 0], [1, 2]]); // biome-ignore format: pairs
      assert.equal(row.memberCount, 2);
      const group = await charm.group(Branch);
      const first = group.section([0, charm.pes - 1]);
      assert.deepEqual(await membersOf(charm, first), charm.pes === 1 ? [0] : [0, charm.pes - 1]);
    }));

  it('are those of any of the parts that are combined, and split into parts', () =>
    inEach(async (charm) => {
      const cells = await charm.array(Cell, { size: 10 });
      const elsewhere = await cells.at(9).ask.make([3, 4]);
      assert.deepEqual(await membersOf(charm, await charm.combine(cells.section([4, 5]), elsewhere)), [3, 4, 5]);
      const parts = await Promise.all(charm.split(cells, 3).map((part) => membersOf(charm, part)));
      assert.deepEqual(parts.flat(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      assert(parts.every(({ length }) => length === 3 || length === 4));
      const mod = charm.split(cells, 2, (i) => (i === 9 ? [] : i === 0 ? [0, 1] : i % 2));
      assert.deepEqual(await Promise.all(mod.map((part) => membersOf(charm, part))), [[0, 2, 4, 6, 8], [0, 1, 3, 5, 7]]); // biome-ignore format: pairs
    }));

  it('may be of several arrays and classes', () =>
    inEach(async (charm) => {
      const [a, b] = [await charm.array(Cell, { size: 4 }), await charm.array(Cell, { indices: [7, 8] })];
      const tiles = await charm.array(Tile, { size: [2, 2] });
      const both = await charm.combine(a.section([1, 2]), b.section([8]), tiles.section([[1, 1]]));
      const members = await membersOf(charm, both);
      assert.equal(members.length, 4);
      assert.deepEqual(new Set(members.map(String)), new Set(['1', '2', '8', '1,1']));
    }));

  it('can be exchanged from anywhere, at any time', () =>
    inEach(async (charm) => {
      const cells = await charm.array(Cell, { size: 8 });
      for (const section of [cells.section([0, 1, 2]), await cells.at(7).ask.make([0, 1, 2])]) {
        const before = membersOf(charm, section);
        const regrouped = section.regroup([2, 3]);
        const after = membersOf(charm, section);
        await regrouped;
        assert.deepEqual([await before, await after], [[0, 1, 2], [2, 3]]); // biome-ignore format: pairs
        await section.regroup([]);
        await section.regroup({ from: 4 });
        assert.deepEqual(await membersOf(charm, section), [4, 5, 6, 7]);
      }
    }));

  it('that are inserted later are waited for; those that die are missed from then on', () =>
    inEach(async (charm) => {
      const cells = await charm.array(Cell, { indices: [0, 1, 2] });
      const section = cells.section([1, 2, 3]);
      const members = membersOf(charm, section);
      cells.insert(3);
      assert.deepEqual(await members, [1, 2, 3]);
      cells.at(2).end();
      assert.deepEqual(await membersOf(charm, section), [1, 3]);
      cells.insert(2);
      assert.deepEqual(await membersOf(charm, section), [1, 3], 'a successor is no member');
    }));
});

describe('reductions among a section', () => {
  it('give every member the result, and are counted for each section by itself', () =>
    inEach(async (charm) => {
      const cells = await charm.array(Cell, { size: 9 });
      const [a, b] = [cells.section([1, 2, 3, 4]), cells.section([4, 5])];
      const [ofA, ofB] = [charm.future<number[]>(), charm.future<number[]>()];
      a.agree(a, ofA);
      b.agree(b, ofB);
      assert.deepEqual([await ofA.get(), await ofB.get()], [[4, 4, 4, 4], [2, 2]]); // biome-ignore format: pairs
    }));

  it('take contributions of elements that have not heard of their membership', () =>
    inEach(async (charm) => {
      const cells = await charm.array(Cell, { size: 6 });
      const all = charm.future<unknown[]>();
      const section = cells.section([1, 4]);
      for (const i of [1, 4]) cells.at(i).early(all, section);
      assert.deepEqual(await all.get(), ['early 1', 'early 4']);
    }));

  it('end the job when members use different reducers', async () => {
    const main = async (charm: Charm): Promise<void> => {
      const cells = await charm.array(Cell, { size: 4 });
      const section = cells.section([0, 3]);
      section.fail(section);
    };
    const error = await runToFailure({ main, ...classes });
    assert(error instanceof CharmError && error.code === 'ERR_REDUCTION_MISMATCH', String(error));
    assert.match(error.message, /reduction 1 of section 0 of Cell/);
  });

  it('are named in the report of a stuck job, and so is who is no member', async () => {
    const stuck = async (charm: Charm): Promise<void> => {
      const cells = await charm.array(Cell, { indices: [0, 1] });
      const section = cells.section([0, 1, 5]);
      section.tell(charm.ignoreCallback, section);
    };
    assert.match(
      String(await runToFailure({ main: stuck, ...classes })),
      /section 0 of Cell .* waits for 1 .* Cell\[5\]/,
    );
    const wrong = async (charm: Charm): Promise<void> => {
      const cells = await charm.array(Cell, { size: 2 });
      cells.at(0).early(charm.ignoreCallback, cells.section([1]));
    };
    assert.match(String(await runToFailure({ main: wrong, ...classes })), /Cell\[0\] has contributed to section 0/);
  });
});

describe('a section whose members have moved', () => {
  it('finds the short way again after some multicasts', async () => {
    const frames = async (casts: number): Promise<number> => {
      const main = async (charm: Charm): Promise<void> => {
        const cells = await charm.array(Cell, { size: 8, map: 'block' });
        const section = cells.section((i) => i >= 4);
        await membersOf(charm, section);
        for (let i = 4; i < 8; i++) cells.at(i).go(3);
        await charm.quiescence();
        for (let i = 0; i < casts; i++) await membersOf(charm, section);
        charm.exit();
      };
      return (await run({ main, ...classes }, { pes: 4, pesPerNode: 4, seed: 3, shuffle: false })).frames;
    };
    const [some, more] = [await frames(12), await frames(22)];
    // One frame to PE 3 and one back.
    assert.equal(more - some, 20);
  });
});

class Watch extends SilentSink {
  readonly begun: string[];
  readonly told: string[];
  readonly pe: number;

  constructor(pe: number, told: string[], begun: string[]) {
    super();
    this.pe = pe;
    this.told = told;
    this.begun = begun;
  }

  multicast(event: number): void {
    this.told.push(`${this.pe}/${event}`);
  }

  override begin(element: ElementRecord, entry: EntryMethod, source: number, event: number): void {
    if (entry.name === 'tell') this.begun.push(`${source}/${event} ${element.label}`);
  }
}

describe('a watcher of a multicast', () => {
  it('hears of it once, and of its run on every member under the same name, those that have moved included', async () => {
    const [told, begun]: string[][] = [[], []];
    const main = async (charm: Charm): Promise<void> => {
      const cells = await charm.array(Cell, { size: 6, map: 'block' });
      const section = await cells.at(4).ask.make([0, 2, 5]);
      await membersOf(charm, section);
      cells.at(0).go(2);
      await charm.quiescence();
      await membersOf(charm, section);
      charm.exit();
    };
    const trace = (pe: number): SilentSink => new Watch(pe, told!, begun!);
    await run({ main, ...classes }, { pes: 3, pesPerNode: 3, seed: 5, shuffle: false, trace });
    const expected = told!.flatMap((name) => [0, 2, 5].map((i) => `${name} Cell[${i}]`));
    assert.equal(told!.length, 2);
    assert.deepEqual(begun!.sort(), expected.sort());
  });
});

describe('wrong use', () => {
  const refused = async (call: (cells: ArrayProxy<Cell, number>, charm: Charm) => unknown): Promise<string> => {
    const main = async (charm: Charm): Promise<void> => {
      await call(await charm.array(Cell, { size: 4 }), charm);
      charm.exit();
    };
    return (await runToFailure({ main, ...classes })).message;
  };

  it('is refused', async () => {
    assert.match(await refused((cells) => cells.section([1, 4])), /Cell has no index 4; allowed: 0 to 3/);
    assert.match(
      await refused((cells) => cells.section({ to: 5 })),
      /no range from 0 to 5 in steps of 1: its extent is 4/,
    );
    assert.match(await refused((cells) => cells.section(3 as never)), /needs indices: a list/);
    assert.match(
      await refused((cells) => cells.section({ form: 3 } as never)),
      /no field form; there are from, to, step/,
    );
    const sparse = async (_: unknown, charm: Charm): Promise<unknown> =>
      (await charm.array(Cell, { indices: [1] })).section(() => true);
    assert.match(await refused(sparse), /sparse array, whose elements nobody knows all: a condition/);
    assert.match(await refused((cells, charm) => charm.split(cells, 0)), /1 or more sections, not 0/);
    assert.match(await refused((cells, charm) => charm.split(cells, 2, () => 2)), /Cell\[0\] can't be in section 2/);
    assert.match(await refused((_, charm) => charm.combine()), /at least one/);
    assert.match(await refused((cells) => cells.section([1]).with({ create: 'home' } as never)), /creates nothing/);
    const mixed = async (cells: ArrayProxy<Cell, number>, charm: Charm): Promise<unknown> =>
      ((await charm.combine(cells, await charm.array(Other, { size: 1 }))) as SectionProxy<Cell>).tell(
        charm.ignoreCallback,
        cells.section([]),
      );
    assert.match(await refused(mixed), /Other, which has members in the section, has no entry method tell/);
  });
});
