/** PEs that die, and those that do not want to: the job ends, with one report, and nothing is left behind. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { describe, it } from 'node:test';
import { assertReport, lineOf, programPath, runCommand, runProgram } from './command.ts';

type Words = readonly (string | RegExp)[];
const at = (mark: string): string => lineOf('deaths', mark);

const cases: readonly (readonly [which: string, sentence: string, words: Words, flags?: readonly string[]])[] = [
  ['timer', 'an exception in a timer', ['PE 1', 'timer', 'Error: thrown in a timer', 'ERR_UNCAUGHT', at('timer')]],
  [
    'rejection',
    'a rejection that nobody awaits',
    ['PE 1', 'a promise was rejected', 'Error: nobody awaits this', 'ERR_UNCAUGHT', at('rejection')],
  ],
  ['nullRejection', 'a rejection with null', ['PE 1', 'a promise was rejected', 'threw null', 'ERR_UNCAUGHT']],
  ['exit0', 'process.exit(0) in an entry method', ['.leave on PE 1', 'process.exit(0)', 'charm.exit()', 'ERR_PE_LOST']],
  ['exit3', 'process.exit(3) in an entry method', ['.leave on PE 1', 'process.exit(3)', 'ERR_PE_LOST']],
  ['mainExit', 'process.exit in main', ['PE 0', 'process.exit', 'ERR_PE_LOST']],
  [
    'eat',
    'the heap limit',
    ['Mortal[3].eat on PE 1', 'heap', '--heap-mb', 'ERR_PE_LOST'],
    ['--pes', '2', '--heap-mb', '64'],
  ],
  [
    'spin',
    'a failure while another PE is in an infinite loop',
    ['failLater on PE 0', 'failed while another PE spins', 'ERR_ENTRY_FAILED'],
  ],
  [
    'manyFail',
    'a failure of all PEs at once',
    [/Mortal\[\d+\]\.fail on PE \d: Error: PE \d failed \[ERR_ENTRY_FAILED\]/],
    ['--pes', '4'],
  ],
  ['manyDie', 'a failure, an exit and an uncaught exception at once', [/PE \d/], ['--pes', '6']],
];

describe('a PE that dies ends the job with one report', { concurrency: 4 }, () => {
  for (const [which, sentence, words, flags] of cases) {
    it(sentence, async () => assertReport(await runProgram('deaths', which, flags), words));
  }

  it('what it printed before it died is not lost', async () => {
    const ended = await runProgram('deaths', 'exit0');
    assert.equal(ended.stdout, 'said before leaving\n');
  });

  it('a program that listens for uncaught exceptions sees to them itself', async () => {
    const ended = await runProgram('deaths', 'ownHandler');
    assert.equal(ended.stderr, '');
    assert.equal(ended.code, 4);
  });
});

describe('an interrupted job ends with exit code 130 and no process left', { concurrency: 4 }, () => {
  const interrupted = (signal: NodeJS.Signals, which: string): Promise<Awaited<ReturnType<typeof runCommand>>> => {
    const onOutput = (child: ChildProcess): void => void child.kill(signal);
    return runCommand(['run', programPath('deaths'), '--pes', '2', which], { onOutput });
  };

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`${signal} while it is idle`, async () => {
      assertReport(await interrupted(signal, 'idle'), ['the job was interrupted', 'ERR_INTERRUPTED'], 130);
    });

    it(`${signal} in an infinite loop`, async () => {
      const words = ['the job was interrupted, while Mortal[3].spin on PE 1 was running', 'ERR_INTERRUPTED'];
      assertReport(await interrupted(signal, 'spinOnly'), words, 130);
    });
  }

  it('a second SIGINT ends it at once', async () => {
    const onOutput = (child: ChildProcess): void => {
      child.kill('SIGINT');
      // The second one must not arrive together with the first.
      setTimeout(() => child.kill('SIGINT'), 300);
    };
    const ended = await runCommand(['run', programPath('deaths'), '--pes', '2', 'spinOnly'], { onOutput });
    assert.equal(ended.signal ?? ended.code, 'SIGINT');
  });
});
