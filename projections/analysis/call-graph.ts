/** Which entry methods send messages that run which: counts, bytes and how long messages took. */
import type { MessageLinks } from '../model/links.ts';
import { none } from '../model/schema.ts';
import type { Trace } from '../model/trace.ts';
import { choose, eachExecution, type Selection } from './selection.ts';

/** Edges, most messages first. `from` is none for messages that were sent outside of executions that were recorded. */
export interface CallGraph {
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly count: Float64Array;
  readonly bytes: Float64Array;
  /** From the send to the execution, summed, ns; over `timed` of the messages. */
  readonly latency: Float64Array;
  readonly timed: Float64Array;
  /** Messages to another PE. */
  readonly remote: Float64Array;
  /** Time of the executions that they ran, ns. */
  readonly busy: Float64Array;
}

interface Edge {
  from: number;
  to: number;
  count: number;
  bytes: number;
  latency: number;
  timed: number;
  remote: number;
  busy: number;
}

export function callGraph(trace: Trace, links: MessageLinks, selection: Selection = {}): CallGraph {
  const edges = new Map<number, Edge>();
  const entries = trace.info.entries.length + 1;
  eachExecution(choose(trace, selection), ({ pe, executions }, row, from, to) => {
    const source = executions.source[row]!;
    const send = source === none ? none : links.sendOf(source, executions.message[row]!);
    const sender = send === none ? none : links.senderOf(source, send);
    const caller = sender === none ? none : links.pe(source)!.executions.entry[sender]!;
    const called = executions.entry[row]!;
    const key = (caller + 1) * entries + called + 1;
    let edge = edges.get(key);
    if (edge === undefined) {
      edge = { from: caller, to: called, count: 0, bytes: 0, latency: 0, timed: 0, remote: 0, busy: 0 };
      edges.set(key, edge);
    }
    edge.count++;
    edge.bytes += executions.bytes[row]!;
    edge.busy += to - from;
    if (source !== none && source !== pe) edge.remote++;
    if (send === none) return;
    edge.latency += executions.begin[row]! - links.pe(source)!.sends.time[send]!;
    edge.timed++;
  });
  const sorted = [...edges.values()].sort((a, b) => b.count - a.count || a.from - b.from || a.to - b.to);
  const column = (name: keyof Edge): Float64Array => Float64Array.from(sorted, (edge) => edge[name]);
  return {
    from: Int32Array.from(sorted, ({ from }) => from),
    to: Int32Array.from(sorted, ({ to }) => to),
    count: column('count'),
    bytes: column('bytes'),
    latency: column('latency'),
    timed: column('timed'),
    remote: column('remote'),
    busy: column('busy'),
  };
}
