/**
 * A trace with what makes answers quick: pyramids, message links, who sent what, which executions a message led to. All
 * of it is built when it is first needed.
 *
 * Memory beside the trace: pyramids about 10 B an execution, senders 4 B a send, receivers 8 B an execution.
 */
import { type Chosen, choose, type Filter, isChosen } from '../analysis/selection.ts';
import { pick } from '../model/columns.ts';
import { MessageLinks } from '../model/links.ts';
import { Pyramid } from '../model/pyramid.ts';
import { none } from '../model/schema.ts';
import { elementName, type PeTrace, type Trace, timeRange } from '../model/trace.ts';
import type { ArrowEnd, ExecutionId } from './protocol.ts';

/** Executions by the send of their message: rows of `first[send]` up to `first[send + 1]`. */
export interface Receivers {
  readonly first: Uint32Array;
  readonly pe: Int32Array;
  readonly row: Uint32Array;
}

interface Filtered {
  readonly key: string;
  readonly chosen: Chosen;
  readonly pyramids: Map<number, Pyramid>;
}

export class TraceStore {
  readonly trace: Trace;
  readonly begin: number;
  readonly end: number;
  readonly #pyramids = new Map<number, Pyramid>();
  #filtered: Filtered | undefined;
  #links: MessageLinks | undefined;
  #receivers: Map<number, Receivers> | undefined;

  constructor(trace: Trace, pyramids: Iterable<Pyramid> = []) {
    this.trace = trace;
    const { begin, end } = timeRange(trace);
    this.begin = begin;
    this.end = end;
    for (const pyramid of pyramids) this.#pyramids.set(pyramid.pe.pe, pyramid);
  }

  pe(pe: number): PeTrace | undefined {
    return this.links.pe(pe);
  }

  pyramid(pe: PeTrace): Pyramid {
    let pyramid = this.#pyramids.get(pe.pe);
    if (pyramid === undefined) {
      pyramid = new Pyramid(pe);
      this.#pyramids.set(pe.pe, pyramid);
    }
    return pyramid;
  }

  /**
   * As `pyramid`, but busy only with what entry methods and chares let pass. Kept for the filter that was asked for
   * last; O(executions) the first time.
   */
  pyramidOf(pe: PeTrace, { entries, chare }: Filter): Pyramid {
    if (entries === undefined && chare === undefined) return this.pyramid(pe);
    const key = JSON.stringify([entries, chare]);
    if (this.#filtered?.key !== key) {
      const filter = { ...(entries === undefined ? {} : { entries }), ...(chare === undefined ? {} : { chare }) };
      this.#filtered = { key, chosen: choose(this.trace, filter), pyramids: new Map() };
    }
    const { chosen, pyramids } = this.#filtered;
    let pyramid = pyramids.get(pe.pe);
    if (pyramid === undefined) {
      pyramid = new Pyramid(filteredPe(pe, chosen));
      pyramids.set(pe.pe, pyramid);
    }
    return pyramid;
  }

  get links(): MessageLinks {
    this.#links ??= new MessageLinks(this.trace);
    return this.#links;
  }

  /** Who executed what a PE sent. O(executions) the first time. */
  receivers(pe: number): Receivers | undefined {
    this.#receivers ??= receiversOf(this.trace, this.links);
    return this.#receivers.get(pe);
  }

  /** The execution that sent the message of this one, and the row of the send; undefined if that is not known. */
  senderOf({ pe, row }: ExecutionId): { readonly pe: number; readonly send: number; readonly row: number } | undefined {
    const executions = this.pe(pe)?.executions;
    if (executions === undefined || row < 0 || row >= executions.begin.length) return undefined;
    const source = executions.source[row]!;
    const send = this.links.sendOf(source, executions.message[row]!);
    return send === none ? undefined : { pe: source, send, row: this.links.senderOf(source, send) };
  }

  arrowEnd({ pe, row }: ExecutionId): ArrowEnd {
    const { executions } = this.pe(pe)!;
    return {
      pe,
      row,
      begin: executions.begin[row]!,
      end: executions.end[row]!,
      entry: executions.entry[row]!,
      element: elementName(this.trace, executions.element[row]!),
    };
  }
}

function filteredPe(pe: PeTrace, chosen: Chosen): PeTrace {
  const { executions } = pe;
  const rows = new Uint32Array(executions.begin.length);
  let count = 0;
  for (let row = 0; row < rows.length; row++)
    if (isChosen(chosen, executions.entry[row]!, executions.element[row]!)) rows[count++] = row;
  return { ...pe, executions: pick(executions, rows.subarray(0, count)) };
}

function receiversOf(trace: Trace, links: MessageLinks): Map<number, Receivers> {
  const counts = new Map(trace.pes.map(({ pe, sends }) => [pe, new Uint32Array(sends.time.length + 1)]));
  const visit = (found: (source: number, send: number, pe: number, row: number) => void): void => {
    for (const { pe, executions } of trace.pes)
      for (let row = 0; row < executions.begin.length; row++) {
        const source = executions.source[row]!;
        if (source === none) continue;
        const send = links.sendOf(source, executions.message[row]!);
        if (send !== none) found(source, send, pe, row);
      }
  };
  visit((source, send) => {
    counts.get(source)![send + 1]!++;
  });
  const all = new Map<number, Receivers>();
  for (const [pe, first] of counts) {
    for (let i = 1; i < first.length; i++) first[i]! += first[i - 1]!;
    const total = first[first.length - 1]!;
    all.set(pe, { first, pe: new Int32Array(total), row: new Uint32Array(total) });
  }
  const next = new Map([...all].map(([pe, { first }]) => [pe, first.slice()]));
  visit((source, send, pe, row) => {
    const at = next.get(source)![send]!++;
    const of = all.get(source)!;
    of.pe[at] = pe;
    of.row[at] = row;
  });
  return all;
}
