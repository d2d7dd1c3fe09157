/**
 * Who sends how much to whom: between PEs, nodes or entry methods, and over time. Counted where messages are executed, so a
 * broadcast counts once for each PE that got it. Messages whose sender is not known do not count.
 */
import type { MessageLinks } from '../model/links.ts';
import { none } from '../model/schema.ts';
import type { Trace } from '../model/trace.ts';
import { type BinGrid, binOf, gridOf } from './bins.ts';
import { type Chosen, choose, eachExecution, isChosen, type Selection } from './selection.ts';

export type Ends = 'pe' | 'node' | 'entry';

export interface CommunicationMatrix {
  readonly ends: Ends;
  /** Numbers of the first and last PE (or node, or entry method) of a row: with many, several share one. */
  readonly first: Int32Array;
  readonly last: Int32Array;
  /** Rows (senders) x columns (receivers). */
  readonly messages: Float64Array;
  readonly bytes: Float64Array;
}

/** @param sizeMax Rows of the matrix; neighbours are put together if there are more. */
export function communicationMatrix(
  trace: Trace,
  links: MessageLinks,
  selection: Selection,
  ends: Ends,
  sizeMax = 256,
): CommunicationMatrix {
  const chosen = choose(trace, selection);
  const senderOf = sendersOf(trace, links, ends);
  const keys = ends === 'entry' ? entriesIn(chosen, senderOf) : placesOf(trace, chosen.pes, ends);
  const group = Math.max(1, Math.ceil(keys.length / sizeMax));
  const size = Math.ceil(keys.length / group);
  const place = new Map(keys.map((key, i) => [key, Math.floor(i / group)]));
  const messages = new Float64Array(size * size);
  const bytes = new Float64Array(size * size);
  eachExecution(chosen, ({ pe, executions }, row) => {
    const source = executions.source[row]!;
    if (source === none) return;
    const key = ends === 'entry' ? executions.entry[row]! : ends === 'pe' ? pe : trace.info.nodeOf[pe]!;
    const sender = senderOf(source, executions.message[row]!);
    const from = sender === undefined ? undefined : place.get(sender);
    const to = place.get(key);
    if (from === undefined || to === undefined) return;
    messages[from * size + to]!++;
    bytes[from * size + to]! += executions.bytes[row]!;
  });
  return {
    ends,
    first: Int32Array.from({ length: size }, (_, i) => keys[i * group]!),
    last: Int32Array.from({ length: size }, (_, i) => keys[Math.min(keys.length, (i + 1) * group) - 1]!),
    messages,
    bytes,
  };
}

/** The sender of a message, as a row of the matrix names it; undefined if it is not known. */
type SenderOf = (source: number, message: number) => number | undefined;

function sendersOf(trace: Trace, links: MessageLinks, ends: Ends): SenderOf {
  if (ends === 'pe') return (source) => source;
  if (ends === 'node') return (source) => trace.info.nodeOf[source];
  return (source, message) => {
    const send = links.sendOf(source, message);
    const row = send === none ? none : links.senderOf(source, send);
    return row === none ? undefined : links.pe(source)!.executions.entry[row]!;
  };
}

function placesOf(trace: Trace, pes: Trace['pes'], ends: Exclude<Ends, 'entry'>): number[] {
  if (ends === 'pe') return pes.map(({ pe }) => pe);
  return [...new Set(pes.map(({ pe }) => trace.info.nodeOf[pe]!))].sort((a, b) => a - b);
}

/**
 * Entry methods that ran in the window, and those that sent what was chosen: a sender may be of any entry method, on a PE
 * that is not chosen, and may have ended before the window begins.
 */
function entriesIn(chosen: Chosen, senderOf: SenderOf): number[] {
  const seen = new Uint8Array(chosen.trace.info.entries.length + 1);
  eachExecution({ ...chosen, entries: undefined, elements: undefined }, ({ executions }, row) => {
    seen[executions.entry[row]! + 1] = 1;
    if (!isChosen(chosen, executions.entry[row]!, executions.element[row]!) || executions.source[row] === none) return;
    const sender = senderOf(executions.source[row]!, executions.message[row]!);
    if (sender !== undefined) seen[sender + 1] = 1;
  });
  return Array.from(seen.keys())
    .filter((at) => seen[at] === 1)
    .map((at) => at - 1);
}

export interface CommunicationOverTime {
  readonly grid: BinGrid;
  /** Sends that were made, and their bytes; a broadcast is one. */
  readonly sends: Float64Array;
  readonly sentBytes: Float64Array;
  /** Messages that were executed, and those that came from another PE, from another node. */
  readonly executed: Float64Array;
  readonly fromOtherPe: Float64Array;
  readonly fromOtherNode: Float64Array;
  readonly otherPeBytes: Float64Array;
  readonly otherNodeBytes: Float64Array;
}

export function communicationOverTime(trace: Trace, selection: Selection, columns: number): CommunicationOverTime {
  const chosen = choose(trace, selection);
  const grid = gridOf(chosen.begin, chosen.end, columns);
  const column = (): Float64Array => new Float64Array(grid.count);
  const over = {
    sends: column(),
    sentBytes: column(),
    executed: column(),
    fromOtherPe: column(),
    fromOtherNode: column(),
    otherPeBytes: column(),
    otherNodeBytes: column(),
  };
  const { nodeOf } = trace.info;
  eachExecution(chosen, ({ pe, executions, sends }, row, from) => {
    const first = executions.firstSend[row]!;
    for (let send = first; send < first + executions.sends[row]!; send++) {
      const at = binOf(grid, sends.time[send]!);
      if (at < 0) continue;
      over.sends[at]!++;
      over.sentBytes[at]! += sends.bytes[send]!;
    }
    const source = executions.source[row]!;
    const at = binOf(grid, from);
    if (source === none || at < 0) return;
    over.executed[at]!++;
    if (source === pe) return;
    over.fromOtherPe[at]!++;
    over.otherPeBytes[at]! += executions.bytes[row]!;
    if (nodeOf[source] === nodeOf[pe]) return;
    over.fromOtherNode[at]!++;
    over.otherNodeBytes[at]! += executions.bytes[row]!;
  });
  return { grid, ...over };
}
