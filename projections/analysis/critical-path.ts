/**
 * The chain of executions and messages that the end of the run waited for: who wants the run to be shorter must shorten
 * something on it.
 *
 * From the execution that ends last, backwards. Why did an execution begin when it did?
 *  1. The PE was busy with another execution when its message had long been sent: that one is before it on the path.
 *  2. Otherwise it waited for its message: the sender is before it, up to the moment of the send. The time between is the
 *     message's.
 *  3. Without either the path ends.
 *
 * The steps do not overlap, and with the waits between them they fill the time from the first to the last.
 */
import type { MessageLinks } from '../model/links.ts';
import { none } from '../model/schema.ts';
import type { PeTrace, Trace } from '../model/trace.ts';
import { type Chosen, choose, firstExecution, isChosen, type Selection } from './selection.ts';

export interface CriticalPath {
  /** Ascending in time. Each is the part of an execution that lies on the path. */
  readonly pe: Int32Array;
  readonly row: Uint32Array;
  readonly begin: Float64Array;
  readonly end: Float64Array;
  /** 1 if the step before it is the sender of its message, 0 if it is what the PE did before. */
  readonly isMessage: Uint8Array;
  /** 1 if the filters by entry method and chare let it pass: the path itself does not depend on them. */
  readonly isChosen: Uint8Array;
  /** Time on the path by entry method, longest first. */
  readonly entry: Int32Array;
  readonly busy: Float64Array;
  readonly count: Float64Array;
  /** Time between the steps: messages on their way or in a queue. */
  readonly wait: number;
  /** From the first step to the last. */
  readonly length: number;
  /** It was cut at `stepsMax`. */
  readonly isCut: boolean;
}

interface Step {
  readonly pe: number;
  readonly row: number;
  readonly begin: number;
  readonly end: number;
  isMessage: number;
}

/** Of the window, the PEs in it, whatever the entry methods and chares. O(steps x log executions). */
export function criticalPath(
  trace: Trace,
  links: MessageLinks,
  selection: Selection = {},
  stepsMax = 1_000_000,
): CriticalPath {
  const chosen = choose(trace, selection);
  const { begin, end, pes } = chosen;
  const steps: Step[] = [];
  let at = lastOf(pes, begin, end);
  let until = end;
  while (at !== undefined && steps.length < stepsMax) {
    const { executions } = links.pe(at.pe)!;
    const from = Math.max(begin, executions.begin[at.row]!);
    const step: Step = { ...at, begin: from, end: Math.min(until, executions.end[at.row]!), isMessage: 0 };
    steps.push(step);
    const before = executions.begin[at.row]! <= begin ? undefined : beforeOf(links, at);
    if (before === undefined || before.until < begin) break;
    step.isMessage = before.isMessage ? 1 : 0;
    until = before.until;
    at = before;
  }
  const isCut = steps.length >= stepsMax;
  return summed(links, chosen, steps.reverse(), isCut);
}

function lastOf(pes: readonly PeTrace[], begin: number, end: number): { pe: number; row: number } | undefined {
  let last: { pe: number; row: number } | undefined;
  let lastEnd = Number.NEGATIVE_INFINITY;
  for (const pe of pes) {
    const { executions } = pe;
    const next = firstExecution(pe, end);
    // The one that reaches over the end of the window, or the one before it.
    const row = next < executions.begin.length && executions.begin[next]! < end ? next : next - 1;
    if (row < 0) continue;
    const ends = Math.min(end, executions.end[row]!);
    if (ends >= begin && ends > lastEnd) {
      last = { pe: pe.pe, row };
      lastEnd = ends;
    }
  }
  return last;
}

interface Before {
  readonly pe: number;
  readonly row: number;
  readonly until: number;
  readonly isMessage: boolean;
}

function beforeOf(links: MessageLinks, { pe, row }: { readonly pe: number; readonly row: number }): Before | undefined {
  const { executions } = links.pe(pe)!;
  const begin = executions.begin[row]!;
  const source = executions.source[row]!;
  const send = source === none ? none : links.sendOf(source, executions.message[row]!);
  const sender = send === none ? none : links.senderOf(source, send);
  const sent = send === none ? Number.NaN : links.pe(source)!.sends.time[send]!;
  const previousEnd = row > 0 ? executions.end[row - 1]! : Number.NEGATIVE_INFINITY;
  // Clocks of different machines may differ: what seems to be sent later cannot be what it waited for.
  const isKnown = sender !== none && sent <= begin && (source !== pe || sender < row);
  if (isKnown && sent >= previousEnd) return { pe: source, row: sender, until: sent, isMessage: true };
  if (row > 0) return { pe, row: row - 1, until: previousEnd, isMessage: false };
  return isKnown ? { pe: source, row: sender, until: sent, isMessage: true } : undefined;
}

function summed(links: MessageLinks, chosen: Chosen, steps: readonly Step[], isCut: boolean): CriticalPath {
  const totals = new Map<number, { busy: number; count: number }>();
  let busy = 0;
  for (const { pe, row, begin, end } of steps) {
    const entry = links.pe(pe)!.executions.entry[row]!;
    const total = totals.get(entry) ?? { busy: 0, count: 0 };
    total.busy += end - begin;
    total.count++;
    totals.set(entry, total);
    busy += end - begin;
  }
  const order = [...totals].sort(([a, x], [b, y]) => y.busy - x.busy || a - b);
  const length = steps.length === 0 ? 0 : steps.at(-1)!.end - steps[0]!.begin;
  return {
    pe: Int32Array.from(steps, ({ pe }) => pe),
    row: Uint32Array.from(steps, ({ row }) => row),
    begin: Float64Array.from(steps, ({ begin }) => begin),
    end: Float64Array.from(steps, ({ end }) => end),
    isMessage: Uint8Array.from(steps, ({ isMessage }) => isMessage),
    isChosen: Uint8Array.from(steps, ({ pe, row }) => {
      const { executions } = links.pe(pe)!;
      return isChosen(chosen, executions.entry[row]!, executions.element[row]!) ? 1 : 0;
    }),
    entry: Int32Array.from(order, ([entry]) => entry),
    busy: Float64Array.from(order, ([, total]) => total.busy),
    count: Float64Array.from(order, ([, total]) => total.count),
    wait: Math.max(0, length - busy),
    length,
    isCut,
  };
}
