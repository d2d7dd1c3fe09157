/**
 * Splits the bytes of a `.log` into records of numbers, as they come in. No strings are made, but for numbers with a
 * point and for notes.
 *
 * Invariants: a record is handed out once, when its line is complete; `fields` is valid during the call only. A line
 * that is no record is noted as a problem and left out; the lines behind it are still read.
 */
import { type ProblemList, quoted } from '../../errors.ts';
import { recordTypes, recordTypesMax } from './record-types.ts';

export interface LogRecord {
  readonly type: number;
  /** Numbers behind the type. */
  readonly fields: Float64Array;
  readonly count: number;
  /** Of notes. */
  readonly text: string;
  /** From 1. */
  readonly line: number;
}

/** @returns whether to go on. */
export type RecordHandler = (record: LogRecord) => boolean;

const newline = 10;
const space = 32;
const carriageReturn = 13;
const minus = 45;
const zero = 48;
const nine = 57;
/** A multicast to a million PEs is shorter. */
const lineBytesMax = 8 << 20;
const headLine = /^PROJECTIONS-RECORD/;

export class LogScanner {
  readonly #file: string;
  readonly #problems: ProblemList;
  readonly #handle: RecordHandler;
  /** The part of a line at the end of the last chunk. */
  #rest: Buffer = Buffer.alloc(0);
  #isDone = false;
  readonly record = { type: 0, fields: new Float64Array(64), count: 0, text: '', line: 0 };

  constructor(file: string, problems: ProblemList, handle: RecordHandler) {
    this.#file = file;
    this.#problems = problems;
    this.#handle = handle;
  }

  /** Whether the handler has seen enough. */
  get isDone(): boolean {
    return this.#isDone;
  }

  push(chunk: Buffer): void {
    if (this.#isDone) return;
    let begin = 0;
    if (this.#rest.length > 0) {
      const end = chunk.indexOf(newline);
      const line = Buffer.concat([this.#rest, chunk.subarray(0, end < 0 ? chunk.length : end)]);
      if (end < 0) return this.#keep(line);
      this.#rest = Buffer.alloc(0);
      this.#line(line, 0, line.length);
      begin = end + 1;
    }
    while (!this.#isDone) {
      const end = chunk.indexOf(newline, begin);
      if (end < 0) break;
      this.#line(chunk, begin, end);
      begin = end + 1;
    }
    if (begin < chunk.length) this.#keep(Buffer.from(chunk.subarray(begin)));
  }

  /** The file is at its end. A last line without a newline may be cut in the middle of a number: it does not count. */
  end(): void {
    if (this.#isDone || this.#rest.length === 0) return;
    this.record.line++;
    this.#problem(`the last line is cut: ${quoted(this.#rest.toString('latin1'))}`);
  }

  #keep(rest: Buffer): void {
    this.#rest = rest;
    if (rest.length <= lineBytesMax) return;
    this.record.line++;
    this.#problem(`a line of more than ${lineBytesMax >> 20} MiB; nothing is read behind it`);
    this.#isDone = true;
  }

  #line(bytes: Buffer, begin: number, end: number): void {
    const { record } = this;
    record.line++;
    if (end > begin && bytes[end - 1] === carriageReturn) end--;
    const first = bytes[begin]!;
    if (first < zero || first > nine || begin === end) return this.#other(bytes, begin, end);
    record.text = '';
    if (this.#numbers(bytes, begin, end) && !this.#handle(record)) this.#isDone = true;
  }

  /** Fills `record`. @returns false if the line is no record. */
  #numbers(bytes: Buffer, begin: number, end: number): boolean {
    const { record } = this;
    let at = begin;
    let type = 0;
    for (; at < end && bytes[at] !== space; at++) {
      const digit = bytes[at]! - zero;
      if (digit < 0 || digit > 9 || type >= recordTypesMax) return this.#malformed(bytes, begin, end, at);
      type = type * 10 + digit;
    }
    record.type = type;
    const numbersMax = textBehind(type);
    let count = 0;
    while (at < end) {
      if (bytes[at] === space) {
        at++;
        continue;
      }
      if (count === numbersMax) {
        record.text = bytes.toString('utf8', at, end);
        break;
      }
      const tokenBegin = at;
      const isNegative = bytes[at] === minus;
      if (isNegative) at++;
      let value = 0;
      let digit = 0;
      for (; at < end; at++) {
        digit = bytes[at]! - zero;
        if (digit < 0 || digit > 9) break;
        value = value * 10 + digit;
      }
      if (at < end && bytes[at] !== space) {
        while (at < end && bytes[at] !== space) at++;
        value = Number(bytes.toString('latin1', tokenBegin, at));
        if (!Number.isFinite(value)) return this.#malformed(bytes, begin, end, tokenBegin);
      } else if (isNegative) {
        if (at === tokenBegin + 1) return this.#malformed(bytes, begin, end, tokenBegin);
        value = -value;
      }
      if (count === record.fields.length) this.#growFields();
      record.fields[count++] = value;
    }
    record.count = count;
    return true;
  }

  #growFields(): void {
    const larger = new Float64Array(2 * this.record.fields.length);
    larger.set(this.record.fields);
    this.record.fields = larger;
  }

  #other(bytes: Buffer, begin: number, end: number): void {
    const text = bytes.toString('latin1', begin, Math.min(end, begin + 100));
    if (this.record.line === 1 && headLine.test(text)) return;
    this.#problem(begin === end ? 'an empty line' : `expected a record, got ${quoted(text)}`);
  }

  #malformed(bytes: Buffer, begin: number, end: number, at: number): false {
    const token = bytes.toString('latin1', at, Math.min(end, at + 80)).split(' ')[0]!;
    const line = bytes.toString('latin1', begin, Math.min(end, begin + 80));
    this.#problem(`expected a number, got ${quoted(token)} in ${quoted(line)}`);
    return false;
  }

  #problem(problem: string): void {
    this.#problems.add({ file: this.#file, line: this.record.line, problem });
  }
}

/** How many numbers stand before the text of a note. */
function textBehind(type: number): number {
  if (type === recordTypes.note) return 2;
  return type === recordTypes.bracketedNote ? 4 : Number.POSITIVE_INFINITY;
}
