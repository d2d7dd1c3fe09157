/**
 * Answers to the questions of the page, from a trace in memory. Each answer is a function of the store and the question
 * alone. What comes in is checked by `questions.ts`; numbers may still be out of range, and then there is nothing there.
 */
import { entryProfile } from '../analysis/profile.ts';
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
  tiles: (store, { tiles }) => ({ tiles: tiles.map((key) => tileOf(store, key)) }),
  overview: overviewOf,
  blocks: blocksOf,
  pick: (store, ask) => ({ found: pickAt(store, ask) }),
  execution: (store, id) => ({ details: detailsOf(store, id) }),
  chain: chainOf,
  neighbour: (store, ask) => ({ found: neighbourOf(store, ask) }),
  lanes: lanesOf,
  profile: ({ trace }, selection) => entryProfile(trace, selection),
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
    userEvents: info.userEvents.map(({ id, name }) => ({ id, name: cut(name) })),
    userStats: info.userStats.map(({ id, name }) => ({ id, name: cut(name) })),
    records: pes.reduce((sum, pe) => sum + recordsOf(pe), 0),
    problems: problems.slice(0, 100).map((problem) => cut(describeProblem(problem))),
    isLoading: false,
    isLive: false,
  };
}

/** Begins and ends count, as in the files of the original. */
function recordsOf({ executions, sends, idles, spans, points }: TraceStore['trace']['pes'][number]): number {
  const pairs = executions.begin.length + idles.begin.length + spans.begin.length;
  return 2 * pairs + sends.time.length + points.time.length;
}

export function cut(text: string): string {
  return text.length > nameLengthMax ? `${text.slice(0, nameLengthMax)}...` : text;
}
