/**
 * Checks of what the page asks: everything has the type and the size that the answers count on. A page that was taken
 * over can ask for anything; it must not be able to make the server run out of memory or time.
 */
import { measures } from '../analysis/histogram.ts';
import type { Ask, QuestionName } from './protocol.ts';

type Check = (value: unknown) => boolean;

const numberIn =
  (min: number, max: number): Check =>
  (value) =>
    typeof value === 'number' && value >= min && value <= max;
const integerIn =
  (min: number, max: number): Check =>
  (value) =>
    Number.isInteger(value) && numberIn(min, max)(value);
const oneOf =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
const textUpTo =
  (max: number): Check =>
  (value) =>
    typeof value === 'string' && value.length <= max;
const listOf =
  (max: number, item: Check): Check =>
  (value) =>
    Array.isArray(value) && value.length <= max && value.every(item);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const object =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    if (Object.keys(value).some((name) => !Object.hasOwn(fields, name))) return false;
    return Object.entries(fields).every(([name, check]) => check((value as Record<string, unknown>)[name]));
  };

const time = numberIn(-1e18, 1e18);
const int32 = integerIn(-(2 ** 31), 2 ** 31 - 1);
const count = (max: number): Check => integerIn(1, max);
const pes = listOf(1_000_000, int32);
const execution = { pe: int32, row: integerIn(0, 2 ** 32) };
const selection = {
  begin: optional(time),
  end: optional(time),
  pes: optional(pes),
  entries: optional(listOf(65_536, int32)),
  chare: optional(textUpTo(1000)),
};
const tile = object({ level: integerIn(0, 60), index: integerIn(0, 2 ** 50), block: integerIn(0, 2 ** 20) });

const checks: { readonly [K in QuestionName]: Check } = {
  info: object({}),
  tiles: object({ tiles: listOf(512, tile), chare: selection.chare }),
  overview: object({ ...selection, columns: count(10_000) }),
  blocks: object({ begin: time, end: time, pes: listOf(4096, int32), max: count(100_000), chare: selection.chare }),
  pick: object({ pe: int32, time, tolerance: numberIn(0, 1e18) }),
  execution: object(execution),
  chain: object({ ...execution, back: integerIn(0, 1000), forward: integerIn(0, 100) }),
  neighbour: object({ ...execution, direction: oneOf(1, -1), same: oneOf('pe', 'entry', 'element') }),
  profile: object(selection),
  usage: object(selection),
  timeProfile: object({ ...selection, columns: count(10_000) }),
  heatMap: object({ ...selection, columns: count(10_000), rowsMax: count(2000) }),
  histogram: object({ ...selection, measure: oneOf(...measures) }),
  communication: object({ ...selection, ends: oneOf('pe', 'node', 'entry') }),
  communicationOverTime: object({ ...selection, columns: count(10_000) }),
  callGraph: object(selection),
  criticalPath: object(selection),
  loadBalance: object(selection),
  outliers: object(selection),
  userEvents: object(selection),
  search: object({
    ...selection,
    text: textUpTo(1000),
    durationMin: optional(time),
    order: oneOf('time', 'duration'),
    max: count(10_000),
  }),
  lanes: object({ ...selection, columns: count(10_000), lanesMax: count(2000) }),
};

export interface Question<K extends QuestionName = QuestionName> {
  readonly name: K;
  readonly ask: Ask<K>;
}

/** @returns undefined if it is no question that can be answered. */
export function checkQuestion(name: string, ask: unknown): Question | undefined {
  if (!Object.hasOwn(checks, name)) return undefined;
  return checks[name as QuestionName](ask) ? ({ name, ask } as Question) : undefined;
}
