/** Analysis: what must hold for any trace, and small traces whose answers are known. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { callGraph } from '../../projections/analysis/call-graph.ts';
import { communicationMatrix, communicationOverTime } from '../../projections/analysis/communication.ts';
import { compareProfiles } from '../../projections/analysis/compare.ts';
import { criticalPath } from '../../projections/analysis/critical-path.ts';
import { histogram, measures } from '../../projections/analysis/histogram.ts';
import { imbalance, loadBalance } from '../../projections/analysis/load-balance.ts';
import { outliers, scoresOf } from '../../projections/analysis/outliers.ts';
import { entryProfile, usageProfile } from '../../projections/analysis/profile.ts';
import { search } from '../../projections/analysis/search.ts';
import { choose, eachExecution, type Selection } from '../../projections/analysis/selection.ts';
import { timeProfile } from '../../projections/analysis/time-profile.ts';
import { userEvents } from '../../projections/analysis/user-events.ts';
import { linkMessages } from '../../projections/model/links.ts';
import { elementName, type Trace, timeRange } from '../../projections/model/trace.ts';
import { TraceStore } from '../../projections/viewer/store.ts';
import { tileOf } from '../../projections/viewer/timeline.ts';
import { check as checkAll } from '../support/property.ts';
import { type Action, anyActions, madeTrace, newSinks, play, traceOf } from '../support/traces.ts';

function traceFrom(actions: Action[][]): Trace {
  const sinks = newSinks();
  play(actions, sinks);
  const trace = traceOf(sinks);
  linkMessages(trace);
  return trace;
}

const anySelection: fc.Arbitrary<Selection> = fc
  .record(
    {
      begin: fc.nat(60_000),
      length: fc.nat(60_000),
      pes: fc.subarray([0, 1, 2]),
      entries: fc.subarray([-1, 0, 1, 2, 3]),
      chare: fc.constantFrom('Ring', 'Grid[1,2,3]', 'Grid[0,0,0]', 'nothing'),
    },
    { requiredKeys: [] },
  )
  .map(({ begin, length, ...rest }) => ({
    ...rest,
    ...(begin === undefined ? {} : { begin }),
    ...(begin === undefined || length === undefined ? {} : { end: begin + length }),
  }));

const sum = (values: Iterable<number>): number => [...values].reduce((total, one) => total + one, 0);
const near = (a: number, b: number, what: string): void =>
  assert(Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(a), Math.abs(b)), `${what}: ${a} and ${b}`);

/** Found by drawing before: always tried. */
const examples: readonly [Action[][], Selection][] = [
  // What was sent before the window, by an entry method that does not run in it, is executed in it.
  [
    [
      [
        [0, 0, 1, 0],
        [3, 0, 0, 0],
      ],
      [
        [0, 1521, 0, 0],
        [0, 851, 0, 0],
        [10, 3184, 0, 63],
        [0, 3969, 0, 0],
        [15, 3071, 0, 486],
        [0, 4739, 0, 0],
        [0, 3464, 0, 0],
      ],
      [],
    ],
    { begin: 1 },
  ],
];

async function check(property: (trace: Trace, selection: Selection) => void): Promise<void> {
  await checkAll(
    fc.tuple(anyActions, anySelection),
    ([actions, selection]) => property(traceFrom(actions), selection),
    { runs: 150, examples },
  );
}

/** Chosen executions, one by one. */
function countOf(trace: Trace, selection: Selection): { count: number; busy: number; messages: number } {
  let [count, busy, messages] = [0, 0, 0];
  eachExecution(choose(trace, selection), ({ executions }, row, from, to) => {
    count++;
    busy += to - from;
    if (executions.source[row] !== -1) messages++;
  });
  return { count, busy, messages };
}

describe('analysis of any trace and selection', () => {
  it('gives the same busy time in every profile', async () => {
    await check((trace, selection) => {
      const { count, busy } = countOf(trace, selection);
      const profile = entryProfile(trace, selection);
      near(sum(profile.busy), busy, 'entry profile');
      assert.equal(sum(profile.count), count);
      const usage = usageProfile(trace, selection);
      near(sum(usage.busy), busy, 'usage');
      assert.equal(sum(usage.count), count);
      const { begin, end } = choose(trace, selection);
      if (end <= begin) return;
      const over = timeProfile(trace, selection, 7, 2);
      near(sum(over.busy) + sum(over.other), busy, 'time profile');
      near(sum(over.idle), sum(usage.idle), 'idle');
      near(sum(over.available), sum(usage.time), 'time of the PEs');
    });
  });

  it('never finds more busy and idle time than there is', async () => {
    await check((trace, { entries: _e, chare: _c, ...window }) => {
      const { time, totalBusy, idle } = entryProfile(trace, window);
      assert(totalBusy + idle <= time + 1e-6, `${totalBusy} + ${idle} of ${time}`);
    });
  });

  it('counts every value of a histogram once, with percentiles in order', async () => {
    await check((trace, selection) => {
      const links = linkMessages(trace);
      for (const measure of measures) {
        const { summary, counts, other, edges } = histogram(trace, links, selection, measure, 2);
        assert.equal(sum(counts) + sum(other), summary.count);
        if (measure === 'duration') assert.equal(summary.count, countOf(trace, selection).count);
        if (summary.count === 0) continue;
        const { min, p50, p90, p99, p999, max } = summary;
        assert.deepEqual(
          [min, p50, p90, p99, p999, max],
          [min, p50, p90, p99, p999, max].sort((a, b) => a - b),
        );
        assert(max < edges.at(-1)! || max <= 1, `${max} lies in the bins up to ${edges.at(-1)}`);
      }
    });
  });

  it('counts every message once, by PE, over time and in the call graph', async () => {
    await check((trace, { pes: _p, ...selection }) => {
      const links = linkMessages(trace);
      const { messages, count } = countOf(trace, selection);
      assert.equal(sum(communicationMatrix(trace, links, selection, 'pe').messages), messages);
      assert.equal(sum(communicationMatrix(trace, links, selection, 'node').messages), messages);
      assert.equal(sum(communicationMatrix(trace, links, selection, 'pe', 2).messages), messages);
      const graph = callGraph(trace, links, selection);
      assert.equal(sum(graph.count), count);
      const known = sum(Array.from(graph.count, (number, i) => (graph.from[i] === -1 ? 0 : number)));
      assert.equal(sum(communicationMatrix(trace, links, selection, 'entry').messages), known);
      if (choose(trace, selection).end <= choose(trace, selection).begin) return;
      const over = communicationOverTime(trace, selection, 5);
      assert.equal(sum(over.executed), messages);
      assert(sum(over.fromOtherNode) <= sum(over.fromOtherPe));
    });
  });

  it('finds a critical path that goes forward in time and fills it', async () => {
    await check((trace, { entries: _e, chare: _c, ...window }) => {
      const path = criticalPath(trace, linkMessages(trace), window);
      const { begin, end } = choose(trace, window);
      for (let i = 0; i < path.pe.length; i++) {
        assert(path.begin[i]! <= path.end[i]!, 'a step ends after its begin');
        assert(path.begin[i]! >= begin && path.end[i]! <= end, 'it lies in the window');
        if (i > 0) assert(path.end[i - 1]! <= path.begin[i]!, 'it begins after the step before');
      }
      near(sum(path.busy) + path.wait, path.length, 'busy and waiting');
    });
  });

  it('finds all executions by an empty search, and those of a name by it', async () => {
    await check((trace, selection) => {
      const all = search(trace, { ...selection, text: '', order: 'time', max: 10 });
      assert.equal(all.total, countOf(trace, selection).count);
      assert(all.pe.length <= 10);
      const some = search(trace, { ...selection, text: 'gRiD', order: 'duration', max: 1000 });
      for (const [i, element] of some.element.entries())
        assert(element.startsWith('Grid') || trace.info.entries[some.entry[i]!]?.collection === 2);
      assert.deepEqual(
        [...some.duration],
        [...some.duration].sort((a, b) => b - a),
      );
    });
  });

  it('fills tiles with as much busy time as there is', async () => {
    await check((trace) => {
      const store = new TraceStore(trace);
      const { begin, end } = timeRange(trace);
      const level = Math.max(0, Math.ceil(Math.log2(Math.max(1, end - begin) / 256)));
      const { cells } = tileOf(store, { level, index: 0, block: 0 });
      for (const [row, pe] of trace.pes.entries()) {
        const busy = sum(Array.from(pe.executions.begin, (from, i) => pe.executions.end[i]! - from));
        const shown = sum(Array.from(cells.subarray(row * 256, (row + 1) * 256), (cell) => (cell >>> 16) & 0xff)) / 255;
        // Rounded up in each of 256 columns.
        assert(
          shown * 2 ** level >= busy - 1e-6 && shown * 2 ** level <= busy + 257 * 2 ** level,
          `${shown} of ${busy}`,
        );
      }
    });
  });

  it('finds outliers and user events without a fault', async () => {
    await check((trace, selection) => {
      const { pe, scores } = outliers(trace, selection);
      assert.equal(scores.length, 7 * pe.length);
      assert(scores.every(Number.isFinite));
      for (const { total, longest, byPe } of userEvents(trace, selection).spans) {
        near(sum(byPe), total, 'by PE');
        assert(longest >= 0);
      }
    });
  });
});

describe('analysis of small traces', () => {
  it('follows the critical path over a message to the PE that was late', () => {
    const trace = madeTrace(2, 1000, ([one, two]) => {
      one!.beginExecution(0, 0, -1, -1, -1, 0, 0, Number.NaN, 0);
      one!.send(400, 1, -1, 1, 0, 8, 0);
      one!.endExecution(700);
      two!.beginExecution(100, 1, -1, -1, -1, 0, 0, Number.NaN, 0);
      two!.endExecution(200);
      two!.beginIdle(200);
      two!.beginExecution(450, 2, -1, 0, 0, 8, 0, 440, 0);
      two!.endExecution(1000);
    });
    const path = criticalPath(trace, linkMessages(trace));
    assert.deepEqual([...path.pe], [0, 1]);
    assert.deepEqual([...path.begin], [0, 450]);
    assert.deepEqual([...path.end], [400, 1000]);
    assert.equal(path.wait, 50);
    assert.equal(path.length, 1000);
  });

  it('takes what the PE did before, if the message had come by then', () => {
    const trace = madeTrace(2, 1000, ([one, two]) => {
      one!.beginExecution(0, 0, -1, -1, -1, 0, 0, Number.NaN, 0);
      one!.send(100, 1, -1, 1, 0, 8, 0);
      one!.endExecution(150);
      two!.beginExecution(50, 1, -1, -1, -1, 0, 0, Number.NaN, 0);
      two!.endExecution(600);
      two!.beginExecution(620, 2, -1, 0, 0, 8, 0, 110, 0);
      two!.endExecution(1000);
    });
    const path = criticalPath(trace, linkMessages(trace));
    assert.deepEqual([...path.pe], [1, 1]);
    assert.equal(path.wait, 20);
  });

  it('sees what a balancing step did, from what was measured and what moved', () => {
    const trace = madeTrace(2, 1000, ([one, two]) => {
      const a = one!.defineElement(1, [0]);
      const b = one!.defineElement(1, [1]);
      const there = two!.defineElement(1, [1]);
      one!.beginExecution(0, 1, a, -1, -1, 0, 0, Number.NaN, 0);
      one!.beginExecution(200, 1, b, -1, -1, 0, 0, Number.NaN, 0);
      one!.endExecution(400);
      one!.point('lbLoadBefore', 410, 3, 400);
      one!.point('lbLoadAfter', 410, 3, 200);
      one!.span('migrateOut', 410, 420, -1, b, 1, 77);
      one!.span('lbStep', 405, 450, 3, -1, -1, 0);
      one!.beginExecution(500, 1, a, -1, -1, 0, 0, Number.NaN, 0);
      one!.endExecution(700);
      two!.point('lbLoadBefore', 410, 3, 0);
      two!.point('lbLoadAfter', 410, 3, 200);
      two!.span('lbStep', 400, 460, 3, -1, -1, 0);
      two!.beginExecution(500, 1, there, -1, -1, 0, 0, Number.NaN, 0);
      two!.endExecution(700);
    });
    const { steps } = loadBalance(trace);
    assert.equal(steps.length, 1);
    const [{ step, begin, end, before, after, saidBefore, saidAfter, moves }] = steps as [(typeof steps)[0]];
    assert.deepEqual([step, begin, end], [3, 400, 460]);
    assert.deepEqual([...before], [400, 0]);
    assert.deepEqual([...after], [200, 200]);
    assert.deepEqual([...saidBefore], [400, 0]);
    assert.deepEqual([...saidAfter], [200, 200]);
    assert.equal(imbalance(before), 2);
    assert.equal(imbalance(after), 1);
    assert.deepEqual([moves.names, [...moves.from], [...moves.to], [...moves.load]], [['Ring[1]'], [0], [1], [200]]);
    assert.equal(elementName(trace, moves.element[0]!), 'Ring[1]');
  });

  it('finds the PE that is unlike the others, and none among equal ones', () => {
    const scores = scoresOf(Float64Array.of(10, 11, 9, 10, 30, 10, 9, 11));
    assert.equal(
      scores.findIndex((score) => Math.abs(score) > 3),
      4,
    );
    assert(scoresOf(new Float64Array(5).fill(7)).every((score) => score === 0));
  });

  it('compares runs by name, largest change first', () => {
    const first = { names: ['a', 'b'], busy: Float64Array.of(10, 20), count: Float64Array.of(1, 2) };
    const second = { names: ['b', 'c'], busy: Float64Array.of(21, 100), count: Float64Array.of(2, 5) };
    assert.deepEqual(
      compareProfiles(first, second).map(({ name, busy }) => [name, ...busy]),
      [
        ['c', 0, 100],
        ['a', 10, 0],
        ['b', 20, 21],
      ],
    );
  });
});
