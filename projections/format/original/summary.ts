/**
 * Summaries as Charm++ writes them (version 7.1): `.sum` has the utilisation of a PE over time and totals of each entry
 * method, `.sumd` the time and calls of each entry method over time. Times are whole microseconds, shares whole per cent.
 *
 * Lists are run-length coded, `5+3` stands for `5 5 5`.
 */
import { quoted, TraceError } from '../../errors.ts';

export interface SummaryHead {
  readonly pe: number;
  readonly pes: number;
  readonly bins: number;
  readonly entries: number;
  readonly binSeconds: number;
}

export interface PeSummary extends SummaryHead {
  /** Per cent of each bin. */
  readonly utilisation: readonly number[];
  readonly idle: readonly number[];
  /** Of each entry method: microseconds, calls, microseconds of the longest. */
  readonly timeUs: readonly number[];
  readonly calls: readonly number[];
  readonly longestUs: readonly number[];
}

/** For entry method `e` and bin `b`, values stand at `e * bins + b`. */
export interface PeSummaryDetail extends SummaryHead {
  readonly timeUs: readonly number[];
  readonly calls: readonly number[];
}

/** Of one list; more would be a file made to fill the memory. */
const valuesMax = 50_000_000;

class Lines {
  readonly file: string;
  readonly #lines: readonly string[];

  constructor(text: string, file: string) {
    this.file = file;
    this.#lines = text.split('\n');
  }

  head(pattern: RegExp): SummaryHead {
    const found = pattern.exec(this.#lines[0] ?? '');
    if (found === null) return this.fail(1, `expected the head of a summary, got ${quoted(this.#lines[0] ?? '')}`);
    const [pe, pes, bins, entries, binSeconds] = found.slice(1).map(Number) as [number, number, number, number, number];
    if (!(binSeconds > 0)) return this.fail(1, 'the interval must be more than 0');
    return { pe, pes, bins, entries, binSeconds };
  }

  /** The list in line `line` (from 1), which begins with `label`. */
  list(line: number, label: string, count: number): number[] {
    const text = this.#lines[line - 1] ?? '';
    if (!text.startsWith(label))
      return this.fail(line, `expected ${label || 'a list of numbers'}, got ${quoted(text)}`);
    const values = this.#runs(line, text.slice(label.length));
    if (values.length !== count) this.fail(line, `expected ${count} values, got ${values.length}`);
    return values;
  }

  has(line: number, label: string): boolean {
    return this.#lines[line - 1]?.startsWith(label) ?? false;
  }

  #runs(line: number, text: string): number[] {
    const values: number[] = [];
    for (const token of text.split(' ')) {
      if (token === '') continue;
      const found = /^(-?\d+)(?:\+(\d+))?$/.exec(token);
      if (found === null) return this.fail(line, `expected a number or number+times, got ${quoted(token)}`);
      const times = Number(found[2] ?? 1);
      if (values.length + times > valuesMax) return this.fail(line, `more than ${valuesMax} values`);
      const value = Number(found[1]);
      for (let i = 0; i < times; i++) values.push(value);
    }
    return values;
  }

  fail(line: number, problem: string): never {
    throw new TraceError({ file: this.file, line }, problem);
  }
}

/** @throws TraceError with file and line. */
export function readSummary(text: string, file: string): PeSummary {
  const lines = new Lines(text, file);
  const head = lines.head(/^ver:[\d.]+ (\d+)\/(\d+) count:(\d+) ep:(\d+) interval:([\d.e+-]+)/);
  const utilisation = lines.list(2, '', head.bins);
  const timeUs = lines.list(3, 'EPExeTime:', head.entries);
  const calls = lines.list(4, 'EPCallTime:', head.entries);
  const longestUs = lines.list(5, 'MaxEPTime:', head.entries);
  // Marks and phases may stand between; old versions have no idle time.
  let line = 6;
  while (line < 1000 && !lines.has(line, 'IdlePercent:')) line++;
  const idle = lines.has(line, 'IdlePercent:') ? lines.list(line, 'IdlePercent:', head.bins) : [];
  return { ...head, utilisation, idle, timeUs, calls, longestUs };
}

/** @throws TraceError with file and line. */
export function readSummaryDetail(text: string, file: string): PeSummaryDetail {
  const lines = new Lines(text, file);
  const head = lines.head(/^ver:[\d.]+ cpu:(\d+)\/(\d+) numIntervals:(\d+) numEPs:(\d+) intervalSize:([\d.e+-]+)/);
  const timeUs = lines.list(2, 'ExeTimePerEPperInterval', head.bins * head.entries);
  const calls = lines.list(3, 'EPCallTimePerInterval', head.bins * head.entries);
  return { ...head, timeUs, calls };
}

export function summaryText(summary: PeSummary): string {
  const { pe, pes, bins, entries, binSeconds } = summary;
  return [
    `ver:7.1 ${pe}/${pes} count:${bins} ep:${entries} interval:${cExponent(binSeconds)} phases:0`,
    wide(summary.utilisation),
    `EPExeTime: ${spaced(summary.timeUs)}`,
    `EPCallTime: ${spaced(summary.calls)}`,
    `MaxEPTime: ${spaced(summary.longestUs)}`,
    'NumMarks: 0 ',
    `IdlePercent: ${wide(summary.idle)}`,
    '',
  ].join('\n');
}

export function summaryDetailText(detail: PeSummaryDetail): string {
  const { pe, pes, bins, entries, binSeconds } = detail;
  return [
    `ver:7.1 cpu:${pe}/${pes} numIntervals:${bins} numEPs:${entries} intervalSize:${cExponent(binSeconds)}`,
    `ExeTimePerEPperInterval ${narrow(detail.timeUs)}`,
    `EPCallTimePerInterval ${narrow(detail.calls)}`,
    '',
  ].join('\n');
}

/** `1.000000e-03`: the original viewer insists on an exponent of two digits. */
function cExponent(value: number): string {
  return value.toExponential(6).replace(/e([+-])(\d)$/, 'e$10$2');
}

function spaced(values: readonly number[]): string {
  return values.map((value) => `${value} `).join('');
}

/** Each value four characters wide, with nothing between. */
function wide(values: readonly number[]): string {
  return runs(values)
    .map(([value, times]) => `${String(value).padStart(4)}${times}`)
    .join('');
}

function narrow(values: readonly number[]): string {
  return runs(values)
    .map(([value, times]) => `${value}${times}`)
    .join(' ');
}

/** Values and how often they stand in a row: `+3`, or nothing for one. */
function runs(values: readonly number[]): [value: number, times: string][] {
  const found: [number, string][] = [];
  for (let begin = 0; begin < values.length; ) {
    const value = values[begin]!;
    let end = begin + 1;
    while (values[end] === value) end++;
    found.push([value, end - begin > 1 ? `+${end - begin}` : '']);
    begin = end;
  }
  return found;
}
