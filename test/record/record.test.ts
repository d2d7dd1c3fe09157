/** A recorded run can be repeated on real threads, race by race; and what is no repetition is noticed. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CharmError } from 'charm4ts';
import { formatReport, type JobResult, runJob } from 'charm4ts/run';

const races = new URL('./programs/races.ts', import.meta.url);
const megatest = new URL('../megatest/all.ts', import.meta.url);
const deadlineMs = 300_000;

/** Not `machines`, which sets timers of its own. */
const themes = [
  'arrayRing',
  'callback',
  'completion',
  'dynamicInsertion',
  'fib',
  'groupCast',
  'queens',
  'reduction',
  'sparse',
  'varSize',
];

let folder = '';
let count = 0;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'charm4ts-record-'));
});
after(() => rm(folder, { recursive: true, force: true }));

function newFolder(): string {
  return join(folder, `run${count++}`);
}

function job(program: URL, options: object): Promise<JobResult> {
  return runJob({ program, stdout: 'capture', signal: AbortSignal.timeout(deadlineMs), ...options });
}

async function ended(result: Promise<JobResult>): Promise<string> {
  const { error, exitCode, stdout } = await result;
  if (error !== undefined) throw error;
  assert.equal(exitCode, 0);
  return stdout;
}

/** The program as a file of its own, changed. */
async function changed(from: string, to: string): Promise<URL> {
  const path = join(folder, `changed${count++}.ts`);
  const text = await readFile(races, 'utf8');
  assert(text.includes(from), `${from} is not in the program`);
  await writeFile(path, text.replace(from, to));
  return new URL(`file://${path}`);
}

async function replayFails(program: URL, replay: string, expected: RegExp): Promise<void> {
  const { error, exitCode } = await job(program, { replay });
  assert.equal(exitCode, 1);
  assert(error instanceof CharmError, String(error));
  assert.equal(error.code, 'ERR_REPLAY', formatReport(error));
  assert.match(formatReport(error), expected);
}

describe('a replay', () => {
  for (const pes of [1, 2, 3]) {
    for (const shuffle of pes === 2 ? [false, true] : [false]) {
      it(`does all in the order in which it was recorded (${pes} PEs${shuffle ? ', shuffled' : ''})`, async () => {
        const record = newFolder();
        const first = await ended(job(races, { record, pes, shuffle, args: ['15'] }));
        assert.equal(first.split('\n').length, 15 * 4 * pes + 1);
        for (let again = 0; again < 2; again++) assert.equal(await ended(job(races, { replay: record })), first);
      });
    }
  }

  for (const shape of [
    { nodes: 2, pes: 2 },
    { nodes: 4, pes: 1 },
  ]) {
    it(`does in one process what several have done (${shape.nodes} nodes x ${shape.pes})`, async () => {
      const record = newFolder();
      const first = await ended(job(races, { record, ...shape, args: ['15'] }));
      assert.equal(first.split('\n').length, 15 * 4 * 4 + 1);
      for (let again = 0; again < 2; again++) assert.equal(await ended(job(races, { replay: record })), first);
    });

    it(`holds for all that the runtime does (${shape.nodes} nodes x ${shape.pes})`, async () => {
      const record = newFolder();
      await ended(job(megatest, { record, ...shape, args: ['together', '4', 'in order', ...themes] }));
      await ended(job(megatest, { replay: record }));
    });
  }

  it('holds for all that the runtime does', async () => {
    const record = newFolder();
    await ended(job(megatest, { record, pes: 2, args: ['together', '4', 'in order', ...themes] }));
    await ended(job(megatest, { replay: record }));
  });

  it('fails where the recorded run has failed', async () => {
    const record = newFolder();
    const first = await job(races, { record, pes: 2, args: ['5', 'fails'] });
    const again = await job(races, { replay: record });
    assert.equal(first.exitCode, again.exitCode);
    assert.equal(again.stdout, first.stdout);
    assert.equal(formatReport(again.error), formatReport(first.error));
  });

  it('bears changes that change no message', async () => {
    const record = newFolder();
    const first = await ended(job(races, { record, pes: 2, args: ['5'] }));
    const talkative = await changed('    this.order.push(who);', '    console.error(who);\n    this.order.push(who);');
    assert.equal(await ended(job(talkative, { replay: record })), first);
  });

  it('says where another program leaves the recorded run', async () => {
    const record = newFolder();
    await ended(job(races, { record, pes: 2, args: ['5'] }));
    await replayFails(
      await changed('      this.laps++;', '      this.laps++;\n      this.array.at(0).passed(1);'),
      record,
      /the replay has left the recorded run at step \d+: recorded was .*; now: /,
    );
    await replayFails(
      await changed('await charm.quiescence();', 'await charm.sleep(1);'),
      record,
      /the replay has left the recorded run/,
    );
  });

  it('does not wait for ever for what never comes', async () => {
    const record = newFolder();
    await ended(job(races, { record, pes: 3, args: ['2'] }));
    const silent = await changed('      referee.at(0).arrived(', '      if (charm.pe !== 2) referee.at(0).arrived(');
    await replayFails(
      silent,
      record,
      /recorded was a message for Referee.arrived from PE 2; now: (no PE sends it|a )|the replay has left/,
    );
  });

  it('says what is wrong with the request', async () => {
    const record = newFolder();
    await ended(job(races, { record, pes: 2, args: ['2'] }));
    await assert.rejects(
      job(races, { replay: join(folder, 'nowhere') }),
      /there is no recording to replay in .*nowhere/,
    );
    await assert.rejects(job(races, { replay: record, pes: 3 }), /was recorded with pes 2, not 3; leave it out/);
    await assert.rejects(job(races, { replay: record, args: ['3'] }), /was recorded with args \["2"\], not \["3"\]/);
    await assert.rejects(job(races, { replay: record, record }), /recorded or replayed, not both/);
    await assert.rejects(job(races, { replay: record, nodes: 2 }), /was recorded with nodes 1, not 2; leave it out/);
    await rm(join(record, 'pe1.log'));
    await replayFails(races, record, /pe1.log can't be read/);
  });
});
