/** What is wrong with a file is said with its name and line; the rest is read. */
import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describeProblem, TraceError } from '../../projections/errors.ts';
import { openTrace } from '../../projections/format/open.ts';
import type { ReadOptions } from '../../projections/format/options.ts';
import type { Trace } from '../../projections/model/trace.ts';

const original = fileURLToPath(new URL('traces/alltrace', import.meta.url));

describe('a damaged trace of Charm++', () => {
  let directory = '';
  let runs = 0;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'charm4ts-damage-'));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  /** The real trace, with one file changed. */
  async function changed(file: string, change: (text: string) => string | Buffer): Promise<string> {
    const folder = join(directory, String(runs++));
    await cp(original, folder, { recursive: true });
    await writeFile(join(folder, file), change(await readFile(join(folder, file), 'utf8')));
    return folder;
  }
  const problems = async (file: string, change: (text: string) => string): Promise<[Trace, string[]]> => {
    const trace = await openTrace(await changed(file, change));
    return [trace, trace.problems.map(describeProblem)];
  };
  const refusal = async (file: string, change: (text: string) => string, options?: ReadOptions): Promise<string> => {
    const folder = await changed(file, change);
    const error: unknown = await openTrace(folder, options).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert(error instanceof TraceError, String(error));
    return error.message;
  };

  it('names file and line of a record that is none, and reads the others', async () => {
    const [trace, found] = await problems('alltrace.1.log', (text) => text.replace('15 72425 1', '15 7z425 1'));
    assert.deepEqual(found, ['alltrace.1.log, line 4: expected a number, got "7z425" in "15 7z425 1"']);
    assert.equal(trace.pes[1]!.executions.begin.length, 35);
  });

  it('names records that are too short, empty lines and lines of something else', async () => {
    const [, found] = await problems('alltrace.1.log', (text) =>
      text.replace('15 72425 1', '2 4 1\n\n<script>\n15 72425 1'),
    );
    assert.deepEqual(found, [
      'alltrace.1.log, line 4: a record of type 2 has 5 numbers at least, this has 2',
      'alltrace.1.log, line 5: an empty line',
      'alltrace.1.log, line 6: expected a record, got "<script>"',
    ]);
  });

  it('keeps a list of problems short, however many there are', async () => {
    const [trace] = await problems('alltrace.1.log', (text) => text + 'x\n'.repeat(5));
    assert.deepEqual(trace.problems, [], 'nothing is read behind the end');
    const [full] = await problems('alltrace.1.log', (text) => text.replace('14 72399 1\n', 'x\n'.repeat(100_000)));
    assert.equal(full.problems.length, 100);
  });

  it('says which PEs are missing', async () => {
    const folder = await changed('alltrace.1.log', (text) => text);
    await rm(join(folder, 'alltrace.1.log'));
    const trace = await openTrace(folder);
    assert.deepEqual(trace.problems.map(describeProblem), ['alltrace: there is no log of PE 1']);
    assert.deepEqual(
      trace.pes.map(({ pe }) => pe),
      [0, 2],
    );
  });

  it('says where a zipped log is damaged, and gives what lies before', async () => {
    const folder = await changed('alltrace.1.log', (text) => text);
    const zipped = gzipSync(await readFile(join(folder, 'alltrace.1.log')));
    zipped.fill(0xff, zipped.length - 300, zipped.length - 200);
    await writeFile(join(folder, 'alltrace.1.log.gz'), zipped);
    await rm(join(folder, 'alltrace.1.log'));
    const trace = await openTrace(folder);
    assert.match(trace.problems.map(describeProblem).join('\n'), /^alltrace\.1\.log\.gz, line \d+: damaged: /m);
    assert.equal(trace.pes.length, 3);
  });

  it('is refused if its symbol table cannot be used', async () => {
    assert.match(
      await refusal('alltrace.sts', (text) => text.replace('VERSION 11.0', 'VERSION 12.0')),
      /^alltrace\.sts, line 2: this reads logs of versions up to 11, not "12\.0"/,
    );
    assert.match(await refusal('alltrace.sts', () => ''), /^alltrace\.sts: has no PROCESSORS line: the run crashed/);
    assert.match(
      await refusal('alltrace.sts', (text) => text.replace('PROCESSORS 3', 'PROCESSORS 99999999999')),
      /line 5: expected an integer from 1 to 1000000, got "99999999999"/,
    );
    assert.match(
      await refusal('alltrace.sts', (text) => text.replace('"Deep" 4', '"Deep" 7')),
      /expected an integer from -1 to 6, got "7"/,
    );
  });

  it('is refused if it is larger than allowed', async () => {
    assert.match(
      await refusal('alltrace.sts', (text) => text, { recordsMax: 100 }),
      /the trace has more than 100 records/,
    );
  });

  it('is refused if there is none, or several', async () => {
    const nothing = await openTrace(join(directory, 'nowhere')).catch((error: Error) => error.message);
    assert.match(String(nothing), /nowhere: there is no such file or directory/);
    const empty = await openTrace(directory).catch((error: Error) => error.message);
    assert.match(String(empty), /holds no trace; expected a trace of our own/);
    const folder = await changed('alltrace.sts', (text) => text);
    await writeFile(join(folder, 'other.sts'), '');
    const several = await openTrace(folder).catch((error: Error) => error.message);
    assert.match(String(several), /holds several runs: alltrace\.sts, other\.sts; give the \.sts file of one/);
  });
});
