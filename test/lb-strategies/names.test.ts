import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { offlineContext, statisticsFrom, strategyNamed, strategyNames } from '../../lb-strategies/index.ts';

describe('strategyNamed', () => {
  it('takes the names of the original, in any case, with and without LB', () => {
    for (const name of ['RefineComm', 'RefineCommLB', 'refinecommlb', 'REFINECOMM']) {
      assert.equal(strategyNamed(name), strategyNamed('RefineComm'));
    }
    assert.equal(strategyNamed('RandCentLB'), strategyNamed('Random'));
  });

  it('knows all of them', () => {
    const plain = strategyNames().filter((name) => name !== 'Combo' && name !== 'PhaseByArray');
    for (const name of plain) assert.equal(typeof strategyNamed(`${name}LB`), 'function');
    for (const name of [
      'ComboCentLB:GreedyLB,RefineLB',
      'PhasebyArrayLB:RefineLB',
      'Frontier:migrations=3:tolerance=1.1',
    ]) {
      assert.equal(typeof strategyNamed(name), 'function');
    }
  });

  it('says which names there are when it does not know one', () => {
    assert.throws(() => strategyNamed('RefineCom'), /there is no strategy RefineCom\. There are: .*RefineComm/);
  });

  it('says what a parameter should be', () => {
    assert.throws(() => strategyNamed('Combo'), /Combo needs parameters, for instance Combo:Greedy\+Refine/);
    assert.throws(() => strategyNamed('Greedy:3'), /Greedy takes no parameters, but got 3/);
    assert.throws(() => strategyNamed('Frontier:moves=3'), /expected tolerance=1.01 or migrations=285, got moves=3/);
    assert.throws(() => strategyNamed('Combo:Greedy+Refin'), /there is no strategy Refin\./);
  });
});

const twoPhases = statisticsFrom({
  objects: { load: [1, 1, 1, 1], pe: [0, 0, 1, 1], collection: [0, 0, 1, 1] },
  pes: { count: 2 },
});

describe('PhaseByArray', () => {
  it('evens out each collection, where their sum is even already', () => {
    const moves = [...strategyNamed('PhaseByArray:Refine')(twoPhases, offlineContext())];
    assert.equal(moves.length, 2);
    assert.deepEqual([...strategyNamed('Refine')(twoPhases, offlineContext())], []);
  });
});

describe('Combo', () => {
  it('starts each strategy where the one before it arrived', () => {
    assert.deepEqual([...strategyNamed('Combo:Rotate+Rotate')(twoPhases, offlineContext())], []);
    assert.equal([...strategyNamed('Combo:Rotate+Dummy')(twoPhases, offlineContext())].length, 4);
  });
});

describe('Orb', () => {
  it('cuts the longest side of the box first', () => {
    const position = [0, 0, 0, 9, 0, 0, 1, 1, 0, 8, 1, 0];
    const line = statisticsFrom({ objects: { load: [1, 1, 1, 1], pe: [0, 0, 0, 0], position }, pes: { count: 2 } });
    const moves = [...strategyNamed('Orb')(line, offlineContext())];
    assert.deepEqual(moves, [
      { object: 1, to: 1 },
      { object: 3, to: 1 },
    ]);
  });
});
