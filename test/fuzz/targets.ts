/** What is fuzzed: everything that reads bytes of others. A target throws for what it refuses; `isRefusal` tells those errors. */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { Duplex } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { systemClock } from '../../core/base/clock.ts';
import { CharmError } from '../../core/base/errors.ts';
import { SeededRandom } from '../../core/base/random.ts';
import { Chare, type Charm } from '../../core/index.ts';
import { FrameKind } from '../../core/message/envelope.ts';
import { Registry } from '../../core/message/registry.ts';
import { Pe } from '../../core/pe/pe.ts';
import { PriorityQueue } from '../../core/pe/task-queue.ts';
import { decodeValue } from '../../core/pup/decode.ts';
import { encodeValue } from '../../core/pup/encode.ts';
import { Reader } from '../../core/pup/reader.ts';
import { frameBytesMax, Writer } from '../../core/pup/writer.ts';
import { parsePageMessage } from '../../launch/browsers/page-protocol.ts';
import { startMain } from '../../launch/main-task.ts';
import { oneHeap } from '../../launch/one-heap.ts';
import { seedStrategyNamed } from '../../launch/seed-strategy.ts';
import { DumpError, readDump } from '../../lb-strategies/dump.ts';
import { ProblemList, TraceError } from '../../projections/errors.ts';
import { LogScanner } from '../../projections/format/original/log-scanner.ts';
import { readSts } from '../../projections/format/original/sts.ts';
import { readSummary, readSummaryDetail } from '../../projections/format/original/summary.ts';
import { readHead } from '../../projections/format/own/head.ts';
import { decodeFile } from '../../projections/format/own/read.ts';
import { encodePe } from '../../projections/format/own/write.ts';
import { FrameParts } from '../../transports/outside/frame-parts.ts';
import { RecordBatch, readBatch } from '../../transports/page/record-batch.ts';
import { accept, HandshakeError } from '../../transports/sockets/handshake.ts';
import { RecordStream } from '../../transports/sockets/record-stream.ts';
import { DatagramStream } from '../../transports/udp/datagram-stream.ts';
import { isHello, isWelcome, makeHello, makeWelcome, Seal } from '../../transports/udp/sealed.ts';
import { ringTrace } from '../support/viewer.ts';

export interface Target {
  /** To begin with, besides what is kept in the corpus. */
  readonly seeds: () => readonly Uint8Array[];
  readonly run: (input: Uint8Array) => void | Promise<void>;
  readonly isRefusal: (error: unknown) => boolean;
  /** What it may reserve beyond what an input of that length explains. */
  readonly reservedBytes?: number;
}

const isCharmError = (error: unknown): boolean => error instanceof CharmError;
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
const bytesOf = (value: string): Uint8Array => Buffer.from(value);

/** Bytes at a multiple of 8, as frames are. */
function aligned(input: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new ArrayBuffer((input.length + 7) & ~7), 0, input.length);
  copy.set(input);
  return copy;
}

// ---- values ----

class Point {
  x = 1;
}

const writer = new Writer();
const context = {
  handle: (): never => {
    throw new CharmError('ERR_DECODE', 'there are no handles here');
  },
  classes: { numberOf: () => -1, prototypeOf: () => Point.prototype },
};

function frameOf(value: unknown): Uint8Array {
  writer.begin(FrameKind.entry, 0, 0, 0, 0);
  encodeValue(writer, value, 'the value');
  writer.end();
  return writer.copyFrame();
}

const values: readonly unknown[] = [
  null,
  true,
  -0,
  2 ** 40,
  'text',
  'größer'.repeat(50),
  12345678901234567890n,
  new Date(0),
  [1, 'two', { three: [3] }],
  { a: { b: { c: 1 } } },
  new Map<unknown, unknown>([[1, new Set(['x'])]]),
  new Float64Array(20),
  new Uint8Array(5000),
  new Error('a message'),
];

// ---- frames ----

class Cell extends Chare<number> {
  n = 0;
  add(by: number): number {
    this.n += by;
    return this.n;
  }
}

/** A PE that nobody answers. `onSend` sees its frames. */
function lonelyPe(onSend: (frame: Uint8Array) => void): Pe {
  return new Pe({
    id: 0,
    pes: 2,
    pesPerNode: 2,
    args: [],
    clock: systemClock,
    random: new SeededRandom(1, 1),
    link: {
      send: (_, sealed) => onSend(sealed.copyFrame()),
      forward: () => undefined,
      poll: () => 0,
    },
    host: {
      exit: () => undefined,
      fail: () => undefined,
      wake: () => undefined,
      after: () => () => undefined,
      work: () => undefined,
      hasOutsideWork: () => false,
      vitals: () => ({ idleSeconds: 0, speed: 1, memoryFree: Number.POSITIVE_INFINITY }),
    },
    queue: new PriorityQueue(),
    registry: new Registry({ Cell }),
    heap: oneHeap(),
    seedBalancer: seedStrategyNamed('random'),
  });
}

function ownFrames(): Uint8Array[] {
  const frames: Uint8Array[] = [];
  const pe = lonelyPe((frame) => frames.push(frame));
  startMain(pe, (charm: Charm) => {
    void charm.array(Cell, { size: 8 }).then((cells) => {
      for (let i = 0; i < 8; i++) cells.at(i).add(i);
      cells.all.add(1);
      return cells.at(1).ask.add(2);
    });
    void charm.quiescence();
  });
  for (let i = 0; i < 20; i++) pe.runSome(100);
  const kinds = Object.values(FrameKind).map((kind) => {
    pe.writer.begin(kind, 0, 0, 1, 1);
    encodeValue(pe.writer, [1, [2, 'three']], 'the value');
    pe.writer.end();
    return pe.writer.copyFrame();
  });
  return [...frames, ...kinds];
}

const framesPerPe = 100;
let pe: Pe | undefined;
let frames = 0;

/** A peer that knows the secret may create as many elements as it likes; here memory is for other things. */
const elementsMax = 1 << 16;

function createsTooMuch(input: Uint8Array): boolean {
  if (input[0] !== FrameKind.createCollection || input.length < 22) return false;
  const view = new DataView(input.buffer, input.byteOffset);
  let elements = 1;
  for (let d = 0, at = 22; d < input[21]! && at + 4 <= input.length; d++, at += 4) elements *= view.getUint32(at, true);
  return elements > elementsMax;
}

function receive(input: Uint8Array): void {
  if (input.length < 16 || createsTooMuch(input)) return;
  if (pe === undefined || frames++ % framesPerPe === 0) pe = lonelyPe(() => undefined);
  pe.receive(Reader.over(aligned(input)));
  pe.runSome(100);
}

/** What a peer with the secret sends may be refused in any words, but by an error, and not by one of memory or of the stack. */
function isContained(error: unknown): boolean {
  return (
    error instanceof Error &&
    !(error instanceof RangeError && /allocation failed|invalid (typed )?array length|call stack/i.test(error.message))
  );
}

// ---- streams ----

function records(): Uint8Array {
  const written: Buffer[] = [];
  const out = new Duplex({
    read() {},
    write: (chunk: Buffer, _encoding, done) => {
      written.push(Buffer.from(chunk));
      done();
    },
  });
  const stream = new RecordStream(
    out,
    () => undefined,
    () => undefined,
  );
  for (const length of [0, 1, 20, 300]) stream.send(length % 4, 1, 2, new Uint8Array(length), 0, length);
  stream.sendLarge(1, 2, [new Uint8Array(100)], 100);
  stream.flush();
  out.destroy();
  return Buffer.concat(written);
}

/** The first byte says into what pieces the rest is cut. */
function receiveStream(input: Uint8Array): void {
  const parts = new FrameParts();
  let isBad = false;
  const stream = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  new RecordStream(
    stream,
    (kind, _to, from, bytes, start, length) => {
      if (isBad) throw new Error('a record came after the stream was refused');
      if (kind > 1) parts.add(kind, from, bytes, start, length);
    },
    () => {
      isBad = true;
    },
  );
  const piece = 1 + (input[0] ?? 0);
  for (let at = 1; at < input.length && !isBad; at += piece)
    stream.emit('data', Buffer.from(input.subarray(at, at + piece)));
  stream.destroy();
}

/** Of the repository, where the command is started. */
const root = pathToFileURL(`${process.cwd()}/`);

const secret = Buffer.alloc(32, 7);

async function shake(input: Uint8Array): Promise<void> {
  let written = 0;
  const stream = new Duplex({
    read() {},
    write: (chunk: Buffer, _encoding, done) => {
      written += chunk.length;
      done();
    },
  });
  stream.on('error', () => undefined);
  stream.push(Buffer.from(input));
  stream.push(null);
  try {
    await accept(stream, { node: 0, secret, identity: 'charm4ts 1.0.0' });
    throw new TypeError('a stranger was let in');
  } catch (error) {
    if (written > 1024) throw new TypeError(`a stranger was told ${written} bytes`);
    throw error;
  } finally {
    stream.destroy();
  }
}

// ---- datagrams ----

const hello = makeHello(secret, 1);
const welcome = makeWelcome(secret, hello, 2);

/** First as it comes from anybody; then as the content of a datagram that was sealed. */
function receiveDatagram(input: Uint8Array): void {
  const bytes = Buffer.from(input);
  const isKnown = bytes.equals(hello) || bytes.equals(welcome);
  if (!isKnown && bytes.length > 8 && isHello(secret, bytes)) throw new TypeError('a stranger said hello');
  if (!isKnown && bytes.length > 8 && isWelcome(secret, hello, bytes)) throw new TypeError('a stranger said welcome');
  const listener = new Seal(secret, hello, welcome, false);
  if (listener.open(bytes) !== undefined) throw new TypeError('a seal was forged');
  const stream = new DatagramStream({
    localNonce: 1,
    peerNonce: 2,
    packetBytesMax: 1400,
    windowBytes: 1 << 16,
    isCalling: false,
    transmit: () => undefined,
    closed: () => undefined,
  });
  stream.unref();
  stream.on('error', () => undefined);
  stream.on('data', () => undefined);
  stream.receive(aligned(bytes));
  stream.destroy();
}

function packets(): Uint8Array[] {
  const sent: Uint8Array[] = [];
  const stream = new DatagramStream({
    localNonce: 2,
    peerNonce: 1,
    packetBytesMax: 1400,
    windowBytes: 1 << 16,
    isCalling: false,
    transmit: (packet) => sent.push(packet.slice()),
    closed: () => undefined,
  });
  stream.unref();
  stream.write(Buffer.alloc(3000, 1));
  stream.destroy();
  return [...sent, hello, welcome];
}

// ---- files ----

function ownFile(): Uint8Array {
  const trace = ringTrace(5);
  return Buffer.concat([...encodePe(trace.pes[0]!, trace.elements)]);
}

function scanLog(input: Uint8Array): void {
  const problems = new ProblemList();
  const scanner = new LogScanner('a.log', problems, () => true);
  const piece = 1 + (input[0] ?? 0) * 16;
  for (let at = 1; at < input.length; at += piece) scanner.push(Buffer.from(input.subarray(at, at + piece)));
}

function stored(folder: URL, pattern: RegExp, bytesMax = 4000): Uint8Array[] {
  const files = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => pattern.test(name));
  return files.slice(0, 6).map((name) => readFileSync(new URL(name, folder)).subarray(0, bytesMax));
}

const traces = new URL('test/projections/traces/', root);

export const targets: Readonly<Record<string, Target>> = {
  values: {
    seeds: () => values.map((value) => frameOf(value)),
    run: (input) => void decodeValue(Reader.over(aligned(input)), context),
    isRefusal: isCharmError,
  },
  frames: { seeds: ownFrames, run: receive, isRefusal: isContained },
  'record-stream': {
    seeds: () => [Buffer.concat([Buffer.of(255), records()]), Buffer.concat([Buffer.of(3), records()])],
    run: receiveStream,
    isRefusal: isCharmError,
    // A peer that has proved that it knows the secret may announce large frames; memory for them is not touched before they come.
    reservedBytes: frameBytesMax,
  },
  handshake: {
    seeds: () => [
      Buffer.concat([Buffer.from('CH4T'), Buffer.of(2, 0, 0, 0, 1, 0, 0, 0), randomBytes(192)]),
      new Uint8Array(204),
    ],
    run: shake,
    isRefusal: (error) => error instanceof HandshakeError,
  },
  page: {
    seeds: () => {
      const batch = new RecordBatch();
      for (const length of [0, 5, 100]) batch.add(length % 4, 1, 2, new Uint8Array(length), 0, length);
      return [
        batch.take()!,
        bytesOf('{"kind":"exit","code":1}'),
        bytesOf('{"kind":"output","stream":"stdout","text":"x"}'),
      ];
    },
    run: (input) => {
      parsePageMessage(text(input));
      readBatch(input, () => undefined);
    },
    isRefusal: isCharmError,
  },
  datagrams: { seeds: packets, run: receiveDatagram, isRefusal: () => false },
  'own-trace': {
    seeds: () => [ownFile(), ...stored(traces, /\.trace\.json$/)],
    run: (input) => {
      const copy = aligned(input);
      decodeFile(copy.buffer as ArrayBuffer, 'a file', 0, new ProblemList());
      readHead(text(input), 'a file');
    },
    isRefusal: (error) => error instanceof TraceError,
  },
  'charm-log': {
    seeds: () => [bytesOf('0PROJECTIONS-RECORD 0\n6 0\n2 1 2 3 4\n7 9\n'), ...stored(traces, /\.log$/)],
    run: scanLog,
    isRefusal: (error) => error instanceof TraceError,
  },
  'charm-sts': {
    seeds: () => [bytesOf('VERSION 11.0\nPROCESSORS 1\nEND\n'), ...stored(traces, /\.sts$/)],
    run: (input) => void readSts(text(input), 'a.sts'),
    isRefusal: (error) => error instanceof TraceError,
  },
  'charm-sum': {
    seeds: () => [bytesOf('ver:7.1 0/1 count:2 ep:1 interval:1e-3\n'), ...stored(traces, /\.(sum|sumd)$/)],
    run: (input) => {
      for (const read of [readSummary, readSummaryDetail]) {
        try {
          read(text(input), 'a.sum');
        } catch (error) {
          if (!(error instanceof TraceError)) throw error;
        }
      }
    },
    isRefusal: () => false,
  },
  'lb-dump': {
    seeds: () => stored(new URL('test/lb-strategies/', root), /\.json$/),
    run: (input) => void readDump(text(input)),
    isRefusal: (error) => error instanceof DumpError,
  },
};
