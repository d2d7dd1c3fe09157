/** Jobs that end on purpose: exit codes, aborts, and output that arrives whole. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatReport } from '../../launch/report.ts';
import { assertReport, lineOf, programPath, runCommand, runProgram } from './command.ts';
import { runHere } from './in-thread.ts';
import * as endings from './programs/endings.ts';

const exits: readonly (readonly [which: string, sentence: string, code: number])[] = [
  ['exit0', 'charm.exit() in main', 0],
  ['exit7', 'charm.exit(7) in an entry method', 7],
  ['twice', 'of two exits the first counts', 2],
  ['everyone', 'charm.exit(7) in all elements', 7],
  ['deep', 'charm.exit(9) behind ten asks and an await', 9],
  ['exitAndThrow', 'what is thrown after charm.exit(6) is not reported', 6],
  ['storm', 'charm.exit(8) while large messages are in flight', 8],
  ['keepOpen', 'charm.exit() with an interval and a server still open', 0],
  ['reduceToExit', 'a reduction whose result, 12, is the exit code', 12],
];

const aborts: readonly (readonly [which: string, sentence: string, words: readonly string[]])[] = [
  ['abort', 'charm.abort with a text', ['Ending[3].abort on PE 1: the mesh has holes [ERR_ABORTED]']],
  [
    'abortError',
    'charm.abort with an error',
    ['Ending[3].abortError on PE 1: RangeError: the mesh is too coarse [ERR_ABORTED]', lineOf('endings', 'abort')],
  ],
  ['mainAbort', 'charm.abort in main', ['PE 0: nothing to do [ERR_ABORTED]']],
  ['reduceTooFar', 'an exit code from a reduction that is none', ['an exit code is an integer from 0 to 255, not 400']],
];

describe('a job ends with the exit code that the program gives, and says nothing', { concurrency: 4 }, () => {
  for (const [which, sentence, code] of exits) {
    it(`on threads: ${sentence}`, async () => {
      const ended = await runProgram('endings', which);
      assert.equal(ended.stderr, '');
      assert.equal(ended.code, code);
    });
  }
});

describe('a job in one thread ends with the same exit code', () => {
  for (const [which, sentence, code] of exits) {
    if (which === 'keepOpen') continue;
    it(`in one thread: ${sentence}`, async () => {
      const { exitCode, error } = await runHere(endings, which);
      assert.equal(error, undefined);
      assert.equal(exitCode, code);
    });
  }
});

describe('a job that the program aborts ends with one report', { concurrency: 4 }, () => {
  for (const [which, sentence, words] of aborts) {
    it(`on threads: ${sentence}`, async () => assertReport(await runProgram('endings', which), words));
    it(`in one thread: ${sentence}`, async () => {
      const { exitCode, error } = await runHere(endings, which);
      assert.equal(exitCode, 1);
      for (const word of words) assert.ok(formatReport(error).includes(word), formatReport(error));
    });
  }
});

/** What `print` of the fixture prints, in the order of `sort`. */
function printed(pes: number, lines: number): string[] {
  const expected: string[] = [];
  for (let pe = 0; pe < pes; pe++) {
    for (let i = 0; i < lines; i++) expected.push(`${pe} ${i} `.padEnd(99, '.'));
  }
  return expected.sort();
}

describe('output arrives whole', { concurrency: 2 }, () => {
  const print = ['run', programPath('endings'), '--pes', '3', 'print'];
  const linesOf = (text: string): string[] => text.trimEnd().split('\n').sort();

  it('2 MB from three PEs, before charm.exit', async () => {
    const { code, stdout, stderr } = await runCommand(print);
    assert.deepEqual(
      linesOf(stderr),
      [0, 1, 2].map((pe) => `PE ${pe} has printed`),
    );
    assert.equal(code, 0);
    assert.deepEqual(linesOf(stdout), printed(3, 7000));
  });

  it('2 MB into a pipe that nobody reads for longer than the grace time', async () => {
    const { stdout } = await runCommand(print, { behind: '| (sleep 2.5; cat)' });
    assert.deepEqual(linesOf(stdout), printed(3, 7000));
  });

  it('what was printed before a failure', async () => {
    const ended = await runProgram('endings', 'printAndFail', ['--pes', '3']);
    assert.deepEqual(linesOf(ended.stdout), printed(3, 1000));
    assert.match(ended.stderr, /^charm4ts: main on PE 0: Error: after printing/m);
  });
});

describe('output that nobody takes ends the job', { concurrency: 3 }, () => {
  for (const which of ['print', 'printForEver']) {
    it(`quietly, if the reader has seen enough: ${which} | head -1`, async () => {
      const args = ['run', programPath('endings'), '--pes', '2', which];
      const { stdout, stderr, code } = await runCommand(args, { behind: `| head -1; exit $\{PIPESTATUS[0]}` });
      assert.equal(stdout.split('\n').length, 2);
      assert.doesNotMatch(stderr, /charm4ts|EPIPE|Error/);
      assert.equal(code, 141);
    });
  }

  it('with a report, if the disk is full', async () => {
    const ended = await runCommand(['run', programPath('endings'), '--pes', '2', 'printForEver'], {
      behind: '> /dev/full',
    });
    assertReport(ended, ['ENOSPC', 'ERR_OUTPUT']);
  });
});
