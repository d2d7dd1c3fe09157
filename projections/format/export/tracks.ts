/** What all exports say of a trace in the same way. */
import { pointKinds, spanKinds } from '../../model/schema.ts';
import { elementName, entryName, type PeTrace, type Trace } from '../../model/trace.ts';

/** Something that has a length and may overlap others. */
export interface NamedSpan {
  readonly kind: string;
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

export function* namedSpans({ info }: Trace, { spans, texts }: PeTrace): Generator<NamedSpan> {
  for (let row = 0; row < spans.begin.length; row++) {
    const kind = spanKinds[spans.kind[row]!] ?? 'span';
    let name: string = kind;
    if (kind === 'user') name = eventName(info.userEvents, spans.id[row]!, 'event');
    else if (kind === 'note') name = texts[spans.value[row]!] ?? 'note';
    yield { kind, name, begin: spans.begin[row]!, end: spans.end[row]! };
  }
}

export interface NamedPoint {
  readonly kind: string;
  readonly name: string;
  readonly time: number;
  readonly value: number;
  /** Something that has a value over time, as opposed to something that happened. */
  readonly isCounter: boolean;
}

const counters = new Set(['memory', 'queueLength', 'userStat']);

export function* namedPoints({ info }: Trace, { points, texts }: PeTrace): Generator<NamedPoint> {
  for (let row = 0; row < points.time.length; row++) {
    const kind = pointKinds[points.kind[row]!] ?? 'point';
    const value = points.value[row]!;
    let name: string = kind;
    if (kind === 'userEvent') name = eventName(info.userEvents, points.id[row]!, 'event');
    else if (kind === 'userStat') name = eventName(info.userStats, points.id[row]!, 'statistic');
    else if (kind === 'note' || kind === 'lbReport') name = texts[value] ?? kind;
    else if (kind === 'queueLength') name = 'queue';
    yield { kind, name, time: points.time[row]!, value, isCounter: counters.has(kind) };
  }
}

function eventName(names: Trace['info']['userEvents'], id: number, what: string): string {
  return names.find((one) => one.id === id)?.name ?? `${what} ${id}`;
}

export function nodeNames({ info }: Trace): Map<number, string> {
  const host = info.run.host === undefined ? '' : ` (${info.run.host})`;
  return new Map(info.nodeOf.map((node) => [node, `node ${node}${host}`]));
}

/** Of the executions of a PE: `Block::step`, `Block[3]`. */
export function executionNames(
  trace: Trace,
  { executions }: PeTrace,
  row: number,
): {
  readonly entry: string;
  readonly element: string;
} {
  return {
    entry: entryName(trace.info, executions.entry[row]!),
    element: elementName(trace, executions.element[row]!),
  };
}
