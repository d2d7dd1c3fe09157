/**
 * Aggregation of small messages to elements of other PEs, by the example of Charm++'s TRAM.
 *
 *  1. A message for another PE of the same node is sent alone, since there a frame costs no more than a place in a buffer.
 *     Any other is encoded as the frame that it would be anyhow, and put into the buffer of the next PE on its way through a mesh
 *     (mesh.ts) to where its element is believed to be.
 *  2. A buffer is sent as one frame when it is full; all are, when this PE has nothing else to do, or when the oldest message has
 *     waited for as long as it may. A task in the queue sees to that; it comes again and again while there is something.
 *  3. The PE that gets the frame takes out what is for it, as if it had come alone, and puts the rest into its own buffers.
 *
 * From there on these are messages like others: if the element has moved, they follow it. So each is delivered once.
 * They may be overtaken by others, since they wait and take another way.
 *
 * Counting: a message is created when it is put into the first buffer, and processed when it is taken out at the end of its way; so there
 * is no quiescence while something is in a buffer.
 *
 * Frame: dimensions, bytes of a buffer, milliseconds to wait, bytes of messages; then for each message the PE that it is for,
 * its length, and its frame. All at multiples of 8.
 */
import { CharmError, UsageError } from '../base/errors.ts';
import { FrameKind, headerBytes } from '../message/envelope.ts';
import type { Pe } from '../pe/pe.ts';
import type { Task } from '../pe/task-queue.ts';
import { FrameMemory } from '../pup/frame-memory.ts';
import { Reader } from '../pup/reader.ts';
import { Mesh, usualDimensions } from './mesh.ts';

/** How messages are aggregated. */
export interface Aggregation {
  /** Of the virtual mesh of PEs, 1 to 6. Default: 1 for up to 16 PEs, 2 for up to 512, 3 beyond. */
  readonly dimensions?: number;
  /** A buffer that holds this much is sent: 256 to 1 MiB. Default: 16 KiB, some hundred small messages. */
  readonly bufferBytes?: number;
  /** On a PE that is never idle a message waits this long at most, in milliseconds, from 0. Default: 1. */
  readonly waitMs?: number;
}

/** All values given. */
type Settings = Required<Aggregation>;

const dimensionsMax = 6;
const bufferBytesMin = 256;
const bufferBytesMax = 1 << 20;
const usualBufferBytes = 1 << 14;
const usualWaitMs = 1;
/** What precedes a message in a buffer. */
const itemHeadBytes = 8;

/** @throws UsageError for settings that are out of range. */
export function checkAggregation(given: boolean | Aggregation, what: string): void {
  if (typeof given === 'boolean') return;
  if (typeof given !== 'object' || given === null)
    throw new UsageError(`${what} must be true or { dimensions, bufferBytes, waitMs }, not ${typeof given}`);
  const { dimensions = 1, bufferBytes = usualBufferBytes, waitMs = usualWaitMs } = given;
  if (!Number.isInteger(dimensions) || dimensions < 1 || dimensions > dimensionsMax)
    throw new UsageError(`${what}: a mesh has 1 to ${dimensionsMax} dimensions, not ${dimensions}`);
  if (!Number.isInteger(bufferBytes) || bufferBytes < bufferBytesMin || bufferBytes > bufferBytesMax)
    throw new UsageError(`${what}: a buffer has ${bufferBytesMin} to ${bufferBytesMax} bytes, not ${bufferBytes}`);
  if (!(waitMs >= 0)) throw new UsageError(`${what}: waitMs is 0 or more milliseconds, not ${waitMs}`);
}

class Buffer {
  readonly to: number;
  readonly memory: FrameMemory;
  used = 0;

  constructor(to: number, bytes: number) {
    this.to = to;
    this.memory = new FrameMemory(new ArrayBuffer(bytes));
  }
}

/** The buffers of one PE for messages that are aggregated in the same way. */
class Aggregator implements Task {
  readonly source: number;
  readonly target = this;
  readonly #pe: Pe;
  readonly #settings: Settings;
  readonly #mesh: Mesh;
  /** Larger messages are sent alone. */
  readonly #itemBytesMax: number;
  readonly #buffers = new Map<number, Buffer>();
  /** The buffer that was used last: often the next one's too. */
  #latest: Buffer | undefined = undefined;
  /** Since when something has been waiting. */
  #since = 0;
  #isTaskQueued = false;
  readonly #item = new Reader();
  /** PEs of this node: from the first up to the end. */
  readonly #first: number;
  readonly #end: number;

  constructor(pe: Pe, settings: Settings) {
    this.#pe = pe;
    this.source = pe.id;
    this.#settings = settings;
    this.#mesh = new Mesh(pe.id, pe.pes, settings.dimensions);
    this.#itemBytesMax = settings.bufferBytes >>> 2;
    this.#first = pe.firstPeOf(pe.node);
    this.#end = pe.firstPeOf(pe.node + 1);
  }

  /** Takes the sealed frame in the PE's writer, which is for an element on PE `to`; false if it is to be sent alone. */
  add(to: number): boolean {
    if (to >= this.#first && to < this.#end) return false;
    const { writer } = this.#pe;
    if (writer.attachmentBytes > 0 || writer.position > this.#itemBytesMax) return false;
    this.#pe.created++;
    this.#put(to, writer.memory, 0, writer.position);
    return true;
  }

  #put(to: number, memory: FrameMemory, start: number, length: number): void {
    const buffer = this.#bufferTo(this.#mesh.next(to));
    const target = buffer.memory.words;
    const source = memory.words;
    let at = buffer.used >>> 2;
    target[at++] = to;
    target[at++] = length;
    const end = (start + length) >>> 2;
    for (let from = start >>> 2; from < end; from++) target[at++] = source[from]!;
    buffer.used += itemHeadBytes + length;
    if (buffer.used >= this.#settings.bufferBytes) this.#flush(buffer);
    else if (!this.#isTaskQueued) this.#queueTask();
  }

  #bufferTo(to: number): Buffer {
    if (this.#latest?.to === to) return this.#latest;
    let buffer = this.#buffers.get(to);
    if (buffer === undefined) {
      buffer = new Buffer(to, this.#settings.bufferBytes + this.#itemBytesMax + itemHeadBytes);
      this.#buffers.set(to, buffer);
    }
    this.#latest = buffer;
    return buffer;
  }

  #flush(buffer: Buffer): void {
    const { writer, id } = this.#pe;
    const { used, memory } = buffer;
    const { dimensions, bufferBytes, waitMs } = this.#settings;
    buffer.used = 0;
    writer.begin(FrameKind.aggregate, 0, 0, 0, id);
    writer.f64(waitMs);
    writer.u32(dimensions);
    writer.u32(bufferBytes);
    writer.u32(used);
    const at = writer.aligned(used);
    writer.bytes.set(memory.bytes.subarray(0, used), at);
    writer.end();
    this.#pe.send(buffer.to);
  }

  #queueTask(): void {
    this.#isTaskQueued = true;
    this.#since = this.#pe.clock.now();
    this.#pe.post(this);
  }

  /** What was in the queue when the last message came has run. If there is nothing else to do, or it is time, all buffers go. */
  run(): void {
    const { queue, clock } = this.#pe;
    if (queue.length > 0 && clock.now() - this.#since < this.#settings.waitMs) return this.#pe.post(this);
    this.#isTaskQueued = false;
    for (const buffer of this.#buffers.values()) if (buffer.used > 0) this.#flush(buffer);
  }

  onFrame(frame: Reader, used: number): void {
    let at = frame.aligned(used);
    const end = at + used;
    const { memory } = frame;
    const item = this.#item;
    while (at < end) {
      const to = memory.view.getInt32(at, true);
      const length = memory.view.getInt32(at + 4, true);
      const left = end - at - itemHeadBytes;
      if (length < headerBytes || length > left || (length & 7) !== 0 || to < 0 || to >= this.#pe.pes)
        throw damaged(`a message of ${length} bytes for PE ${to}, where ${left} are left`);
      if (to === this.#pe.id) {
        item.reset(memory, at + itemHeadBytes, length, frame.owned);
        this.#pe.receive(item);
      } else this.#put(to, memory, at + itemHeadBytes, length);
      at += itemHeadBytes + length;
    }
  }
}

/** All aggregators of a PE. */
export class AggregationTable {
  readonly #pe: Pe;
  readonly #usual: Settings;
  readonly #bySettings = new Map<string, Aggregator>();
  readonly #byOptions = new WeakMap<object, Aggregator>();
  #usualOne: Aggregator | undefined = undefined;

  constructor(pe: Pe) {
    this.#pe = pe;
    this.#usual = { dimensions: usualDimensions(pe.pes), bufferBytes: usualBufferBytes, waitMs: usualWaitMs };
    pe.handle(FrameKind.aggregate, (frame) => this.#onFrame(frame));
  }

  /** Takes the sealed frame in the PE's writer, which is for an element on PE `to`; false if it is to be sent alone. */
  add(to: number, given: boolean | Aggregation): boolean {
    return this.#of(given).add(to);
  }

  #of(given: boolean | Aggregation): Aggregator {
    if (typeof given === 'boolean') {
      this.#usualOne ??= this.#with(this.#usual);
      return this.#usualOne;
    }
    let known = this.#byOptions.get(given);
    if (known === undefined) {
      known = this.#with({ ...this.#usual, ...given });
      this.#byOptions.set(given, known);
    }
    return known;
  }

  #with(settings: Settings): Aggregator {
    const name = `${settings.dimensions}/${settings.bufferBytes}/${settings.waitMs}`;
    let known = this.#bySettings.get(name);
    if (known === undefined) {
      known = new Aggregator(this.#pe, settings);
      this.#bySettings.set(name, known);
    }
    return known;
  }

  #onFrame(frame: Reader): void {
    const waitMs = frame.f64();
    const dimensions = frame.u32();
    const bufferBytes = frame.u32();
    const isOdd = dimensions < 1 || dimensions > dimensionsMax || !(waitMs >= 0);
    if (isOdd || bufferBytes < bufferBytesMin || bufferBytes > bufferBytesMax)
      throw damaged(`a mesh of ${dimensions} dimensions with buffers of ${bufferBytes} bytes`);
    this.#with({ dimensions, bufferBytes, waitMs }).onFrame(frame, frame.u32());
  }
}

function damaged(what: string): CharmError {
  return new CharmError('ERR_DECODE', `aggregated messages that came are damaged: ${what}`);
}
