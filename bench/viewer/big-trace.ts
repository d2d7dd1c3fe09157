/**
 * A made-up trace of any size for the bench of the viewer: rounds in which every PE executes messages of its neighbours
 * and sends them others, PEs that differ in speed, idle time at the end of rounds. No two runs differ.
 */
import { ProblemList } from '../../projections/errors.ts';
import { assemble } from '../../projections/model/assemble.ts';
import { concat, rowsOf } from '../../projections/model/columns.ts';
import { joinElements, type PeElements } from '../../projections/model/elements.ts';
import { MemorySink, Recorder } from '../../projections/model/recorder.ts';
import { schemas } from '../../projections/model/schema.ts';
import type { Trace, TraceInfo } from '../../projections/model/trace.ts';

export interface BigTraceSize {
  readonly pes: number;
  /** Begins and ends count, as in logs. */
  readonly records: number;
}

const elementsOfPe = 8;
const methods = 24;
/** Of each element in a round: begin, end, send; and a begin and end of idle time for the PE. */
const recordsOfRound = 3 * elementsOfPe + 2;
const roundNs = 200_000;
const pesOfNode = 16;

export function bigTrace({ pes, records }: BigTraceSize): Trace {
  const rounds = Math.max(2, Math.round(records / pes / recordsOfRound));
  const info: TraceInfo = {
    run: { id: 'made up', host: 'bench' },
    pes,
    nodeOf: Array.from({ length: pes }, (_, pe) => Math.floor(pe / pesOfNode)),
    collections: [{ name: 'Cell', dimensions: 2 }],
    entries: Array.from({ length: methods }, (_, id) => ({ id, name: `method${id}(int)`, collection: 0 })),
    userEvents: [],
    userStats: [],
  };
  const parts = info.nodeOf.map((_, pe) => peOf(pe, pes, rounds));
  return { name: 'big', info, pes: parts.map(({ trace }) => trace), elements: joinElements(parts), problems: [] };
}

function peOf(pe: number, pes: number, rounds: number): PeElements {
  const sink = new MemorySink();
  const recorder = new Recorder({ sink, begin: 0, chunkRows: 8192 });
  for (let i = 0; i < elementsOfPe; i++) recorder.defineElement(0, [pe, i]);
  let state = pe + 1;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const speed = 0.6 + 0.4 * Math.sin(pe / 40) ** 2;
  for (let round = 0; round < rounds; round++) {
    let time = round * roundNs;
    recorder.endIdle(time);
    for (let i = 0; i < elementsOfPe; i++) {
      // Everybody sends one message an element and round, to the PE before or after; their numbers are the same everywhere.
      const source = (pe + (i % 2 === 0 ? 1 : pes - 1)) % pes;
      const message = round === 0 ? -1 : (round - 1) * elementsOfPe + i;
      const entry = (i * 3 + round) % methods;
      const length = Math.round(1000 * Math.ceil(speed * (4 + 14 * random())));
      recorder.beginExecution(time, entry, i, message < 0 ? -1 : source, message, 128, 0, time - 500, 0);
      recorder.send(
        time + (length >> 1),
        entry,
        -1,
        (pe + (i % 2 === 0 ? pes - 1 : 1)) % pes,
        round * elementsOfPe + i,
        128,
        0,
      );
      time += length;
      recorder.endExecution(time);
      time += 1000;
    }
    recorder.beginIdle(time);
  }
  recorder.finish(rounds * roundNs);
  const elements = concat(schemas.elements, sink.chunks.elements);
  const limits = { file: `PE ${pe}`, problems: new ProblemList(), entries: methods, elements: rowsOf(elements) };
  return { trace: assemble(pe, sink, limits), elements, texts: sink.texts };
}
