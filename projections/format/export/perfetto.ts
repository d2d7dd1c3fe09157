/**
 * Perfetto's own binary format (a `Trace` of `TracePacket`s with track events), 25 bytes an event. Nodes are processes, PEs
 * threads of theirs and sequences of packets: a sequence begins with the names that its packets refer to by number.
 *
 * A flow in Perfetto is a chain, so a broadcast has one for each execution. Elements are `correlation_id`s: pointing at an
 * execution shows all others of the same element.
 *
 * The numbers of fields are those of protos/perfetto/trace in Perfetto's source.
 */
import { PbfWriter } from 'pbf';
import { none } from '../../model/schema.ts';
import { elementName, entryName, type PeTrace, type Trace } from '../../model/trace.ts';
import { Flows } from './flows.ts';
import { namedPoints, namedSpans, nodeNames } from './tracks.ts';

const field = {
  trace: { packet: 1 },
  packet: { timestamp: 8, sequence: 10, event: 11, interned: 12, flags: 13, track: 60 },
  track: { uuid: 1, name: 2, process: 3, thread: 4, parent: 5, counter: 8, ordering: 11, rank: 12 },
  process: { pid: 1, name: 6 },
  thread: { pid: 1, tid: 2, name: 5 },
  event: {
    annotation: 4,
    type: 9,
    nameId: 10,
    track: 11,
    category: 22,
    name: 23,
    double: 44,
    flow: 47,
    ends: 48,
    correlation: 52,
  },
  interned: { names: 2, annotations: 3 },
  name: { id: 1, text: 2 },
  annotation: { nameId: 1, int: 4, double: 5, text: 6 },
} as const;
const type = { begin: 1, end: 2, instant: 3, counter: 4 } as const;
const explicitOrder = 3;
const clearedAndNeeded = 3;
const needed = 2;
const annotations = ['element', 'from PE', 'bytes', 'priority', 'queued (us)'] as const;
const chunkBytes = 1 << 18;

/** The file, piece by piece. */
export function* perfettoTrace(trace: Trace): Generator<Uint8Array> {
  const writer = new PacketWriter();
  const flows = new Flows(trace);
  for (const [node, name] of nodeNames(trace)) writer.processTrack(node, name);
  for (const pe of trace.pes) {
    for (const _ of packetsOf(writer, trace, pe, flows)) {
      const bytes = writer.take(chunkBytes);
      if (bytes !== undefined) yield bytes;
    }
  }
  const rest = writer.take(1);
  if (rest !== undefined) yield rest;
}

const uuidOfNode = (node: number): number => 1 + node;
const uuidOfPe = (pe: number): number => 1_000_001 + pe;
/** Counters and other tracks of a PE. */
const uuidOfPart = (pe: number, part: number): number => 1e9 + pe * 1e4 + part;

/** A packet an iteration. */
function* packetsOf(writer: PacketWriter, trace: Trace, pe: PeTrace, flows: Flows): Generator<void> {
  const node = trace.info.nodeOf[pe.pe] ?? 0;
  writer.threadTrack(pe.pe, node);
  writer.names(
    pe.pe,
    trace.info.entries.map((_, row) => entryName(trace.info, row)),
  );
  yield;
  const { executions, sends, idles } = pe;
  let send = 0;
  for (let row = 0; row < executions.begin.length; row++) {
    for (; send < executions.firstSend[row]!; send++) yield writer.send(pe, send, flows);
    writer.begin(trace, pe, row, flows.ofExecution(pe.pe, row));
    const last = executions.firstSend[row]! + executions.sends[row]!;
    for (; send < last; send++) yield writer.send(pe, send, flows);
    yield writer.event(pe.pe, executions.end[row]!, type.end, uuidOfPe(pe.pe));
  }
  for (; send < sends.time.length; send++) yield writer.send(pe, send, flows);
  const parts = new Parts(writer, pe.pe);
  for (let row = 0; row < idles.begin.length; row++) {
    writer.counter(pe.pe, idles.begin[row]!, parts.counter('idle'), 1);
    yield writer.counter(pe.pe, idles.end[row]!, parts.counter('idle'), 0);
  }
  for (const { kind, name, begin, end } of namedSpans(trace, pe)) {
    const track = parts.free(kind, begin, end);
    writer.event(pe.pe, begin, type.begin, track, name);
    yield writer.event(pe.pe, end, type.end, track);
  }
  for (const { name, time, value, isCounter } of namedPoints(trace, pe)) {
    if (isCounter) yield writer.counter(pe.pe, time, parts.counter(name), value);
    else yield writer.event(pe.pe, time, type.instant, uuidOfPe(pe.pe), name);
  }
}

/** Tracks of a PE that are made when first needed. */
class Parts {
  readonly #writer: PacketWriter;
  readonly #pe: number;
  readonly #counters = new Map<string, number>();
  /** By kind of span: tracks, and when each is free again, since slices of one track may not overlap. */
  readonly #tracks = new Map<string, { readonly uuid: number; until: number }[]>();
  #count = 0;

  constructor(writer: PacketWriter, pe: number) {
    this.#writer = writer;
    this.#pe = pe;
  }

  counter(name: string): number {
    let uuid = this.#counters.get(name);
    if (uuid === undefined) {
      uuid = this.#new(name, true);
      this.#counters.set(name, uuid);
    }
    return uuid;
  }

  free(kind: string, begin: number, end: number): number {
    const tracks = this.#tracks.get(kind) ?? [];
    this.#tracks.set(kind, tracks);
    let track = tracks.find(({ until }) => until <= begin);
    if (track === undefined) {
      track = { uuid: this.#new(kind, false), until: end };
      tracks.push(track);
    }
    track.until = end;
    return track.uuid;
  }

  #new(name: string, isCounter: boolean): number {
    const uuid = uuidOfPart(this.#pe, this.#count++);
    this.#writer.partTrack(this.#pe, uuid, `PE ${this.#pe} ${name}`, isCounter);
    return uuid;
  }
}

class PacketWriter {
  #pbf = new PbfWriter();

  /** What has been written, if it is at least so much. */
  take(bytesMin: number): Uint8Array | undefined {
    if (this.#pbf.pos < bytesMin) return undefined;
    const bytes = this.#pbf.finish();
    this.#pbf = new PbfWriter();
    return bytes;
  }

  #packet(write: (pbf: PbfWriter) => void): void {
    this.#pbf.writeMessage(field.trace.packet, (_, pbf) => write(pbf), undefined);
  }

  #track(uuid: number, write: (pbf: PbfWriter) => void): void {
    this.#packet((packet) =>
      packet.writeMessage(
        field.packet.track,
        (_, track) => {
          track.writeVarintField(field.track.uuid, uuid);
          write(track);
        },
        undefined,
      ),
    );
  }

  processTrack(node: number, name: string): void {
    this.#track(uuidOfNode(node), (track) => {
      track.writeVarintField(field.track.ordering, explicitOrder);
      track.writeMessage(
        field.track.process,
        (_, process) => {
          process.writeVarintField(field.process.pid, node + 1);
          process.writeStringField(field.process.name, name);
        },
        undefined,
      );
    });
  }

  threadTrack(pe: number, node: number): void {
    this.#track(uuidOfPe(pe), (track) => {
      track.writeVarintField(field.track.parent, uuidOfNode(node));
      track.writeVarintField(field.track.rank, pe);
      track.writeMessage(
        field.track.thread,
        (_, thread) => {
          thread.writeVarintField(field.thread.pid, node + 1);
          thread.writeVarintField(field.thread.tid, pe + 1);
          thread.writeStringField(field.thread.name, `PE ${pe}`);
        },
        undefined,
      );
    });
  }

  partTrack(pe: number, uuid: number, name: string, isCounter: boolean): void {
    this.#track(uuid, (track) => {
      track.writeVarintField(field.track.parent, uuidOfPe(pe));
      track.writeStringField(field.track.name, name);
      if (isCounter) track.writeMessage(field.track.counter, () => undefined, undefined);
    });
  }

  /** The first packet of a sequence: the names of entry methods and annotations. */
  names(pe: number, entries: readonly string[]): void {
    const list = (pbf: PbfWriter, tag: number, names: readonly string[]): void => {
      for (const [i, name] of names.entries())
        pbf.writeMessage(
          tag,
          (_, one) => {
            one.writeVarintField(field.name.id, i + 1);
            one.writeStringField(field.name.text, name);
          },
          undefined,
        );
    };
    this.#packet((packet) => {
      packet.writeVarintField(field.packet.sequence, pe + 1);
      packet.writeVarintField(field.packet.flags, clearedAndNeeded);
      packet.writeMessage(
        field.packet.interned,
        (_, interned) => {
          list(interned, field.interned.names, ['(none)', ...entries]);
          list(interned, field.interned.annotations, annotations);
        },
        undefined,
      );
    });
  }

  #event(pe: number, time: number, kind: number, track: number, write: (event: PbfWriter) => void): void {
    this.#packet((packet) => {
      packet.writeVarintField(field.packet.timestamp, Math.round(time));
      packet.writeVarintField(field.packet.sequence, pe + 1);
      packet.writeVarintField(field.packet.flags, needed);
      packet.writeMessage(
        field.packet.event,
        (_, event) => {
          event.writeVarintField(field.event.type, kind);
          event.writeVarintField(field.event.track, track);
          write(event);
        },
        undefined,
      );
    });
  }

  event(pe: number, time: number, kind: number, track: number, name?: string): void {
    this.#event(pe, time, kind, track, (event) => {
      if (name !== undefined) event.writeStringField(field.event.name, name);
    });
  }

  counter(pe: number, time: number, track: number, value: number): void {
    this.#event(pe, time, type.counter, track, (event) => event.writeDoubleField(field.event.double, value));
  }

  begin(trace: Trace, { pe, executions }: PeTrace, row: number, flow: number): void {
    const { begin, entry, element, source, bytes, priority, enqueued } = executions;
    this.#event(pe, begin[row]!, type.begin, uuidOfPe(pe), (event) => {
      event.writeVarintField(field.event.nameId, entry[row]! + 2);
      event.writeStringField(field.event.category, 'entry');
      if (flow !== 0) event.writeFixed64Field(field.event.ends, flow);
      if (element[row] !== none) {
        event.writeVarintField(field.event.correlation, element[row]! + 1);
        annotate(event, 0, (one) => one.writeStringField(field.annotation.text, elementName(trace, element[row]!)));
      }
      if (source[row] !== none) {
        for (const [i, value] of [source[row]!, bytes[row]!, priority[row]!].entries())
          if (i < 2 || value !== 0) annotate(event, i + 1, (one) => one.writeVarintField(field.annotation.int, value));
      }
      const wait = (begin[row]! - enqueued[row]!) / 1e3;
      if (!Number.isNaN(wait)) annotate(event, 4, (one) => one.writeDoubleField(field.annotation.double, wait));
    });
  }

  /** Only those that are received: others have nothing to point at. */
  send({ pe, sends }: PeTrace, row: number, flows: Flows): void {
    const numbers = flows.ofSend(pe, row);
    if (numbers.length === 0) return;
    this.#event(pe, sends.time[row]!, type.instant, uuidOfPe(pe), (event) => {
      event.writeVarintField(field.event.nameId, sends.entry[row]! + 2);
      event.writeStringField(field.event.category, 'message');
      for (const flow of numbers) event.writeFixed64Field(field.event.flow, flow);
    });
  }
}

function annotate(event: PbfWriter, name: number, write: (annotation: PbfWriter) => void): void {
  event.writeMessage(
    field.event.annotation,
    (_, annotation) => {
      annotation.writeVarintField(field.annotation.nameId, name + 1);
      write(annotation);
    },
    undefined,
  );
}
