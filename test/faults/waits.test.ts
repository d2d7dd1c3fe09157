/** Jobs that wait: those that wait for ever are found and explained, those that wait for the world are let alone. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatReport } from '../../launch/report.ts';
import { assertReport, runProgram } from './command.ts';
import { runHere } from './in-thread.ts';
import * as waits from './programs/waits.ts';

const cases: readonly (readonly [which: string, sentence: string, words: readonly (string | RegExp)[]])[] = [
  ['nothing', 'main that returns without charm.exit', ['charm.exit()', 'Nothing is waiting']],
  ['forgotten', 'main that creates an array and returns', ['charm.exit()', 'Nothing is waiting']],
  ['plainPromise', 'main that awaits a promise of its own', ['main on PE 0 has not ended']],
  [
    'future',
    'main that waits for a future that nobody sets',
    ['PE 0 waits for a future that nobody has set', 'main on PE 0'],
  ],
  [
    'ask',
    'an ask that is never answered',
    ['Waiting[3].askNeighbour on PE 1 waits for the answer of Waiting[2].never', 'Waiting[2]'],
  ],
  ['circle', 'elements that wait for each other', ['Waiting[0]', 'Waiting[1]', 'waits for the answer of']],
  [
    'allreduce',
    'an allreduce that one element never joins',
    ['reduction 1 of Waiting', 'Waiting[6]', '3 of 4 elements of PE 1'],
  ],
  [
    'contribute',
    'a reduction that one element never joins',
    ['reduction 1 of Waiting', 'Waiting[1]', '3 of 4 elements of PE 0'],
  ],
  [
    'neverInserted',
    'a message to an element that is never inserted',
    [/1 message waits? for Sparse\[9\], which does not exist/],
  ],
  ['doneInserting', 'doneInserting forgotten', ['Sparse', 'doneInserting()']],
];

describe('a job that will wait for ever ends with a report of who waits for what', { concurrency: 4 }, () => {
  for (const [which, sentence, words] of cases) {
    it(`on threads: ${sentence}`, async () =>
      assertReport(await runProgram('waits', which), [...words, '[ERR_STUCK]']));
  }
});

describe('a job that will wait for ever, as the event loop knows', () => {
  it('is found although it tracks the promise it waits for', async () => {
    assertReport(await runProgram('waits', 'tracked'), ['1 given to charm.track never settled', '[ERR_STUCK]']);
  });
});

describe('a job that will wait for ever is found in one thread', { concurrency: 4 }, () => {
  for (const [which, sentence, words] of cases) {
    it(`in one thread: ${sentence}`, async () => {
      const { exitCode, error } = await runHere(waits, which);
      assert.equal(exitCode, 1);
      const report = formatReport(error);
      for (const word of [...words, '[ERR_STUCK]']) {
        assert.ok(
          typeof word === 'string' ? report.includes(word) : word.test(report),
          `${word} is missing in ${report}`,
        );
      }
    });
  }
});

describe('a job that waits for something outside is not stuck', { concurrency: 4 }, () => {
  for (const which of ['timer', 'mainTimer', 'sleep', 'socket', 'compression']) {
    it(`a second and more of waiting: ${which}`, async () => {
      const { code, stderr } = await runProgram('waits', which);
      assert.equal(stderr, '');
      assert.equal(code, 5);
    });
  }
});
