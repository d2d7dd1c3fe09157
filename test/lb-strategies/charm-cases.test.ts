import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { frontier, qualityOf, strategyNamed } from '../../lb-strategies/index.ts';
import { charmCases, describeQuality, qualityAfter, rounded } from '../support/lb-cases.ts';

describe('quality', () => {
  for (const { name, statistics, charm } of charmCases) {
    it(`is measured as Charm++ was (${name}, untouched)`, () => {
      // Strategies of the original that did nothing there tell what the given placement is.
      const quality = qualityOf(statistics, statistics.objects.pe);
      const { maxOverAvg, externalBytes, externalMessages, migrations } = charm['GraphPartLB']!;
      const measured = { ...quality, maxOverAvg: rounded(quality.maxOverAvg) };
      assert.deepEqual(measured, { maxOverAvg, externalBytes, externalMessages, migrations });
    });
  }
});

describe('RefineComm', () => {
  for (const { name, statistics, charm } of charmCases) {
    it(`is as even as RefineCommLB of Charm++, with no more external bytes and no more migrations (${name})`, () => {
      const ours = qualityAfter(strategyNamed('RefineComm'), statistics);
      const original = charm['RefineCommLB']!;
      const figures = `${describeQuality(ours)}; Charm++ has ${describeQuality(original)}`;
      assert(rounded(ours.maxOverAvg) <= original.maxOverAvg, figures);
      assert(ours.externalBytes <= original.externalBytes, figures);
      assert(ours.migrations <= original.migrations, figures);
    });
  }
});

describe('Refine', () => {
  for (const { name, statistics, charm } of charmCases) {
    it(`is as even as RefineLB of Charm++ with no more migrations (${name})`, () => {
      const ours = qualityAfter(strategyNamed('Refine'), statistics);
      const original = charm['RefineLB']!;
      const figures = `${describeQuality(ours)}; Charm++ has ${describeQuality(original)}`;
      assert(rounded(ours.maxOverAvg) <= original.maxOverAvg, figures);
      assert(ours.migrations <= original.migrations, figures);
    });
  }
});

describe('Frontier', () => {
  for (const { name, statistics, charm } of charmCases) {
    for (const [strategy, original] of Object.entries(charm)) {
      it(`is as even as ${strategy} of Charm++ with as few external bytes and migrations (${name})`, () => {
        const { maxOverAvg, migrations } = original;
        const ours = qualityAfter(frontier({ tolerance: maxOverAvg, migrationsMax: migrations }), statistics);
        const figures = `${describeQuality(ours)}; Charm++ has ${describeQuality(original)}`;
        assert(rounded(ours.maxOverAvg) <= maxOverAvg, figures);
        assert(ours.externalBytes <= original.externalBytes, figures);
        assert(ours.migrations <= migrations, figures);
      });
    }
  }
});

describe('Metis', () => {
  for (const { name, statistics, charm } of charmCases) {
    it(`is as even as 1.003 or what objects allow, with fewer external bytes than MetisLB and RecBipartLB of Charm++ (${name})`, () => {
      const ours = qualityAfter(strategyNamed('Metis'), statistics);
      assert(rounded(ours.maxOverAvg) <= Math.max(1.003, charm['GreedyLB']!.maxOverAvg), describeQuality(ours));
      for (const original of [charm['MetisLB']!, charm['RecBipartLB']!]) {
        assert(
          ours.externalBytes <= original.externalBytes * 1.15,
          `${describeQuality(ours)}; Charm++ has ${describeQuality(original)}`,
        );
      }
    });
  }
});
