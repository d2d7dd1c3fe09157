import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { DistributedStrategy } from '../../core/balance/agent.ts';
import type { LbStatistics } from '../../core/balance/strategy.ts';
import { drive } from '../../lb-strategies/distributed/drive.ts';
import { Mail } from '../../lb-strategies/distributed/mail.ts';
import {
  centralStrategy,
  checkedStep,
  distributedStrategyNamed,
  distributedStrategyNames,
  memoryUsher,
  offlineContext,
  statisticsFrom,
  strategyNamed,
} from '../../lb-strategies/index.ts';
import { peLoads } from '../../lb-strategies/quality.ts';
import { charmCases, describeQuality, qualityAfter } from '../support/lb-cases.ts';
import { ContinuousBalancing } from '../support/lb-continuous.ts';
import { otherCases, plainCases } from '../support/lb-generated-cases.ts';
import { anyStatistics } from '../support/lb-statistics.ts';
import { check } from '../support/property.ts';

const names = distributedStrategyNames();

function named(name: string): DistributedStrategy {
  const strategy = distributedStrategyNamed(name);
  assert(strategy !== undefined, name);
  return strategy;
}

function placementAfter(strategy: DistributedStrategy, statistics: LbStatistics, seed = 1): Int32Array {
  const step = checkedStep(centralStrategy(strategy), statistics, offlineContext(seed));
  assert.ifError(step.failure);
  assert.deepEqual(step.refusals, []);
  return step.placement;
}

function maxLoad(statistics: LbStatistics, placement: Int32Array): number {
  return peLoads(statistics, placement, true).reduce((max, load) => Math.max(max, load), 0);
}

describe('distributedStrategyNamed', () => {
  it('knows the agents of each, by the names of the original too, and nothing else', () => {
    for (const name of names) assert.equal(named(`${name}LB`), named(name));
    assert.equal(named('wslb'), named('WorkStealing'));
    for (const name of ['RefineComm', 'constructor', 'nope']) assert.equal(distributedStrategyNamed(name), undefined);
  });

  it('tells which of them need steps', () => {
    assert.deepEqual(
      names.filter((name) => named(name).needsSteps === true),
      [],
    );
  });
});

describe('a distributed strategy in a step', () => {
  for (const name of names) {
    it(`keeps its promises whatever the order of messages (${name})`, () =>
      check(
        fc.tuple(anyStatistics, fc.nat()),
        ([drawn, seed]) => {
          const statistics = { ...drawn, pes: { ...drawn.pes, isAvailable: drawn.pes.isAvailable.map(() => 1) } };
          const before = maxLoad(statistics, statistics.objects.pe);
          const after = maxLoad(statistics, placementAfter(named(name), statistics, seed));
          assert(after <= before * (1 + 1e-9), `${before} became ${after}`);
        },
        { runs: 150 },
      ));
  }

  /** Bounds on max/avg after one step; Neighbor moves nothing further than to a neighbour. */
  const bounds: Readonly<Record<string, number>> = {
    Distributed: 1.12,
    Gossip: 1.05,
    MemoryUsher: 1.05,
    Neighbor: 1.5,
    WorkStealing: 1.12,
  };
  for (const { name: caseName, statistics, charm } of charmCases) {
    for (const name of names) {
      it(`comes near what objects allow (${name}, ${caseName})`, () => {
        const quality = qualityAfter(centralStrategy(named(name)), statistics);
        const possible = charm['GreedyLB']!.maxOverAvg;
        assert(quality.maxOverAvg <= bounds[name]! * possible, describeQuality(quality));
      });
    }
  }

  for (const { name: caseName, statistics } of [1, 2].flatMap((seed) => [...plainCases(seed), ...otherCases(seed)])) {
    for (const name of names) {
      it(`comes near the best that there is on a generated step (${name}, ${caseName})`, () => {
        const best = maxLoad(statistics, placementOf('GreedyRefine', statistics));
        const before = maxLoad(statistics, statistics.objects.pe);
        const after = maxLoad(statistics, placementAfter(named(name), statistics));
        const allowed = name === 'Neighbor' ? Math.max(1.1 * best, 0.25 * best + 0.75 * before) : bounds[name]! * best;
        assert(after <= allowed, `${before} became ${after}, possible is ${best}`);
      });
    }
  }

  for (const name of names) {
    it(`does not overload a light PE that many want to give to (${name})`, () => {
      const pes = 16;
      const pe = Array.from({ length: 15 * 40 }, (_, object) => 1 + (object % 15));
      const statistics = statisticsFrom({ objects: { load: pe.map(() => 0.01), pe }, pes: { count: pes } });
      const load = peLoads(statistics, placementAfter(named(name), statistics), false);
      const mean = (15 * 40 * 0.01) / pes;
      assert(load[0]! > 0.8 * mean && load[0]! < 1.05 * mean, `${load[0]} of ${mean}`);
    });

    it(`gives a fast PE more (${name})`, () => {
      const pe = Array.from({ length: 120 }, () => 0);
      const objects = { load: pe.map(() => 0.01), pe };
      const statistics = statisticsFrom({ objects, pes: { count: 2, speed: [1, 3] } });
      const load = peLoads(statistics, placementAfter(named(name), statistics), false);
      assert(Math.max(...load) <= 0.32, `${load[0]} and ${load[1]} instead of 0.3`);
    });
  }
});

function placementOf(name: string, statistics: LbStatistics): Int32Array {
  return checkedStep(strategyNamed(name), statistics, offlineContext()).placement;
}

describe('a distributed strategy in continuous balancing', () => {
  const cases = charmCases.filter(({ name }) => name !== 'two-giants');
  /** Rounds of it, and the max/avg that it has come to then. */
  const goals: Readonly<Record<string, [number, number]>> = {
    Distributed: [120, 1.12],
    Gossip: [60, 1.05],
    MemoryUsher: [60, 1.05],
    Neighbor: [120, 1.1],
    WorkStealing: [90, 1.1],
  };
  for (const [name, [rounds, goal]] of Object.entries(goals)) {
    for (const { name: caseName, statistics } of cases) {
      it(`evens out on old news, without a relapse, and then leaves objects alone (${name}, ${caseName})`, () => {
        const job = new ContinuousBalancing(named(name), statistics, 3);
        const past = Array.from({ length: rounds }, () => job.round());
        let least = Number.POSITIVE_INFINITY;
        for (const [number, { maxOverAvg }] of past.entries()) {
          assert(maxOverAvg <= 1.05 * least, `round ${number}: ${maxOverAvg} after ${least}`);
          least = Math.min(least, maxOverAvg);
        }
        assert(least <= goal, `max/avg ${least}`);
        const late = past.slice(-15).reduce((sum, { migrations }) => sum + migrations, 0);
        assert(late <= 0.02 * statistics.objects.count, `${late} migrations in the last 15 rounds`);
      });
    }

    it(`leaves a PE that is not available (${name})`, () => {
      const { statistics } = otherCases(1).find(({ name: caseName }) => caseName.startsWith('PEs to be left'))!;
      const job = new ContinuousBalancing(named(name), statistics, 4);
      for (let round = 0; round < 200; round++) job.round();
      assert.equal(job.objectsOn(3) + job.objectsOn(7), 0);
    });

    it(`does not let two giants chase the others around (${name})`, () => {
      const { statistics } = charmCases.find((each) => each.name === 'two-giants')!;
      const job = new ContinuousBalancing(named(name), statistics, 3);
      const past = Array.from({ length: 80 }, () => job.round());
      const migrations = past.reduce((sum, round) => sum + round.migrations, 0);
      assert(migrations <= statistics.objects.count / 2, `${migrations} migrations`);
    });
  }
});

describe('MemoryUsher', () => {
  const kept = 100;
  const column = (values: fc.Arbitrary<number>, length: number): fc.Arbitrary<number[]> =>
    fc.array(values, { minLength: length, maxLength: length });
  const tightMemory = fc
    .record({ pes: fc.integer({ min: 2, max: 8 }), objects: fc.integer({ min: 1, max: 50 }) })
    .chain(({ pes, objects }) =>
      fc.record({
        load: column(fc.double({ min: 0.001, max: 0.1, noNaN: true }), objects),
        pe: column(fc.nat(pes - 1), objects),
        bytes: column(fc.integer({ min: 0, max: 40 }), objects),
        isMigratable: column(fc.constantFrom(1, 1, 1, 0), objects),
        memoryFree: column(fc.integer({ min: 0, max: 300 }), pes),
      }),
    )
    .map(({ memoryFree, ...objects }) => statisticsFrom({ objects, pes: { count: memoryFree.length, memoryFree } }));

  it('ends every shortage of memory that giving the largest to the roomiest PE ends, and makes none', () =>
    check(
      tightMemory,
      (statistics) => {
        const { memoryFree } = statistics.pes;
        const free = freeAfter(statistics, placementAfter(memoryUsher(kept), statistics));
        const isSolvable = greedyFree(statistics).every((bytes) => bytes >= kept);
        for (let pe = 0; pe < free.length; pe++) {
          const least = isSolvable ? kept : Math.min(kept, memoryFree[pe]!);
          assert(free[pe]! >= least, `PE ${pe} has ${free[pe]} bytes free, ${memoryFree[pe]} before`);
        }
      },
      { runs: 400 },
    ));

  /** Free memory once objects have arrived: what leaves may leave later, except from a PE that is short. */
  function freeAfter({ objects, pes }: LbStatistics, placement: Int32Array): number[] {
    const free = [...pes.memoryFree];
    for (let object = 0; object < objects.count; object++) {
      const from = objects.pe[object]!;
      const to = placement[object]!;
      if (from === to) continue;
      free[to]! -= objects.bytes[object]!;
      if (pes.memoryFree[from]! < kept) free[from]! += objects.bytes[object]!;
    }
    return free;
  }

  /** Half of each PE's spare memory is enough for the shortage of the others. */
  function greedyFree({ objects, pes }: LbStatistics): number[] {
    const free = [...pes.memoryFree];
    const spare = free.map((bytes) => kept + (bytes - kept) / 2);
    const largestFirst = [...objects.bytes.keys()].sort((a, b) => objects.bytes[b]! - objects.bytes[a]!);
    for (const object of largestFirst) {
      const from = objects.pe[object]!;
      const size = objects.bytes[object]!;
      const to = spare.indexOf(Math.max(...spare));
      if (free[from]! >= kept || objects.isMigratable[object] === 0 || spare[to]! - size < kept) continue;
      free[from]! += size;
      spare[to]! -= size;
    }
    return free;
  }

  it('does not use up, for loads, the memory that a PE needs that is short of it', () => {
    const statistics = statisticsFrom({
      objects: {
        load: [0.3, 0.3, 0.3, 0.3, 0.001, 0.001, 0.001, 0.001, 0.001],
        pe: [2, 2, 2, 2, 1, 1, 1, 1, 1],
        bytes: [26, 26, 26, 26, 39, 37, 16, 2, 2],
      },
      pes: { count: 3, memoryFree: [284, 4, 108] },
    });
    for (let seed = 0; seed < 50; seed++) {
      const free = freeAfter(statistics, placementAfter(memoryUsher(kept), statistics, seed));
      assert(free[1]! >= kept, `seed ${seed}: ${free[1]} bytes`);
    }
  });

  it('overrides load: a light PE that is short of memory gives to a heavy one', () => {
    const statistics = statisticsFrom({
      objects: { load: [0.1, 5, 5], pe: [0, 1, 1], bytes: [80, 10, 10] },
      pes: { count: 2, memoryFree: [50, 1000] },
    });
    assert.deepEqual([...placementAfter(memoryUsher(kept), statistics)], [1, 1, 1]);
  });
});

describe('the driver', () => {
  it('delivers in any order, but what one PE sends to another in the order sent', () =>
    check(fc.tuple(fc.nat(), fc.array(fc.tuple(fc.nat(3), fc.nat(3)))), ([seed, letters]) => {
      const mail = new Mail(4, offlineContext(seed).random);
      for (const [message, [from, to]] of letters.entries()) mail.send({ from, to, message });
      const last = new Map<string, number>();
      let count = 0;
      for (let letter = mail.take(); letter !== undefined; letter = mail.take(), count++) {
        const pair = `${letter.from} to ${letter.to}`;
        assert((letter.message as number) > (last.get(pair) ?? -1));
        last.set(pair, letter.message as number);
      }
      assert.equal(count, letters.length);
    }));

  const two = statisticsFrom({ objects: { load: [1, 1], pe: [0, 0] }, pes: { count: 2 } });
  const running = (begin: (move: (object: number, to: number) => void) => void) => () =>
    drive(
      { makeAgent: (host) => ({ begin: () => begin(host.pe === 0 ? host.move.bind(host) : () => {}), receive() {} }) },
      two,
      offlineContext(),
    );

  it('refuses an object twice, and one that is not there', () => {
    const twice = running((move) => {
      move(0, 1);
      move(0, 1);
    });
    assert.throws(twice, /the agent of PE 0 moves object 0 twice/);
    assert.throws(
      running((move) => move(2, 1)),
      /the agent of PE 0 moves object 2 of 2 that it was given/,
    );
  });

  it('gives up on agents that never end', () => {
    const restless: DistributedStrategy = { makeAgent: () => ({ begin() {}, receive() {}, quiet: () => true }) };
    assert.throws(() => drive(restless, two, offlineContext()), /always had more to do/);
  });
});
