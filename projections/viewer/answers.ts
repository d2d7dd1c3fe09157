/**
 * Answers to the questions of the page, from a trace in memory. Each answer is a function of the store and the question
 * alone. What comes in is checked by `questions.ts`; numbers may still be out of range, and then there is nothing there.
 */
import { callGraph } from '../analysis/call-graph.ts';
import { communicationMatrix, communicationOverTime } from '../analysis/communication.ts';
import { criticalPath } from '../analysis/critical-path.ts';
import { heatMap } from '../analysis/heat-map.ts';
import { histogram } from '../analysis/histogram.ts';
import { loadBalance } from '../analysis/load-balance.ts';
import { outliers } from '../analysis/outliers.ts';
import { entryProfile, usageProfile } from '../analysis/profile.ts';
import { search } from '../analysis/search.ts';
import { choose } from '../analysis/selection.ts';
import { timeProfile } from '../analysis/time-profile.ts';
import { userEvents } from '../analysis/user-events.ts';
import { describeProblem } from '../errors.ts';
import { entryName } from '../model/trace.ts';
import { chainOf, detailsOf, neighbourOf, pickAt } from './messages.ts';
import type { Answer, Ask, QuestionName, TraceSource, ViewInfo } from './protocol.ts';
import { nameLengthMax } from './protocol.ts';
import type { TraceStore } from './store.ts';
import { blocksOf, lanesOf, overviewOf, tileOf } from './timeline.ts';

type Answers = { readonly [K in QuestionName]: (store: TraceStore, ask: Ask<K>) => Answer<K> };

export const answers: Answers = {
  info: (store) => infoOf(store),
  tiles: (store, { tiles, chare }) => ({ tiles: tiles.map((key) => tileOf(store, key, { chare })) }),
  overview: overviewOf,
  blocks: blocksOf,
  pick: (store, ask) => ({ found: pickAt(store, ask) }),
  execution: (store, id) => ({ details: detailsOf(store, id) }),
  chain: chainOf,
  neighbour: (store, ask) => ({ found: neighbourOf(store, ask) }),
  lanes: lanesOf,
  profile: ({ trace }, selection) => entryProfile(trace, selection),
  usage: ({ trace }, selection) => usageProfile(trace, selection),
  timeProfile: ({ trace }, { columns, ...selection }) => timeProfile(trace, selection, columns),
  heatMap: (store, { columns, rowsMax, ...selection }) => {
    const { begin, end, pes } = choose(store.trace, selection);
    const pyramids = pes.map((pe) => store.pyramidOf(pe, selection));
    return heatMap(pyramids, { begin, end }, columns, rowsMax);
  },
  histogram: ({ trace, links }, { measure, ...selection }) => histogram(trace, links, selection, measure),
  communication: ({ trace, links }, { ends, ...selection }) => communicationMatrix(trace, links, selection, ends),
  communicationOverTime: ({ trace }, { columns, ...selection }) => communicationOverTime(trace, selection, columns),
  callGraph: ({ trace, links }, selection) => callGraph(trace, links, selection),
  criticalPath: ({ trace, links }, selection) => criticalPath(trace, links, selection, 200_000),
  loadBalance: ({ trace }, selection) => loadBalance(trace, selection),
  outliers: ({ trace }, selection) => outliers(trace, selection),
  userEvents: ({ trace }, selection) => userEvents(trace, selection),
  search: ({ trace }, options) => search(trace, options),
};

export function answer<K extends QuestionName>(store: TraceStore, name: K, ask: Ask<K>): Answer<K> {
  return answers[name](store, ask);
}

/** The page answers itself: the trace is in it. */
export class LocalSource implements TraceSource {
  readonly #store: TraceStore;
  readonly #reduced: string | undefined;

  constructor(store: TraceStore, reduced?: string) {
    this.#store = store;
    this.#reduced = reduced;
  }

  async ask<K extends QuestionName>(name: K, ask: Ask<K>): Promise<Answer<K>> {
    const answered = answer(this.#store, name, ask);
    if (name !== 'info' || this.#reduced === undefined) return answered;
    return { ...answered, reduced: this.#reduced };
  }
}

export function infoOf({ trace, begin, end }: TraceStore): ViewInfo {
  const { info, pes, problems } = trace;
  return {
    name: cut(trace.name),
    run: Object.fromEntries(Object.entries(info.run).map(([key, text]) => [key, cut(String(text))])),
    pes: pes.map(({ pe }) => pe),
    nodeOf: pes.map(({ pe }) => info.nodeOf[pe] ?? 0),
    begin,
    end,
    collections: info.collections.map((one) => ({ ...one, name: cut(one.name) })),
    entries: info.entries.map((entry, row) => ({ ...entry, name: cut(entryName(info, row)) })),
    executed: Int32Array.from(executedIn(pes, info.entries.length)),
    userEvents: info.userEvents.map(({ id, name }) => ({ id, name: cut(name) })),
    userStats: info.userStats.map(({ id, name }) => ({ id, name: cut(name) })),
    records: pes.reduce((sum, pe) => sum + recordsOf(pe), 0),
    problems: problems.slice(0, 100).map((problem) => cut(describeProblem(problem))),
    isLoading: false,
    isLive: false,
  };
}

function executedIn(pes: TraceStore['trace']['pes'], entries: number): number[] {
  const seen = new Uint8Array(entries + 1);
  for (const { executions } of pes) for (const entry of executions.entry) seen[entry + 1] = 1;
  return Array.from({ length: entries }, (_, row) => row).filter((row) => seen[row + 1] === 1);
}

/** Begins and ends count, as in the files of the original. */
function recordsOf({ executions, sends, idles, spans, points }: TraceStore['trace']['pes'][number]): number {
  const pairs = executions.begin.length + idles.begin.length + spans.begin.length;
  return 2 * pairs + sends.time.length + points.time.length;
}

export function cut(text: string): string {
  return text.length > nameLengthMax ? `${text.slice(0, nameLengthMax)}...` : text;
}
