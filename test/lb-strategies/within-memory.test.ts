import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { offlineContext, statisticsFrom, strategyNamed } from '../../lb-strategies/index.ts';
import { withinMemory } from '../../lb-strategies/within-memory.ts';

const allOnPe0 = statisticsFrom({
  objects: { load: [4, 3, 2, 1], pe: [0, 0, 0, 0], bytes: [10, 10, 10, 10] },
  pes: { count: 3, memoryFree: [Number.POSITIVE_INFINITY, 5, 25] },
});

describe('withinMemory', () => {
  it('sends what does not fit to the lightest PE with room, and leaves it where that would not help', () => {
    const toPe1 = withinMemory(() => [0, 1, 2, 3].map((object) => ({ object, to: 1 })));
    // PE 0 is left with 3 + 2: these would make PE 2 as loaded as PE 0, or more.
    const moves = [...toPe1(allOnPe0, offlineContext())];
    assert.deepEqual(moves, [
      { object: 0, to: 2 },
      { object: 3, to: 2 },
    ]);
  });

  it('is what every central strategy goes through', () => {
    for (const name of ['Greedy', 'Rotate', 'RefineComm', 'Combo:Greedy+Refine']) {
      const moves = [...strategyNamed(name)(allOnPe0, offlineContext())];
      assert(moves.length > 0 && moves.every(({ to }) => to === 2), `${name}: ${JSON.stringify(moves)}`);
    }
  });

  it('changes nothing where memory is not known', () => {
    const answer = [{ object: 0, to: 1 }];
    const { objects, edges, pes } = allOnPe0;
    const unknown = { objects, edges, pes: { ...pes, memoryFree: pes.memoryFree.map(() => Number.POSITIVE_INFINITY) } };
    assert.equal(withinMemory(() => answer)(unknown, offlineContext()), answer);
  });
});
