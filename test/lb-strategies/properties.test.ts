import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LbStatistics, Migration } from '../../core/balance/strategy.ts';
import { checkedStep, offlineContext, strategyNamed, strategyNames } from '../../lb-strategies/index.ts';
import { peLoads } from '../../lb-strategies/quality.ts';
import { anyStatistics, withTightMemory } from '../support/lb-statistics.ts';
import { check } from '../support/property.ts';

const all = strategyNames().map((name) => {
  if (name === 'Combo') return 'Combo:Greedy+RefineComm';
  return name === 'PhaseByArray' ? 'PhaseByArray:Refine' : name;
});

/** Those that promise not to make the largest load larger. */
const refining = [
  'CommAwareRefine',
  'Distributed',
  'Dummy',
  'Frontier',
  'Frontier:migrations=3',
  'Gossip',
  'MemoryUsher',
  'Neighbor',
  'Refine',
  'RefineComm',
  'RefineSwap',
  'WorkStealing',
];

/** Those that promise to leave PEs that are not available. */
const evacuating = [
  'CommAwareRefine',
  'Distributed',
  'Frontier',
  'Gossip',
  'Greedy',
  'GreedyComm',
  'Hybrid',
  'MemoryUsher',
  'Metis',
  'Neighbor',
  'Refine',
  'RefineComm',
  'RefineSwap',
  'WorkStealing',
];

const runs = 60;

function answer(name: string, statistics: LbStatistics): Migration[] {
  return [...strategyNamed(name)(statistics, offlineContext(5))];
}

function maxLoad(statistics: LbStatistics, placement: Int32Array): number {
  return peLoads(statistics, placement, true).reduce((max, load) => Math.max(max, load), 0);
}

describe('every strategy', () => {
  for (const name of all) {
    it(`never names a pinned object, a PE that is not available, or anything that is not there (${name})`, () =>
      check(
        anyStatistics,
        (statistics) => {
          const step = checkedStep(strategyNamed(name), statistics, offlineContext());
          assert.ifError(step.failure);
          assert.deepEqual(step.refusals, []);
        },
        { runs },
      ));

    it(`never sends to a PE what does not fit its memory (${name})`, () =>
      check(
        withTightMemory,
        (statistics) => {
          const step = checkedStep(strategyNamed(name), statistics, offlineContext());
          assert.ifError(step.failure);
          assert.deepEqual(step.refusals, []);
        },
        { runs: 40 },
      ));

    it(`names each object once, and only with another PE than its own (${name})`, () =>
      check(
        anyStatistics,
        (statistics) => {
          const seen = new Set<number>();
          for (const { object, to } of answer(name, statistics)) {
            assert.notEqual(to, statistics.objects.pe[object]);
            assert(!seen.has(object), `object ${object} is named twice`);
            seen.add(object);
          }
        },
        { runs },
      ));

    it(`gives the same answer to the same statistics and seed, and does not change them (${name})`, () =>
      check(
        anyStatistics,
        (statistics) => {
          const copy = structuredClone(statistics);
          const first = answer(name, statistics);
          assert.deepEqual(statistics, copy);
          assert.deepEqual(answer(name, statistics), first);
        },
        { runs: 30 },
      ));
  }
});

describe('a strategy that refines', () => {
  for (const name of refining) {
    it(`never makes the largest load larger (${name}, all PEs available)`, () =>
      check(
        anyStatistics,
        (drawn) => {
          const statistics = { ...drawn, pes: { ...drawn.pes, isAvailable: drawn.pes.isAvailable.map(() => 1) } };
          const { placement } = checkedStep(strategyNamed(name), statistics, offlineContext());
          const before = maxLoad(statistics, statistics.objects.pe);
          assert(
            maxLoad(statistics, placement) <= before * (1 + 1e-9),
            `${maxLoad(statistics, placement)} > ${before}`,
          );
        },
        { runs: 150 },
      ));
  }
});

describe('a PE that is not available', () => {
  for (const name of evacuating) {
    it(`is left by all that can move (${name})`, () =>
      check(
        anyStatistics,
        (statistics) => {
          const { objects, pes } = statistics;
          if (!pes.isAvailable.includes(1)) return;
          const { placement } = checkedStep(strategyNamed(name), statistics, offlineContext());
          for (let object = 0; object < objects.count; object++) {
            if (objects.isMigratable[object] === 0) continue;
            assert.equal(pes.isAvailable[placement[object]!], 1, `object ${object} is left on PE ${placement[object]}`);
          }
        },
        { runs },
      ));
  }
});
