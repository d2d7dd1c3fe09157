/** Traces of any program: what is recorded, written and read again is the same; what is damaged gives a prefix. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { readOriginal } from '../../projections/format/original/read.ts';
import { writeOriginal } from '../../projections/format/original/write.ts';
import { readOwn } from '../../projections/format/own/read.ts';
import { writeOwn } from '../../projections/format/own/write.ts';
import { linkMessages, MessageLinks } from '../../projections/model/links.ts';
import { elementName, type PeTrace, type Trace } from '../../projections/model/trace.ts';
import { check } from '../support/property.ts';
import { type Action, anyActions, newSinks, type PlayOptions, play, traceOf } from '../support/traces.ts';

function recorded(actions: readonly Action[][], options?: PlayOptions): Trace {
  const sinks = newSinks();
  play(actions, sinks, options);
  return traceOf(sinks);
}

/** Without the numbers of elements, which depend on who knew them first. */
function named(trace: Trace): unknown {
  const names = (column: Int32Array): string[] => Array.from(column, (element) => elementName(trace, element));
  const pes = trace.pes.map((pe) => ({
    ...pe,
    executions: { ...pe.executions, element: names(pe.executions.element) },
    sends: { ...pe.sends, element: names(pe.sends.element) },
    spans: { ...pe.spans, element: names(pe.spans.element) },
  }));
  return { name: trace.name, info: trace.info, pes, problems: trace.problems };
}

describe('a trace', () => {
  let directory = '';
  let runs = 0;
  const fresh = (): string => join(directory, String(runs++));
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'charm4ts-traces-'));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  it('is the same however large the chunks are', () =>
    check(fc.tuple(anyActions, fc.integer({ min: 1, max: 70 })), ([actions, chunkRows]) => {
      assert.deepEqual(named(recorded(actions, { chunkRows })), named(recorded(actions, { chunkRows: 1000 })));
    }));

  it('has executions and idle times that do not overlap, and sends inside of their executions', () =>
    check(anyActions, (actions) => {
      for (const pe of recorded(actions).pes) isWellNested(pe);
    }));

  it('is read from files of our own as it was', () =>
    check(anyActions, async (actions) => {
      const trace = recorded(actions);
      const folder = fresh();
      await writeOwn(trace, folder);
      assert.deepEqual(named(await readOwn(folder)), named(trace));
    }));

  it('is read from logs of Charm++ as it was, at whole microseconds', () =>
    check(anyActions, async (actions) => {
      const trace = recorded(actions, { ns: 1000, isOriginal: true });
      linkMessages(trace);
      const folder = fresh();
      await writeOriginal(trace, folder);
      assert.deepEqual(named(await readOriginal(folder)), named(trace));
    }));

  it('has its send for every execution of a message', () =>
    check(anyActions, (actions) => {
      const trace = recorded(actions);
      const links = new MessageLinks(trace);
      for (const { executions } of trace.pes)
        for (const [row, message] of executions.message.entries()) {
          if (message === -1) continue;
          const source = executions.source[row]!;
          const send = links.sendOf(source, message);
          assert(send >= 0);
          const sender = links.senderOf(source, send);
          if (sender < 0) continue;
          const { firstSend, sends } = links.pe(source)!.executions;
          assert(send >= firstSend[sender]! && send < firstSend[sender]! + sends[sender]!);
        }
    }));

  it('gives a prefix when a file of our own is cut at any byte', () =>
    check(fc.tuple(anyActions, fc.double({ min: 0, max: 1, noNaN: true })), async ([actions, part]) => {
      const trace = recorded(actions, { chunkRows: 4 });
      const folder = fresh();
      await writeOwn(trace, folder);
      const file = join(folder, 'drawn.1.trace');
      const { length } = await readFile(file);
      await truncate(file, Math.floor(part * (length - 1)));
      const cut = await readOwn(folder);
      assert.deepEqual(cut.problems.map((problem) => problem.file).slice(0, 1), ['drawn.1.trace']);
      isPrefix(cut.pes[1]!, trace.pes[1]!);
      assert.deepEqual(cut.pes[0]!.sends.message, trace.pes[0]!.sends.message);
    }));

  it('gives a prefix when a byte of a file of our own is changed', () =>
    check(
      fc.tuple(anyActions, fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 255 })),
      async ([actions, part, change]) => {
        const trace = recorded(actions);
        const folder = fresh();
        await writeOwn(trace, folder);
        const file = join(folder, 'drawn.1.trace');
        const bytes = await readFile(file);
        // The last four bytes of the head of a file are not used.
        const at = Math.floor(part * (bytes.length - 1));
        if (at >= 12 && at < 16) return;
        bytes[at]! ^= change;
        await writeFile(file, bytes);
        const damaged = await readOwn(folder);
        assert(damaged.problems.length > 0);
        isPrefix(damaged.pes[1]!, trace.pes[1]!);
      },
    ));

  it('gives a prefix when a log is cut at any byte, zipped or not', () =>
    check(
      fc.tuple(anyActions, fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean()),
      async ([actions, part, isZipped]) => {
        const trace = recorded(actions, { ns: 1000, isOriginal: true });
        const folder = fresh();
        await writeOriginal(trace, folder);
        const file = await logOf(folder, 1, isZipped);
        const { length } = await readFile(file);
        await truncate(file, Math.floor(part * (length - 1)));
        const cut = await readOriginal(folder);
        isPrefix(cut.pes[1]!, trace.pes[1]!);
        // Without the last newline, or the checksum of a .gz, everything is still there.
        const isWhole =
          cut.pes[1]!.end === trace.pes[1]!.end && cut.pes[1]!.points.time.length === trace.pes[1]!.points.time.length;
        assert(isWhole || cut.problems.some((problem) => /END_COMPUTATION/.test(problem.problem)));
      },
    ));

  it('never stops the reader, whatever is in a log', () =>
    check(fc.tuple(anyActions, fc.array(fc.string()), fc.nat()), async ([actions, lines, seed]) => {
      const folder = fresh();
      await writeOriginal(recorded(actions, { ns: 1000, isOriginal: true }), folder);
      const file = await logOf(folder, 1, false);
      const text = (await readFile(file, 'utf8')).split('\n');
      for (const [i, line] of lines.entries()) text.splice((seed * (i + 1)) % text.length, 0, line);
      await writeFile(file, text.join('\n'));
      for (const pe of (await readOriginal(folder)).pes) isWellNested(pe);
    }));
});

/** The log of a PE, unzipped if wanted. */
async function logOf(folder: string, pe: number, isZipped: boolean): Promise<string> {
  const zipped = join(folder, `drawn.${pe}.log.gz`);
  if (isZipped) return zipped;
  const { gunzipSync } = await import('node:zlib');
  const plain = join(folder, `drawn.${pe}.log`);
  await writeFile(plain, gunzipSync(await readFile(zipped)));
  await rm(zipped);
  assert((await readdir(folder)).includes(`drawn.${pe}.log`));
  return plain;
}

function isWellNested({ executions, sends, idles, begin, end }: PeTrace): void {
  for (let row = 0; row < executions.begin.length; row++) {
    assert(executions.begin[row]! >= begin && executions.end[row]! <= end);
    assert(executions.begin[row]! <= executions.end[row]!);
    assert(executions.end[row]! <= (executions.begin[row + 1] ?? Number.POSITIVE_INFINITY));
    const first = executions.firstSend[row]!;
    for (let send = first; send < first + executions.sends[row]!; send++)
      assert(sends.time[send]! >= executions.begin[row]! && sends.time[send]! <= executions.end[row]!);
  }
  for (let row = 0; row < idles.begin.length; row++) {
    assert(idles.begin[row]! <= idles.end[row]! && idles.begin[row]! >= begin && idles.end[row]! <= end);
    assert(idles.end[row]! <= (idles.begin[row + 1] ?? Number.POSITIVE_INFINITY));
  }
}

/** The rows of a damaged PE are the first ones of the whole; the last execution may lack its end. */
function isPrefix(part: PeTrace, whole: PeTrace): void {
  for (const table of ['executions', 'sends', 'idles', 'points'] as const) {
    const time = table === 'sends' || table === 'points' ? 'time' : 'begin';
    const columns = part[table] as unknown as Record<string, Float64Array>;
    const wholes = whole[table] as unknown as Record<string, Float64Array>;
    assert.deepEqual(columns[time], wholes[time]!.subarray(0, columns[time]!.length), table);
  }
  const closed = Math.max(0, part.executions.end.length - 1);
  assert.deepEqual(part.executions.end.subarray(0, closed), whole.executions.end.subarray(0, closed));
  assert.deepEqual(part.executions.message, whole.executions.message.subarray(0, part.executions.message.length));
}
