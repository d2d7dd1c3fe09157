/** A program that does everything leaves each kind of record in its trace, which only its user may read. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { runJob } from '../../launch/index.ts';
import { loadBalance } from '../../projections/analysis/load-balance.ts';
import { convertTrace, entryName, MessageLinks, openTrace, summarise, type Trace } from '../../projections/index.ts';
import { pointKinds, sendKinds, spanKinds, wakes } from '../../projections/model/schema.ts';
import { checkFolder } from '../../projections/viewer/server/index.ts';
import { readParallel } from '../../projections/viewer/server/parallel-read.ts';

const program = new URL('./programs/everything.ts', import.meta.url);

describe('the trace of a program that does everything', () => {
  let parent = '';
  let folder = '';
  let trace: Trace;
  before(async () => {
    parent = mkdtempSync(join(tmpdir(), 'charm4ts-everything-'));
    folder = join(parent, 'made', 'trace');
    const { error } = await runJob({ program, pes: 2, trace: folder, balancer: ['Greedy'], stdout: 'capture' });
    assert.equal(error, undefined);
    trace = await openTrace(folder);
    assert.deepEqual(trace.problems, []);
  });
  after(() => rmSync(parent, { recursive: true }));

  const kindsOf = (codes: readonly Uint8Array[], kinds: readonly string[]): Set<string> =>
    new Set(codes.flatMap((one) => [...one].map((code) => kinds[code]!)));

  it('has every kind of span, point, send and awakening that the runtime records', () => {
    const found = (wanted: readonly string[], kinds: Set<string>): void =>
      assert.deepEqual(
        wanted.filter((kind) => !kinds.has(kind)),
        [],
      );
    const spans = trace.pes.map((pe) => pe.spans.kind);
    const wantedSpans = 'pack unpack user gc lbStep migrateOut migrateIn reduction quiescence'.split(' ');
    found(wantedSpans, kindsOf(spans, spanKinds));
    const points = trace.pes.map((pe) => pe.points.kind);
    const wantedPoints = 'userEvent userStat userValue note memory queueLength lbLoadBefore lbLoadAfter lbReport';
    found(wantedPoints.split(' '), kindsOf(points, pointKinds));
    found(['traceOn', 'traceOff'], kindsOf(points, pointKinds));
    found(
      sendKinds,
      kindsOf(
        trace.pes.map((pe) => pe.sends.kind),
        sendKinds,
      ),
    );
    found(
      ['message', 'resumed'],
      kindsOf(
        trace.pes.map((pe) => pe.executions.wake),
        wakes,
      ),
    );
    assert(trace.pes.every(({ idles }) => idles.begin.length > 0));
  });

  it('says of an execution its element, when its message was queued, its priority and bytes', () => {
    for (const { executions } of trace.pes) {
      const pokes = [...executions.entry.keys()].filter(
        (row) => entryName(trace.info, executions.entry[row]!) === 'Doer::poke',
      );
      assert.equal(pokes.length, 4);
      for (const row of pokes) {
        assert(executions.element[row]! >= 0);
        assert.equal(executions.priority[row], -3);
        assert(executions.enqueued[row]! <= executions.begin[row]!);
      }
    }
    const bytes = trace.pes[1]!.executions.bytes;
    assert(Math.max(...bytes) > 4000);
  });

  it('names the PEs of a multicast: those that executed it', () => {
    const multicast = sendKinds.indexOf('multicast');
    const answer = trace.info.entries.findIndex((_, row) => entryName(trace.info, row) === 'Doer::answer');
    const found = trace.pes.flatMap(({ pe, sends, destinations }) =>
      Array.from(sends.kind.keys())
        .filter((row) => sends.kind[row] === multicast && sends.entry[row] === answer)
        .map((row) => {
          const pes = [...destinations.pe.subarray(sends.to[row]!, sends.to[row]! + sends.receivers[row]!)];
          return { pe, message: sends.message[row]!, pes };
        }),
    );
    assert.equal(found.length, 1);
    const { pe, message, pes } = found[0]!;
    const executed = trace.pes.filter(({ executions }) =>
      executions.message.some((one, row) => one === message && executions.source[row] === pe),
    );
    assert.deepEqual(
      pes,
      executed.map((one) => one.pe),
    );
    assert(pes.length > 0);
  });

  it('is the same read by several threads', async () => {
    const { files } = await checkFolder(folder);
    const parallel = await readParallel(folder, files, () => {}, 0);
    const { name, info, pes, elements, problems } = trace;
    assert.deepEqual(parallel.trace, { name, info, pes, elements, problems });
  });

  it('records nothing while it is turned off', () => {
    const names = new Set(
      trace.pes.flatMap(({ executions }) => [...executions.entry].map((row) => entryName(trace.info, row))),
    );
    assert(names.has('Doer::tell') && !names.has('Doer::unseen'));
  });

  it('tells of each balancing step who made it and why, what was measured and moved', () => {
    const { steps } = loadBalance(trace);
    assert.deepEqual(
      steps.map(({ step }) => step),
      [0, 1],
    );
    const [first] = steps;
    assert.equal(first!.report?.strategy, 'Greedy');
    assert.equal(first!.report.trigger, 'atSync');
    assert.equal(first!.report.objects, 8);
    assert.equal(first!.report.migrations, first!.moves.to.length);
    assert(first!.report.migrations > 0);
    assert.equal(first!.saidBefore.length, 2);
    const json = JSON.parse(JSON.stringify(summarise(trace, new MessageLinks(trace))));
    assert.equal(json.balancing[0].report.strategy, 'Greedy');
    assert.equal(json.balancing[0].loadsBefore.length, 2);
  });

  it('is for its user only, also when it is converted', async () => {
    const check = (path: string): void => {
      assert.equal(statSync(path).mode & 0o777, statSync(path).isDirectory() ? 0o700 : 0o600, path);
      if (statSync(path).isDirectory()) for (const name of readdirSync(path)) check(join(path, name));
    };
    for (const format of ['csv', 'own', 'projections', 'summary'] as const)
      await convertTrace(trace, format, join(parent, 'made', format));
    for (const format of ['chrome', 'perfetto', 'speedscope'] as const)
      await convertTrace(trace, format, join(parent, 'made', `${format}.gz`));
    check(join(parent, 'made'));
    assert.equal((await openTrace(join(parent, 'made', 'own'))).problems.length, 0);
  });
});
