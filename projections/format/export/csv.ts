/** Tables for spreadsheets and notebooks: a file for each kind of record, one head line, times in nanoseconds. */
import { none, sendKinds, wakes } from '../../model/schema.ts';
import { elementName, entryName, type Trace } from '../../model/trace.ts';
import { namedPoints, namedSpans } from './tracks.ts';

type Cell = string | number;

/** Name and lines of each file. */
export function csvFiles(trace: Trace): readonly { readonly name: string; readonly lines: Generator<string> }[] {
  return [
    { name: 'executions.csv', lines: lines(executionColumns, executions(trace)) },
    { name: 'sends.csv', lines: lines(sendColumns, sends(trace)) },
    { name: 'idles.csv', lines: lines(['pe', 'begin', 'end'], idles(trace)) },
    { name: 'spans.csv', lines: lines(['pe', 'kind', 'name', 'begin', 'end'], spans(trace)) },
    { name: 'points.csv', lines: lines(['pe', 'kind', 'name', 'time', 'value'], points(trace)) },
  ];
}

const executionColumns = [
  'pe',
  'begin',
  'end',
  'enqueued',
  'entry',
  'element',
  'wake',
  'sourcePe',
  'message',
  'bytes',
  'priority',
  'sends',
];

function* executions(trace: Trace): Generator<Cell[]> {
  for (const { pe, executions: all } of trace.pes)
    for (let row = 0; row < all.begin.length; row++)
      yield [
        pe,
        all.begin[row]!,
        all.end[row]!,
        all.enqueued[row]!,
        entryName(trace.info, all.entry[row]!),
        elementName(trace, all.element[row]!),
        wakes[all.wake[row]!] ?? '',
        known(all.source[row]!),
        known(all.message[row]!),
        all.bytes[row]!,
        all.priority[row]!,
        all.sends[row]!,
      ];
}

const sendColumns = ['pe', 'time', 'entry', 'element', 'kind', 'toPe', 'receivers', 'message', 'bytes', 'priority'];

function* sends(trace: Trace): Generator<Cell[]> {
  for (const { pe, sends: all } of trace.pes)
    for (let row = 0; row < all.time.length; row++) {
      const kind = sendKinds[all.kind[row]!] ?? '';
      yield [
        pe,
        all.time[row]!,
        entryName(trace.info, all.entry[row]!),
        elementName(trace, all.element[row]!),
        kind,
        kind === 'one' ? known(all.to[row]!) : '',
        all.receivers[row]!,
        known(all.message[row]!),
        all.bytes[row]!,
        all.priority[row]!,
      ];
    }
}

function* idles({ pes }: Trace): Generator<Cell[]> {
  for (const { pe, idles: all } of pes)
    for (let row = 0; row < all.begin.length; row++) yield [pe, all.begin[row]!, all.end[row]!];
}

function* spans(trace: Trace): Generator<Cell[]> {
  for (const pe of trace.pes)
    for (const { kind, name, begin, end } of namedSpans(trace, pe)) yield [pe.pe, kind, name, begin, end];
}

function* points(trace: Trace): Generator<Cell[]> {
  for (const pe of trace.pes)
    for (const { kind, name, time, value } of namedPoints(trace, pe)) yield [pe.pe, kind, name, time, value];
}

function known(number: number): Cell {
  return number === none ? '' : number;
}

function* lines(columns: readonly string[], rows: Iterable<readonly Cell[]>): Generator<string> {
  yield `${columns.join(',')}\n`;
  for (const row of rows) yield `${row.map(text).join(',')}\n`;
}

/** As RFC 4180 has it. A name that a spreadsheet would take for a formula gets an apostrophe. */
function text(cell: Cell): string {
  if (typeof cell === 'number') return Number.isNaN(cell) ? '' : String(cell);
  const harmless = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
