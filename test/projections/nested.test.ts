/** Entry methods that are called inside of others: a summary counts their time as a whole trace does. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ElementRecord } from '../../core/chare/element.ts';
import type { EntryMethod } from '../../core/message/entry-table.ts';
import type { TraceLayout } from '../../launch/trace/layout.ts';
import { PeRecording } from '../../launch/trace/pe-recording.ts';
import { SummaryRecording } from '../../launch/trace/summary-recording.ts';
import { LogWriter, MemorySink, Recorder, SummaryBins } from '../../projections/index.ts';
import { LogPlayer } from '../../projections/model/log.ts';
import { check } from '../support/property.ts';

const entries = 3;
const layout = {
  entries: new Array(entries),
  entryOf: (_type: unknown, entry: number) => entry,
} as unknown as TraceLayout;
const element = { collection: { type: {} }, watchNumber: 0 } as unknown as ElementRecord;

/** An entry method that works, calls others inside, and works on. */
interface Call {
  readonly entry: number;
  readonly before: number;
  readonly calls: readonly Call[];
  readonly after: number;
}

const { call } = fc.letrec<{ call: Call }>((tie) => ({
  call: fc.record({
    entry: fc.nat(entries - 1),
    before: fc.integer({ min: 1, max: 3000 }),
    calls: fc.oneof({ maxDepth: 4 }, fc.constant([]), fc.array(tie('call'), { maxLength: 3 })),
    after: fc.integer({ min: 1, max: 3000 }),
  }),
}));

/** Time and executions by entry method: each part of an interrupted execution is one. */
function expected(calls: readonly Call[]): { readonly time: number[]; readonly count: number[] } {
  const time = new Array<number>(entries).fill(0);
  const count = time.slice();
  const add = ({ entry, before, calls: inner, after }: Call): void => {
    time[entry]! += before + after;
    count[entry]! += 1 + inner.length;
    for (const one of inner) add(one);
  };
  for (const one of calls) add(one);
  return { time, count };
}

describe('an entry method inside of another', () => {
  it('counts for itself, and the outer one goes on behind it, in summaries as in traces', () =>
    check(fc.array(call, { minLength: 1, maxLength: 5 }), (calls) => {
      let time = 0;
      const now = (): number => time;
      const bins = new SummaryBins({ pe: 0, pes: 1, entries });
      const summary = new SummaryRecording({ pe: 0, bins, layout, now, begin: 0 });
      const sink = new MemorySink();
      const played = new Recorder({ sink, begin: 0 });
      const player = new LogPlayer(0, played);
      const log = new LogWriter(0, (words) => assert.equal(player.play(words), undefined));
      const recorder = new Recorder({ sink: new MemorySink(), begin: 0 });
      const whole = new PeRecording({ pe: 0, pes: 1, log, recorder, layout, now, begin: 0, queueLength: () => 0 });
      const perform = ({ entry, before, calls: inner, after }: Call): void => {
        const method = { id: entry } as EntryMethod;
        for (const sinkOf of [summary, whole]) sinkOf.begin(element, method, 0, 0);
        time += before;
        for (const one of inner) perform(one);
        time += after;
        for (const sinkOf of [summary, whole]) sinkOf.end(element);
      };
      for (const one of calls) {
        for (const sinkOf of [summary, whole]) sinkOf.scheduling();
        perform(one);
      }
      whole.flush();
      played.flush();
      const { time: wanted, count } = expected(calls);
      const { timeUs, calls: counted } = bins.summary();
      assert.deepEqual(
        timeUs,
        wanted.map((ns) => Math.round(ns / 1000)),
      );
      assert.deepEqual(counted, count);
      const recorded = new Array<number>(entries).fill(0);
      for (const { begin, end, entry } of sink.chunks.executions)
        for (let row = 0; row < entry.length; row++) recorded[entry[row]!]! += end[row]! - begin[row]!;
      assert.deepEqual(recorded, wanted);
    }));
});
