/**
 * The JSON of chrome://tracing and Perfetto: nodes are processes, PEs threads, executions slices, messages arrows, idle
 * time, queue and memory counters. Times are microseconds with fractions.
 *
 *  - Executions follow each other, so they nest. What may overlap (brackets, migrations, pauses) is an asynchronous slice.
 *  - An arrow begins at a slice without length inside of the sender: it would begin at the sender's end otherwise.
 *  - Process and thread numbers begin at 1, and no two threads share one: 0 means something else to the readers.
 *
 * 150 bytes an event: for more than a million, write Perfetto's binary format.
 */
import { none } from '../../model/schema.ts';
import { entryName, type PeTrace, type Trace } from '../../model/trace.ts';
import { Flows } from './flows.ts';
import { executionNames, namedPoints, namedSpans, nodeNames } from './tracks.ts';

type Event = Readonly<Record<string, unknown>>;

/** The file, piece by piece. */
export function* chromeJson(trace: Trace): Generator<string> {
  yield '{"displayTimeUnit":"ns","traceEvents":[\n';
  let separator = '';
  for (const event of events(trace)) {
    yield separator + JSON.stringify(event);
    separator = ',\n';
  }
  yield `\n],"otherData":${JSON.stringify(trace.info.run)}}\n`;
}

function* events(trace: Trace): Generator<Event> {
  for (const [node, name] of nodeNames(trace)) {
    yield { ph: 'M', name: 'process_name', pid: node + 1, args: { name } };
    yield { ph: 'M', name: 'process_sort_index', pid: node + 1, args: { sort_index: node } };
  }
  const flows = new Flows(trace);
  for (const pe of trace.pes) yield* eventsOf(trace, pe, flows);
}

function* eventsOf(trace: Trace, pe: PeTrace, flows: Flows): Generator<Event> {
  const at = { pid: (trace.info.nodeOf[pe.pe] ?? 0) + 1, tid: pe.pe + 1 };
  yield { ph: 'M', name: 'thread_name', ...at, args: { name: `PE ${pe.pe}` } };
  yield { ph: 'M', name: 'thread_sort_index', ...at, args: { sort_index: pe.pe } };
  yield* executionsOf(trace, pe, flows, at);
  yield* sendsOf(trace, pe, flows, at);
  const idle = (time: number, value: number): Event => ({
    ph: 'C',
    name: `PE ${pe.pe} idle`,
    pid: at.pid,
    ts: time / 1e3,
    args: { idle: value },
  });
  for (let row = 0; row < pe.idles.begin.length; row++) {
    yield idle(pe.idles.begin[row]!, 1);
    yield idle(pe.idles.end[row]!, 0);
  }
  let id = 0;
  for (const { kind, name, begin, end } of namedSpans(trace, pe)) {
    const one = { cat: kind, name, id: `0x${(at.tid * 2 ** 32 + ++id).toString(16)}`, ...at };
    yield { ph: 'b', ...one, ts: begin / 1e3 };
    yield { ph: 'e', ...one, ts: end / 1e3 };
  }
  for (const { kind, name, time, value, isCounter } of namedPoints(trace, pe)) {
    if (isCounter) yield { ph: 'C', name: `PE ${pe.pe} ${name}`, pid: at.pid, ts: time / 1e3, args: { [name]: value } };
    else yield { ph: 'i', s: 't', cat: kind, name, ...at, ts: time / 1e3 };
  }
}

function* executionsOf(trace: Trace, pe: PeTrace, flows: Flows, at: Event): Generator<Event> {
  const { begin, end, enqueued, source, bytes, priority } = pe.executions;
  for (let row = 0; row < begin.length; row++) {
    const { entry, element } = executionNames(trace, pe, row);
    const flow = flows.ofExecution(pe.pe, row);
    yield {
      ph: 'X',
      cat: 'entry',
      name: entry,
      ...at,
      ts: begin[row]! / 1e3,
      dur: (end[row]! - begin[row]!) / 1e3,
      ...(flow === 0 ? {} : { bind_id: idOf(flow), flow_in: true }),
      args: {
        element,
        ...(source[row] === none ? {} : { fromPe: source[row], bytes: bytes[row], priority: priority[row] }),
        ...(Number.isNaN(enqueued[row]!) ? {} : { queuedUs: (begin[row]! - enqueued[row]!) / 1e3 }),
      },
    };
  }
}

function* sendsOf(trace: Trace, pe: PeTrace, flows: Flows, at: Event): Generator<Event> {
  const { time, entry, bytes } = pe.sends;
  for (let row = 0; row < time.length; row++)
    for (const flow of flows.ofSend(pe.pe, row))
      yield {
        ph: 'X',
        cat: 'message',
        name: `send ${entryName(trace.info, entry[row]!)}`,
        ...at,
        ts: time[row]! / 1e3,
        dur: 0,
        bind_id: idOf(flow),
        flow_out: true,
        args: { bytes: bytes[row] },
      };
}

function idOf(flow: number): string {
  return `0x${flow.toString(16)}`;
}
