/**
 * Traces for tests: drawn ones, in which PEs do everything there is, and small ones made by hand.
 *
 * A drawn trace is a list of actions for each PE. The actions are played through recorders, as a runtime would do it, with
 * a clock that goes on between them. Messages are real: an execution names one that was sent before, if there is one.
 */
import fc from 'fast-check';
import { ProblemList } from '../../projections/errors.ts';
import { assemble } from '../../projections/model/assemble.ts';
import { concat, rowsOf } from '../../projections/model/columns.ts';
import { joinElements, type PeElements } from '../../projections/model/elements.ts';
import { MemorySink, Recorder } from '../../projections/model/recorder.ts';
import { schemas } from '../../projections/model/schema.ts';
import type { Trace, TraceInfo } from '../../projections/model/trace.ts';

export const info: TraceInfo = {
  run: { id: 'a run', host: 'here', machine: 'x86_64', commandLine: 'ring 10', startedAt: '2026-01-02T03:04:05Z' },
  pes: 3,
  nodeOf: [0, 1, 2],
  collections: [
    { name: 'Main', dimensions: -1 },
    { name: 'Ring', dimensions: 1 },
    { name: 'Grid', dimensions: 3 },
  ],
  entries: [
    { id: 0, name: 'main()', collection: 0 },
    { id: 3, name: 'pass(int hops)', collection: 1 },
    { id: 7, name: 'step', collection: 2 },
    { id: 8, name: 'done', collection: 2 },
  ],
  userEvents: [
    { id: 10, name: 'a point' },
    { id: 20, name: 'a bracket' },
  ],
  userStats: [{ id: 1, name: 'residual' }],
};

/** Numbers from which an action takes what it needs. */
export type Action = readonly [kind: number, wait: number, a: number, b: number];

/** Actions of each of three PEs. */
export const anyActions: fc.Arbitrary<Action[][]> = fc.array(
  fc.array(fc.tuple(fc.nat(actionCount() - 1), fc.nat(5000), fc.nat(1000), fc.nat(1000)), { maxLength: 60 }),
  { minLength: 3, maxLength: 3 },
);

interface Player {
  readonly recorder: Recorder;
  readonly elements: number[][];
  time: number;
  sent: number;
}

export interface PlayOptions {
  /** Times are multiples of this. */
  readonly ns?: number;
  readonly chunkRows?: number;
  /** Only what logs of the original can hold. */
  readonly isOriginal?: boolean;
}

/** What recorders of three PEs record; each writes into the sink it is given. */
export function play(actions: readonly Action[][], sinks: readonly MemorySink[], options: PlayOptions = {}): void {
  const { ns = 1, chunkRows = 8, isOriginal = false } = options;
  const players = sinks.map((sink) => newPlayer(sink, chunkRows));
  for (const [pe, list] of actions.entries()) {
    const player = players[pe]!;
    for (const [kind, wait, a, b] of list) {
      player.time += wait * ns;
      act(players, pe, kind, a, b, ns, isOriginal);
    }
    player.recorder.finish(player.time);
  }
}

function newPlayer(sink: MemorySink, chunkRows: number): Player {
  const recorder = new Recorder({ sink, begin: 0, chunkRows });
  const elements = info.entries.map(({ collection }) => {
    const dimensions = Math.max(0, info.collections[collection]!.dimensions);
    return [0, 1, 2].map((i) =>
      recorder.defineElement(
        collection,
        Array.from({ length: dimensions }, (_, d) => i * (d + 1)),
      ),
    );
  });
  return { recorder, elements, time: 0, sent: 0 };
}

function actionCount(): number {
  return 16;
}

function act(
  players: readonly Player[],
  pe: number,
  kind: number,
  a: number,
  b: number,
  ns: number,
  isOriginal: boolean,
): void {
  const player = players[pe]!;
  const { recorder, time } = player;
  const entry = a % info.entries.length;
  const priority = isOriginal ? 0 : a - 500;
  const element = player.elements[entry]![b % 3]!;
  const source = b % players.length;
  const { sent } = players[source]!;
  const length = b * ns;
  const later = (): number => {
    player.time += length;
    return player.time;
  };
  switch (kind) {
    case 0:
    case 1:
      recorder.endIdle(time);
      return recorder.beginExecution(
        time,
        entry,
        element,
        sent > 0 ? source : -1,
        sent > 0 ? a % sent : -1,
        b,
        priority,
        Number.NaN,
        sent > 0 ? 0 : 1,
      );
    case 2:
      return recorder.endExecution(time);
    case 3:
    case 4:
      return recorder.send(time, entry, -1, -1, player.sent++, b, priority);
    case 5:
      return recorder.broadcast(time, b * 1000, entry, player.sent++, b, priority, players.length);
    case 6:
      return recorder.multicast(time, 0, entry, player.sent++, b, priority, [0, 2].slice(b % 2));
    case 7:
    case 8:
      return recorder.beginIdle(time);
    case 9:
      return recorder.endIdle(time);
    case 10:
      return recorder.span(b % 2 === 0 ? 'pack' : 'unpack', time, later(), -1, -1, -1, Number.NaN);
    case 11:
      return recorder.span('user', time, later(), 20, -1, a % 3, Number.NaN);
    case 12:
      return recorder.point('userEvent', time, 10, Number.NaN);
    case 13:
      return recorder.point('userStat', time, 1, a / 1e7, b % 2 === 0 ? b : Number.NaN);
    case 14:
      return recorder.note(time, `note ${a}, with "quotes" & <b>`);
    default:
      if (isOriginal) return recorder.point('memory', time, -1, a * 1e6);
      recorder.span('migrateOut', time, later(), -1, element, source, b);
      return recorder.point('queueLength', time, -1, a);
  }
}

export function newSinks(): MemorySink[] {
  return info.nodeOf.map(() => new MemorySink());
}

/** The trace of what was recorded. */
export function traceOf(sinks: readonly MemorySink[], traceInfo: TraceInfo = info, name = 'drawn'): Trace {
  const problems = new ProblemList();
  const parts = sinks.map((sink, pe): PeElements => {
    const elements = concat(schemas.elements, sink.chunks.elements);
    const limits = { file: `PE ${pe}`, problems, entries: traceInfo.entries.length, elements: rowsOf(elements) };
    return { trace: assemble(pe, sink, limits), elements, texts: sink.texts };
  });
  const elements = joinElements(parts);
  return { name, info: traceInfo, pes: parts.map(({ trace }) => trace), elements, problems: problems.problems };
}

/** A trace from what `record` does with a recorder for each PE. */
export function madeTrace(pes: number, end: number, record: (pes: readonly Recorder[]) => void): Trace {
  const sinks = Array.from({ length: pes }, () => new MemorySink());
  const recorders = sinks.map((sink) => new Recorder({ sink, begin: 0, chunkRows: 4 }));
  record(recorders);
  for (const recorder of recorders) recorder.finish(end);
  return traceOf(sinks, { ...info, pes, nodeOf: recorders.map((_, pe) => pe) }, 'made');
}
