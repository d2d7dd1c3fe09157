/**
 * The log that a running PE writes: words of 32 bits, one to five for a record. Tables with a column for everything would
 * cost five times the memory, and as much more of the PE's time. The reader plays the log through a Recorder.
 *
 * The lowest four bits of a record's first word are its kind; `d` is the time since the record before, in ns.
 *
 *     time        | two words: a double, ns            where d would not fit into its bits
 *     begin       | 4: d follows, 5: source follows, 6-7: wake, 8: as expected, 9-: entry | d? element message? source?
 *     end         | 4-: d
 *     send        | 4: d follows, 5: bytes, 6: priority, 7: PE, 8-: entry | d? bytes? priority? PE?
 *     broadcast   | 6: priority, 8-: entry | d receivers priority?
 *     multicast   | 6: priority, 8-: entry | d bytes count PE... priority?
 *     number      | the number of the next message, where it is not one more than that of the last
 *     arrival     | d source message
 *     idle, wake  | 4-: d
 *
 * Without d a record has the time of the one before. A begin without source is of a message of the PE's own, and as
 * expected if that is the one behind the last such, as it is where messages run in the order in which they were sent.
 * Message 0 is none. Messages are numbered from 1.
 */
import type { Recorder } from './recorder.ts';
import { none } from './schema.ts';

/** Takes the words of a log; they are written over afterwards. */
export type TakeLog = (words: Uint32Array) => void;

const kinds = {
  time: 0,
  begin: 1,
  end: 2,
  send: 3,
  broadcast: 4,
  multicast: 5,
  number: 6,
  arrival: 7,
  idle: 8,
  wake: 9,
} as const;

const hasTime = 1 << 4;
const hasSource = 1 << 5;
const hasBytes = 1 << 5;
const hasPriority = 1 << 6;
const hasTo = 1 << 7;
const wakeShift = 6;
const entryShift = 8;
const isExpected = 1 << 8;
const begunEntryShift = 9;
const shortTimeMax = (1 << 28) - 1;
const timeMax = 2 ** 32 - 1;
/** Words of the longest record of fixed length, with the time and the number before it. */
const recordWordsMax = 16;

export class LogWriter {
  #words: Uint32Array;
  #at = 0;
  /** Time of the last record. */
  #time = 0;
  #nextMessage = 1;
  /** The message of the PE's own that is expected to run next. */
  #expected = 1;
  readonly #self: number;
  readonly #take: TakeLog;
  readonly #full: number;

  constructor(pe: number, take: TakeLog, words = 16_384) {
    this.#self = pe;
    this.#take = take;
    this.#words = new Uint32Array(words + recordWordsMax);
    this.#full = words;
  }

  /** Times never fall. `message` 0 is none, and then `source` is not kept. */
  begin(time: number, entry: number, element: number, source: number, message: number, wake: number): void {
    if (this.#at >= this.#full) this.flush();
    const delta = this.#delta(time);
    const words = this.#words;
    let at = this.#at;
    let head = kinds.begin | (wake << wakeShift) | (entry << begunEntryShift);
    if (delta !== 0) head |= hasTime;
    if (source === this.#self) {
      if (message === this.#expected) {
        words[at++] = head | isExpected;
        if (delta !== 0) words[at++] = delta;
        words[at++] = element;
      } else {
        words[at++] = head;
        if (delta !== 0) words[at++] = delta;
        words[at++] = element;
        words[at++] = message;
      }
      if (message !== 0) this.#expected = message + 1;
    } else {
      words[at++] = head | hasSource;
      if (delta !== 0) words[at++] = delta;
      words[at++] = element;
      words[at++] = message;
      words[at++] = source;
    }
    this.#at = at;
  }

  end(time: number): void {
    this.#short(kinds.end, time);
  }

  idle(time: number): void {
    this.#short(kinds.idle, time);
  }

  wake(time: number): void {
    this.#short(kinds.wake, time);
  }

  #short(kind: number, time: number): void {
    if (this.#at >= this.#full) this.flush();
    let delta = Math.max(0, time - this.#time);
    this.#time += delta;
    if (delta > shortTimeMax) {
      this.#absolute(time);
      delta = 0;
    }
    this.#words[this.#at++] = kind | (delta << 4);
  }

  /** `bytes` 0: passed by reference; `to` none: not known yet. */
  send(time: number, entry: number, to: number, message: number, bytes: number, priority: number): void {
    if (this.#at >= this.#full) this.flush();
    if (message !== this.#nextMessage) this.#number(message);
    this.#nextMessage = message + 1;
    const delta = this.#delta(time);
    const head = kinds.send | (entry << entryShift);
    if (delta === 0 && bytes === 0 && priority === 0 && to === none) this.#words[this.#at++] = head;
    else this.#sendMore(head, delta, to, bytes, priority);
  }

  #sendMore(first: number, delta: number, to: number, bytes: number, priority: number): void {
    const words = this.#words;
    const start = this.#at++;
    let head = first;
    if (delta !== 0) {
      head |= hasTime;
      words[this.#at++] = delta;
    }
    if (bytes !== 0) {
      head |= hasBytes;
      words[this.#at++] = bytes;
    }
    if (priority !== 0) {
      head |= hasPriority;
      words[this.#at++] = priority;
    }
    if (to !== none) {
      head |= hasTo;
      words[this.#at++] = to;
    }
    words[start] = head;
  }

  broadcast(time: number, entry: number, message: number, priority: number, receivers: number): void {
    this.#toMany(kinds.broadcast, time, entry, message, priority, [receivers]);
  }

  multicast(
    time: number,
    entry: number,
    message: number,
    bytes: number,
    priority: number,
    pes: readonly number[],
  ): void {
    this.#toMany(kinds.multicast, time, entry, message, priority, [bytes, pes.length, ...pes]);
  }

  #toMany(kind: number, time: number, entry: number, message: number, priority: number, rest: readonly number[]): void {
    if (this.#at + rest.length >= this.#full) this.flush();
    if (this.#words.length < rest.length + recordWordsMax) this.#words = new Uint32Array(rest.length + recordWordsMax);
    if (message !== this.#nextMessage) this.#number(message);
    this.#nextMessage = message + 1;
    const delta = this.#delta(time);
    const words = this.#words;
    words[this.#at++] = kind | (priority === 0 ? 0 : hasPriority) | (entry << entryShift);
    words[this.#at++] = delta;
    for (const word of rest) words[this.#at++] = word;
    if (priority !== 0) words[this.#at++] = priority;
  }

  arrival(time: number, source: number, message: number): void {
    if (this.#at >= this.#full) this.flush();
    const delta = this.#delta(time);
    const words = this.#words;
    words[this.#at++] = kinds.arrival;
    words[this.#at++] = delta;
    words[this.#at++] = source;
    words[this.#at++] = message;
  }

  #delta(time: number): number {
    const delta = time - this.#time;
    if (delta <= 0) return 0;
    this.#time = time;
    if (delta <= timeMax) return delta;
    this.#absolute(time);
    return 0;
  }

  #absolute(time: number): void {
    absoluteTime[0] = time;
    this.#words[this.#at++] = kinds.time;
    this.#words[this.#at++] = timeWords[0]!;
    this.#words[this.#at++] = timeWords[1]!;
  }

  #number(message: number): void {
    this.#words[this.#at++] = kinds.number;
    this.#words[this.#at++] = message;
  }

  /** Hands on what there is. */
  flush(): void {
    if (this.#at > 0) this.#take(this.#words.subarray(0, this.#at));
    this.#at = 0;
  }
}

const absoluteTime = new Float64Array(1);
const timeWords = new Uint32Array(absoluteTime.buffer);

/** Plays the words of a PE's log, part after part, through a recorder. */
export class LogPlayer {
  readonly #recorder: Recorder;
  readonly #self: number;
  #time = 0;
  #nextMessage = 1;
  #expected = 1;

  constructor(pe: number, recorder: Recorder) {
    this.#self = pe;
    this.#recorder = recorder;
  }

  /** Time of the last record. */
  get time(): number {
    return this.#time;
  }

  /** @returns what is wrong, if something is. */
  play(words: Uint32Array): string | undefined {
    let at = 0;
    while (at < words.length) {
      const next = this.#record(words, at);
      if (next < 0) return `word ${at} of the log begins no record`;
      if (next > words.length) return 'the last record of the log is cut';
      at = next;
    }
    return undefined;
  }

  /** @returns where the next one begins; -1 if this is none. */
  #record(words: Uint32Array, start: number): number {
    const head = words[start]!;
    let at = start + 1;
    const recorder = this.#recorder;
    switch (head & 15) {
      case kinds.end:
        this.#time += head >>> 4;
        recorder.endExecution(this.#time);
        return at;
      case kinds.send: {
        if ((head & hasTime) !== 0) this.#time += words[at++]!;
        const bytes = (head & hasBytes) === 0 ? 0 : words[at++]!;
        const priority = (head & hasPriority) === 0 ? 0 : words[at++]! | 0;
        const to = (head & hasTo) === 0 ? none : words[at++]! | 0;
        recorder.send(this.#time, head >>> entryShift, none, to, this.#nextMessage++, bytes, priority);
        return at;
      }
      case kinds.begin: {
        if ((head & hasTime) !== 0) this.#time += words[at++]!;
        const element = words[at++]! | 0;
        const message = (head & isExpected) !== 0 ? this.#expected : words[at++]!;
        const from = (head & hasSource) === 0 ? this.#self : words[at++]! | 0;
        const name = message === 0 ? none : message;
        const source = message === 0 ? none : from;
        const wake = (head >>> wakeShift) & 3;
        if (from === this.#self && message !== 0) this.#expected = message + 1;
        recorder.beginExecution(this.#time, head >>> begunEntryShift, element, source, name, 0, 0, Number.NaN, wake);
        return at;
      }
      case kinds.arrival:
        this.#time += words[at]!;
        recorder.arrival(this.#time, words[at + 1]! | 0, words[at + 2]!);
        return at + 3;
      case kinds.idle:
        this.#time += head >>> 4;
        recorder.beginIdle(this.#time);
        return at;
      case kinds.wake:
        this.#time += head >>> 4;
        recorder.endIdle(this.#time);
        return at;
      case kinds.time:
        timeWords[0] = words[at]!;
        timeWords[1] = words[at + 1]!;
        this.#time = absoluteTime[0]!;
        return at + 2;
      case kinds.number:
        this.#nextMessage = words[at]!;
        return at + 1;
      default:
        return this.#many(words, at, head);
    }
  }

  #many(words: Uint32Array, start: number, head: number): number {
    const entry = head >>> entryShift;
    const recorder = this.#recorder;
    this.#time += words[start]!;
    const isPrioritised = (head & hasPriority) !== 0;
    if ((head & 15) === kinds.broadcast) {
      const priority = isPrioritised ? words[start + 2]! | 0 : 0;
      recorder.broadcast(this.#time, 0, entry, this.#nextMessage++, 0, priority, words[start + 1]!);
      return start + (isPrioritised ? 3 : 2);
    }
    if ((head & 15) !== kinds.multicast) return -1;
    const end = start + 3 + words[start + 2]!;
    if (end > words.length) return end;
    const priority = isPrioritised ? words[end]! | 0 : 0;
    const pes = Array.from(words.subarray(start + 3, end));
    recorder.multicast(this.#time, 0, entry, this.#nextMessage++, words[start + 1]!, priority, pes);
    return end + (isPrioritised ? 1 : 0);
  }
}
