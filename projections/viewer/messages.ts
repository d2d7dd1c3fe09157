/** Executions one by one: what is at a place, what it was sent by, what it sent, and the messages before and after it. */
import { lowerBound } from '../model/columns.ts';
import { codeOf, none, pointKinds, sendKinds, wakes } from '../model/schema.ts';
import type { PeTrace } from '../model/trace.ts';
import {
  type Answer,
  type Arrow,
  type Ask,
  type ExecutionDetails,
  type ExecutionId,
  nameLengthMax,
  type SendDetails,
} from './protocol.ts';
import type { TraceStore } from './store.ts';

/** How much is told of one execution or chain. */
const sendsMax = 200;
const targetsMax = 64;
const arrowsMax = 400;
const stepsMax = 1000;

export function pickAt(store: TraceStore, { pe, time, tolerance }: Ask<'pick'>): ExecutionId | null {
  const executions = store.pe(pe)?.executions;
  if (executions === undefined) return null;
  const next = lowerBound(executions.begin, time);
  let best: ExecutionId | null = null;
  let distance = tolerance;
  for (const row of [next - 1, next]) {
    if (row < 0 || row >= executions.begin.length) continue;
    const away = Math.max(0, executions.begin[row]! - time, time - executions.end[row]!);
    if (away > distance || (best !== null && away === distance)) continue;
    distance = away;
    best = { pe, row };
  }
  return best;
}

export function detailsOf(store: TraceStore, id: ExecutionId): ExecutionDetails | null {
  const trace = peWith(store, id);
  if (trace === undefined) return null;
  const { executions } = trace;
  const { row } = id;
  const sender = store.senderOf(id);
  const sent = sender === undefined ? null : store.pe(sender.pe)!.sends.time[sender.send]!;
  const enqueued = executions.enqueued[row]!;
  return {
    ...store.arrowEnd(id),
    enqueued: Number.isNaN(enqueued) ? null : enqueued,
    wake: wakes[executions.wake[row]!] ?? '',
    bytes: executions.bytes[row]!,
    priority: executions.priority[row]!,
    source: executions.source[row]!,
    message: executions.message[row]!,
    sender:
      sender === undefined || sender.row === none || sent === null
        ? null
        : { ...store.arrowEnd({ pe: sender.pe, row: sender.row }), sent },
    sent,
    sends: sendsOf(store, trace, row),
    sendCount: executions.sends[row]!,
    notes: notesIn(trace, executions.begin[row]!, executions.end[row]!),
  };
}

function peWith(store: TraceStore, { pe, row }: ExecutionId): PeTrace | undefined {
  const trace = store.pe(pe);
  return trace !== undefined && row >= 0 && row < trace.executions.begin.length ? trace : undefined;
}

function sendsOf(store: TraceStore, { pe, executions, sends }: PeTrace, row: number): SendDetails[] {
  const first = executions.firstSend[row]!;
  const last = first + Math.min(sendsMax, executions.sends[row]!);
  const receivers = store.receivers(pe);
  const details: SendDetails[] = [];
  for (let send = first; send < last; send++) {
    const from = receivers?.first[send] ?? 0;
    const to = Math.min(from + targetsMax, receivers?.first[send + 1] ?? 0);
    const targets = [];
    for (let at = from; at < to; at++)
      targets.push(store.arrowEnd({ pe: receivers!.pe[at]!, row: receivers!.row[at]! }));
    details.push({
      entry: sends.entry[send]!,
      time: sends.time[send]!,
      bytes: sends.bytes[send]!,
      kind: sendKinds[sends.kind[send]!] ?? '',
      receivers: sends.receivers[send]!,
      targets,
    });
  }
  return details;
}

const note = codeOf(pointKinds, 'note');

function notesIn({ points, texts }: PeTrace, begin: number, end: number): string[] {
  const notes: string[] = [];
  for (let row = lowerBound(points.time, begin); row < points.time.length && points.time[row]! <= end; row++)
    if (points.kind[row] === note && notes.length < 20)
      notes.push((texts[points.value[row]!] ?? '').slice(0, nameLengthMax));
  return notes;
}

export function chainOf(store: TraceStore, { back, forward, ...id }: Ask<'chain'>): Answer<'chain'> {
  if (peWith(store, id) === undefined) return { back: [], forward: [] };
  return { back: arrowsBack(store, id, back), forward: arrowsForward(store, id, forward) };
}

function arrowsBack(store: TraceStore, id: ExecutionId, steps: number): Arrow[] {
  const arrows: Arrow[] = [];
  let at = id;
  for (let step = 0; step < Math.min(steps, stepsMax); step++) {
    const sender = store.senderOf(at);
    if (sender === undefined || sender.row === none) break;
    const from = { pe: sender.pe, row: sender.row };
    const sent = store.pe(sender.pe)!.sends.time[sender.send]!;
    arrows.push({ from: { ...store.arrowEnd(from), sent }, to: store.arrowEnd(at) });
    // A file can claim that an execution sent its own message.
    if (from.pe === at.pe && from.row >= at.row) break;
    at = from;
  }
  return arrows;
}

/** Breadth first, so that what is cut off is what is far. */
function arrowsForward(store: TraceStore, id: ExecutionId, steps: number): Arrow[] {
  const arrows: Arrow[] = [];
  const seen = new Set<string>();
  let now: ExecutionId[] = [id];
  for (let step = 0; step < steps && now.length > 0; step++) {
    const next: ExecutionId[] = [];
    for (const at of now) {
      for (const [sent, to] of targetsOf(store, at)) {
        const key = `${to.pe}.${to.row}`;
        if (seen.has(key)) continue;
        seen.add(key);
        arrows.push({ from: { ...store.arrowEnd(at), sent }, to: store.arrowEnd(to) });
        if (arrows.length >= arrowsMax) return arrows;
        next.push(to);
      }
    }
    now = next;
  }
  return arrows;
}

function* targetsOf(store: TraceStore, { pe, row }: ExecutionId): Generator<readonly [number, ExecutionId]> {
  const { executions, sends } = store.pe(pe)!;
  const receivers = store.receivers(pe)!;
  const first = executions.firstSend[row]!;
  const last = first + executions.sends[row]!;
  for (let send = first; send < last; send++)
    for (let at = receivers.first[send]!; at < receivers.first[send + 1]!; at++)
      yield [sends.time[send]!, { pe: receivers.pe[at]!, row: receivers.row[at]! }];
}

/** Of the same entry method or element: also on other PEs, in the order of time. */
export function neighbourOf(store: TraceStore, { pe, row, direction, same }: Ask<'neighbour'>): ExecutionId | null {
  const trace = peWith(store, { pe, row });
  if (trace === undefined) return null;
  if (same === 'pe') return peWith(store, { pe, row: row + direction }) ? { pe, row: row + direction } : null;
  const wanted = trace.executions[same][row]!;
  const time = trace.executions.begin[row]!;
  let best: ExecutionId | null = null;
  let bestTime = direction * Number.POSITIVE_INFINITY;
  for (const other of store.trace.pes) {
    const column = other.executions[same];
    const { begin } = other.executions;
    const start = other === trace ? row + direction : lowerBound(begin, time) - (direction < 0 ? 1 : 0);
    for (let at = start; at >= 0 && at < begin.length; at += direction) {
      if (direction * (begin[at]! - bestTime) >= 0) break;
      if (column[at] !== wanted) continue;
      best = { pe: other.pe, row: at };
      bestTime = begin[at]!;
      break;
    }
  }
  return best;
}
