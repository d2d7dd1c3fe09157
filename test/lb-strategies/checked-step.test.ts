import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Migration } from '../../core/balance/strategy.ts';
import { checkedStep, offlineContext, statisticsFrom } from '../../lb-strategies/index.ts';

const statistics = statisticsFrom({
  objects: { load: [1, 1, 1], pe: [0, 0, 1], isMigratable: [1, 0, 1] },
  pes: { count: 3, isAvailable: [1, 1, 0] },
});

function step(answer: unknown[]): ReturnType<typeof checkedStep> {
  return checkedStep(() => answer as Migration[], statistics, offlineContext());
}

describe('checkedStep', () => {
  it('refuses what cannot be done, says why, and goes on with the rest', () => {
    const { migrations, refusals } = step([
      { object: 7, to: 0 },
      { object: 1, to: 1 },
      { object: 0, to: 3 },
      { object: 0, to: 2 },
      { object: 0.5, to: 1 },
      { object: 2, to: Number.NaN },
      null,
      { object: 0, to: 1 },
    ]);
    assert.deepEqual(migrations, [{ object: 0, to: 1 }]);
    assert.deepEqual(refusals, [
      'there is no object 7: objects are 0 to 2',
      'object 1 is pinned to PE 0 and cannot go to PE 1',
      'object 0 cannot go to PE 3: PEs are 0 to 2',
      'object 0 cannot go to PE 2, which is not available',
      'there is no object 0.5: objects are 0 to 2',
      'object 2 cannot go to PE NaN: PEs are 0 to 2',
      'expected { object, to }, got null',
    ]);
  });

  it('takes the last word on an object, and leaves out moves to where it is', () => {
    const last = step([
      { object: 0, to: 1 },
      { object: 2, to: 0 },
      { object: 0, to: 0 },
      { object: 1, to: 0 },
    ]);
    assert.deepEqual(last.migrations, [{ object: 2, to: 0 }]);
    assert.deepEqual(last.refusals, []);
  });

  it('refuses what does not fit the memory of a PE, whatever leaves that PE', () => {
    const tight = statisticsFrom({
      objects: { load: [1, 1, 1, 1], pe: [0, 0, 0, 1], bytes: [60, 50, 40, 90] },
      pes: { count: 2, memoryFree: [90, 100] },
    });
    const answer = [
      { object: 3, to: 0 },
      { object: 0, to: 1 },
      { object: 1, to: 1 },
      { object: 2, to: 1 },
      { object: 2, to: 0 },
    ];
    const { migrations, refusals } = checkedStep(() => answer, tight, offlineContext());
    assert.deepEqual(migrations, [
      { object: 0, to: 1 },
      { object: 3, to: 0 },
    ]);
    assert.deepEqual(refusals, ['object 1 (50 bytes) cannot go to PE 1, which has 40 bytes free']);
  });

  it('keeps what was said before the strategy threw', () => {
    function* half(): Generator<Migration> {
      yield { object: 0, to: 1 };
      throw new Error('lost count');
    }
    const { migrations, failure } = checkedStep(half, statistics, offlineContext());
    assert.deepEqual(migrations, [{ object: 0, to: 1 }]);
    assert.match(String(failure), /lost count/);
  });
});
