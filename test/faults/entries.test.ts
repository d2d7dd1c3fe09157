/** What the program throws: in entry methods, constructors, main, reducers, and what callers of `ask` get of it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatReport } from '../../launch/report.ts';
import { assertReport, type Ended, lineOf, runProgram } from './command.ts';
import { runHere } from './in-thread.ts';
import type { Seen } from './programs/entries.ts';
import * as entries from './programs/entries.ts';

const at = (mark: string): string => lineOf('entries', mark);

/** Case, sentence, words of the report. Each runs on threads and in one thread. */
const cases: readonly (readonly [which: string, sentence: string, words: readonly (string | RegExp)[]])[] = [
  ['sync', 'thrown at once', ['Failing[3].sync on PE 1: RangeError: thrown at once [ERR_ENTRY_FAILED]', at('sync')]],
  [
    'late',
    'thrown after an await',
    ['Failing[3].late on PE 1: TypeError: thrown after an await [ERR_ENTRY_FAILED]', at('late')],
  ],
  ['nothing', 'throw null', ['Failing[3].nothing on PE 1: threw null']],
  ['nothingLate', 'throw undefined after an await', ['Failing[3].nothingLate on PE 1: threw undefined']],
  ['text', 'a string', ['Failing[3].text on PE 1: threw the string "only words"']],
  ['record', 'a plain object', ['Failing[3].record on PE 1: threw {"status":5}']],
  [
    'caused',
    'an error with a cause',
    ['Failing[3].caused on PE 1: Error: the outer one', 'caused by SyntaxError: the inner one'],
  ],
  ['selfCaused', 'an error that is its own cause', ['Failing[3].selfCaused on PE 1: Error: its own cause']],
  ['broadcast', 'in one element of a broadcast', ['Failing[3].onOne on PE 1: Error: only element 3']],
  ['allAtOnce', 'in all elements at once', [/Failing\[\d+\]\.sync on PE \d: RangeError: thrown at once/]],
  [
    'relay',
    'through ask into another entry method',
    ['Failing[1].relay on PE 0', 'Failing[2].sync on PE 1: RangeError: thrown at once', at('sync')],
  ],
  [
    'constructor2',
    'in a constructor',
    ['BadConstructor[2].constructor on PE 1: Error: no element 2 today [ERR_CONSTRUCTOR_FAILED]', at('constructor')],
  ],
  ['main', 'in main', ['main on PE 0: EvalError: main threw [ERR_MAIN_FAILED]', at('main')]],
  ['mainLate', 'in main after an await', ['main on PE 0: URIError: main threw late [ERR_MAIN_FAILED]', at('mainLate')]],
  ['mainNull', 'throw null in main', ['main on PE 0: threw null']],
  [
    'mainAsked',
    'through ask into main',
    [
      'main on PE 0',
      'Failing[3].sync on PE 1: RangeError: thrown at once',
      'ERR_MAIN_FAILED, ERR_ENTRY_FAILED',
      at('sync'),
    ],
  ],
  ['merge', 'in a reducer that merges', ['Contributor', 'merge refused', at('merge')]],
  [
    'finish',
    'in a reducer that finishes',
    ['reduction 1 of Contributor (reducer unfinished) on PE 0', 'finish refused', 'ERR_REDUCER_FAILED'],
  ],
  [
    'sumOfText',
    'a contribution that the reducer does not take',
    [/Summing\[\d\]\.add on PE \d/, 'Reducer.sum takes numbers'],
  ],
];

describe('an exception of the program ends the job with one report', { concurrency: 4 }, () => {
  for (const [which, sentence, words] of cases) {
    it(`on threads: ${sentence}`, async () => assertReport(await runProgram('entries', which), words));
  }
});

describe('an exception of the program ends the job with the same report in one thread', () => {
  for (const [which, sentence, words] of cases) {
    it(`in one thread: ${sentence}`, async () => {
      const { exitCode, error } = await runHere(entries, which);
      assert.equal(exitCode, 1);
      const stderr = formatReport(error);
      for (const word of words) {
        assert.ok(
          typeof word === 'string' ? stderr.includes(word) : word.test(stderr),
          `${word} is missing in ${stderr}`,
        );
      }
    });
  }
});

describe('an exception in an entry method rejects the caller of ask, and the job goes on', () => {
  function check(lists: Record<string, readonly Seen[]>): void {
    for (const [entry, list] of Object.entries(lists)) {
      for (const seen of list) {
        assert.equal(seen.name, 'EntryError EntryError');
        assert.equal(seen.code, 'ERR_ENTRY_FAILED');
        assert.equal((seen.place as { entry: string }).entry, entry);
      }
    }
    const [far, near] = lists['late']!;
    assert.deepEqual(far!.place, { pe: 1, chare: 'Failing[3]', entry: 'late' });
    assert.deepEqual(near!.place, { pe: 0, chare: 'Failing[0]', entry: 'late' });
    for (const { cause, message } of [far!, near!]) {
      assert.equal(message, 'TypeError: thrown after an await');
      assert.deepEqual(cause, { name: 'TypeError', message: 'thrown after an await', isTypeError: true });
    }
    for (const { message } of lists['nothing']!) assert.equal(message, 'threw null, which is not an Error');
    for (const { inner } of lists['caused']!) assert.equal(inner, 'the inner one');
    for (const { cause } of lists['ownClass']!) assert.equal(`${cause.name}: ${cause.message}`, 'Overheated: too hot');
    for (const { cause } of lists['system']!) assert.equal(cause.code, 'ENOENT');
    assert.match(lists['badResult']![0]!.message, /its \.wrong is a function/);
  }

  it('with class, message, place and causes, from another PE and from its own', async () => {
    const ended: Ended = await runProgram('entries', 'asks');
    assert.equal(ended.code, 3, ended.stderr);
    assert.equal(ended.stderr, '');
    const { answer, ...lists } = JSON.parse(ended.stdout);
    assert.equal(answer, 42);
    check(lists);
  });
});
