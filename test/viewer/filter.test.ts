/** One selection for all views: what it lets pass is the same in each of them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { usageProfile } from '../../projections/analysis/profile.ts';
import { choose, eachExecution, type Selection } from '../../projections/analysis/selection.ts';
import { elementName } from '../../projections/model/trace.ts';
import { answer } from '../../projections/viewer/answers.ts';
import { tileColumns, tileRows } from '../../projections/viewer/protocol.ts';
import { TraceStore } from '../../projections/viewer/store.ts';
import { check } from '../support/property.ts';
import { ringTrace } from '../support/viewer.ts';

const store = new TraceStore(ringTrace());
const { trace, begin, end } = store;
const sum = (values: Iterable<number>): number => [...values].reduce((total, one) => total + one, 0);
const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-3 * Math.max(1, Math.abs(a), Math.abs(b));

const selections: fc.Arbitrary<Selection> = fc.record(
  {
    pes: fc.subarray([0, 1, 2, 3], { minLength: 1 }),
    entries: fc.subarray([0, 1, 2], { minLength: 1 }),
    chare: fc.constantFrom('Ring', 'Ring[0]', 'Ring[3]', 'Nobody'),
  },
  { requiredKeys: [] },
);

function busyOf(selection: Selection): number {
  return sum(usageProfile(trace, selection).busy);
}

describe('a selection', () => {
  it('has the same busy time in usage, overview and heat map', () =>
    check(selections, (selection) => {
      const busy = busyOf(selection);
      const pes = selection.pes?.length ?? trace.pes.length;
      const overview = answer(store, 'overview', { ...selection, columns: 100 });
      assert(near(sum(overview.busy) * ((end - begin) / 100) * pes, busy), 'overview');
      const map = answer(store, 'heatMap', { ...selection, columns: 50, rowsMax: 100 });
      assert(near(sum(map.busy) * map.grid.width, busy), 'heat map');
    }));

  it('has the same executions in the blocks of the timeline', () =>
    check(fc.constantFrom(undefined, 'Ring', 'Ring[1]', 'Nobody'), (chare) => {
      const selection = chare === undefined ? {} : { chare };
      const blocks = answer(store, 'blocks', { begin, end, pes: [0, 1, 2, 3], max: 8000, ...selection });
      const chosen = Array.from(blocks.row, (row, i) => `${blocks.pe[i]}.${row}`).filter((_, i) => blocks.isOfChare[i]);
      const wanted: string[] = [];
      eachExecution(choose(trace, selection), ({ pe }, row) => wanted.push(`${pe}.${row}`));
      assert.deepEqual(chosen, wanted);
    }));

  it('colours only its chare in tiles, and leaves idle time as it is', () => {
    const tile = { level: 10, index: 0, block: 0 };
    const [all] = answer(store, 'tiles', { tiles: [tile] }).tiles;
    const [one] = answer(store, 'tiles', { tiles: [tile], chare: 'Ring[2]' }).tiles;
    const shares = (cells: Uint32Array, shift: number, row: number): number[] =>
      Array.from(cells.subarray(row * tileColumns, (row + 1) * tileColumns), (cell) => (cell >>> shift) & 0xff);
    for (let row = 0; row < tileRows; row++) {
      const busy = shares(one!.cells, 16, row);
      if (row === 2) assert.deepEqual(busy, shares(all!.cells, 16, row));
      else assert.equal(sum(busy), 0);
      assert.deepEqual(shares(one!.cells, 24, row), shares(all!.cells, 24, row));
    }
  });

  it('lets pass what was recorded in its executions', () => {
    const count = (selection: Selection): number =>
      sum(answer(store, 'userEvents', selection).points.map((point) => point.count));
    assert.equal(count({}), 10);
    const parts = [0, 1, 2, 3].map((index) => count({ chare: `Ring[${index}]` }));
    assert.equal(sum(parts), 10);
    assert.equal(answer(store, 'userEvents', { chare: 'Ring[0]' }).notes.length, 1);
    assert.equal(answer(store, 'userEvents', { chare: 'Ring[1]' }).notes.length, 0);
  });

  it('does not change the critical path, and says what of it is chosen', () => {
    const path = answer(store, 'criticalPath', {});
    const of = answer(store, 'criticalPath', { chare: 'Ring[2]' });
    assert.deepEqual(of.row, path.row);
    const chosen = Array.from(of.pe.keys()).filter((i) => of.isChosen[i] === 1);
    assert(chosen.length > 0);
    for (const i of chosen) {
      const element = store.pe(of.pe[i]!)!.executions.element[of.row[i]!]!;
      assert.equal(elementName(trace, element), 'Ring[2]');
    }
  });
});
