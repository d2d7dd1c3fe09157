/** The API used wrongly: the error comes where the mistake is, and says what would be right. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EntryTable } from '../../core/message/entry-table.ts';
import { formatReport } from '../../launch/report.ts';
import { assertReport, lineOf, runProgram } from './command.ts';
import { runHere } from './in-thread.ts';
import * as usage from './programs/usage.ts';

type Words = readonly (string | RegExp)[];

/** Case, sentence, words of the report. */
const cases: readonly (readonly [which: string, sentence: string, words: Words])[] = [
  [
    'unknownMethod',
    'a method that does not exist',
    ['main on PE 0: TypeError', 'is not a function', 'programs/usage.ts'],
  ],
  ['unknownAsk', 'a method that does not exist, asked', ['main on PE 0: TypeError', 'is not a function']],
  [
    'rangeFlat',
    'an index beyond a 1-D array',
    ['Plain has no index 4; allowed: 0 to 3', 'ERR_INDEX_OUT_OF_RANGE', 'programs/usage.ts'],
  ],
  ['rangeFraction', 'an index that is no integer', ['Plain has no index 1.5', 'ERR_INDEX_OUT_OF_RANGE']],
  ['rangeGrid', 'an index beyond a 2-D array', ['Grid has no index [3,8]', '[4, 8]', 'ERR_INDEX_OUT_OF_RANGE']],
  ['rangeRank', 'an index of another dimension', ['Grid has no index [3]', 'a tuple of 2', 'ERR_INDEX_OUT_OF_RANGE']],
  [
    'rangeGroup',
    'a PE that does not exist, in a group',
    ['Plain has no index 2', 'PE numbers 0 to 1', 'ERR_INDEX_OUT_OF_RANGE'],
  ],
  ['rangeOnPe', 'a PE that does not exist, to create on', ['onPe is 7; PEs are 0 to 1', 'ERR_USAGE']],
  ['badSize', 'an array of negative size', ['Plain: size must be a positive integer', '-1', 'ERR_USAGE']],
  [
    'encodeFunction',
    'a function as argument',
    ['argument 1 of Plain.take', 'its .list[1].act is a function', 'ERR_NOT_ENCODABLE', 'programs/usage.ts'],
  ],
  [
    'encodeInstance',
    'an instance of a class as argument',
    ['argument 1 of Plain.take', 'its [0] is an instance of Custom', 'ERR_NOT_ENCODABLE'],
  ],
  ['encodeCycle', 'a cyclic object as argument', ['argument 1 of Plain.take', '.deep.back', 'ERR_NOT_ENCODABLE']],
  ['encodeSymbol', 'a symbol as argument', ['argument 1 of Plain.take', 'its .tag is a symbol', 'ERR_NOT_ENCODABLE']],
  [
    'encodePromise',
    'a promise as argument',
    ['argument 1 of Plain.take', 'its .soon is', 'Promise', 'ERR_NOT_ENCODABLE'],
  ],
  [
    'encodeConstructor',
    'a function as constructor argument',
    ['the constructor of Plain', 'its .act is a function', 'ERR_NOT_ENCODABLE'],
  ],
  [
    'encodeSpawn',
    'a function as constructor argument of a singleton',
    ['constructor of Plain', 'is a function', 'ERR_NOT_ENCODABLE'],
  ],
  [
    'encodeBroadcast',
    'a function as argument of a broadcast',
    ['argument 1 of Plain.take', 'is a function', 'ERR_NOT_ENCODABLE'],
  ],
  [
    'hiddenClass',
    'a class that is not exported',
    ['class Hidden is not exported', 'export class Hidden', 'ERR_NOT_EXPORTED'],
  ],
  ['hiddenSpawn', 'a singleton class that is not exported', ['class Hidden is not exported', 'ERR_NOT_EXPORTED']],
  [
    'hiddenReducer',
    'a reducer that is not exported',
    ['hiddenReducer', 'export const hiddenReducer', 'ERR_NOT_EXPORTED'],
  ],
  ['hiddenMap', 'a placement that is not exported', ['hiddenMap', 'export const hiddenMap', 'ERR_NOT_EXPORTED']],
  ['hiddenReadonly', 'a readonly that is not exported', ['readonly', 'export const', 'ERR_NOT_EXPORTED']],
  ['notAChare', 'a class that does not extend Chare', ['NotAChare does not extend Chare', 'ERR_USAGE']],
  [
    'outsideMap',
    'a placement that names a PE that does not exist',
    ['placement outside put index 0 on PE 99', 'PEs are 0 to 1', 'ERR_PLACEMENT_FAILED'],
  ],
  [
    'throwingMap',
    'a placement that throws',
    ['placement throwing threw for index 2', 'nowhere to put it', 'ERR_PLACEMENT_FAILED', lineOf('usage', 'placement')],
  ],
  [
    'readonlyLate',
    'a readonly set after the first chare',
    ['readonly setting is set too late', 'ERR_USAGE', 'programs/usage.ts'],
  ],
  ['readonlyInChare', 'a readonly set in a chare', ['Plain[3].setReadonly on PE 1', 'set in main', 'ERR_USAGE']],
  ['readonlyNever', 'a readonly that was never set', ['readonly setting was never set', 'ERR_USAGE']],
  ['insertTwice', 'an element inserted twice', ['Sparse[5] was inserted twice', 'ERR_DUPLICATE_ELEMENT']],
  ['insertDense', 'an element inserted into a dense array', ['Plain[2]', "can't be inserted", 'ERR_USAGE']],
  ['listedTwice', 'an index listed twice', ['Sparse', 'listed twice', 'ERR_DUPLICATE_ELEMENT']],
  [
    'mixedReducers',
    'a reduction with different reducers',
    ['reduction 1 of Plain', 'max', 'sum', 'ERR_REDUCTION_MISMATCH'],
  ],
  ['wrongKind', 'this.group in an array', ['Plain[3].wrongKind on PE 1', 'use this.array', 'ERR_USAGE']],
  ['madeWithNew', 'a chare made with new', ['this Plain was made with `new`', 'ERR_USAGE', 'programs/usage.ts']],
  ['exitCode', 'an exit code above 255', ['an exit code is an integer from 0 to 255, not 256', 'ERR_USAGE']],
  ['exitFraction', 'an exit code that is no integer', ['not 1.5', 'ERR_USAGE']],
];

describe('a wrong use of the API ends the job with one report', { concurrency: 4 }, () => {
  for (const [which, sentence, words] of cases) {
    it(`on threads: ${sentence}`, async () => assertReport(await runProgram('usage', which), words));
  }
});

describe('a wrong use of the API is reported in the same words in one thread', () => {
  for (const [which, sentence, words] of cases) {
    it(`in one thread: ${sentence}`, async () => {
      const { exitCode, error } = await runHere(usage, which);
      assert.equal(exitCode, 1);
      const report = formatReport(error);
      for (const word of words) {
        assert.ok(
          typeof word === 'string' ? report.includes(word) : word.test(report),
          `${word} is missing in ${report}`,
        );
      }
    });
  }
});

describe('EntryTable', () => {
  it('refuses the number of an entry method that does not exist', () => {
    class Two {
      a(): void {}
      b(): void {}
    }
    const table = new EntryTable('Two', Two.prototype, {});
    for (const id of [2, 65535, -1, 0.5, Number.NaN]) {
      assert.throws(() => table.byId(id), {
        code: 'ERR_UNKNOWN_ENTRY',
        message: new RegExp(`Two has no entry method ${id}`),
      });
    }
  });
});
