/** Statistics drawn at random: small, with everything that makes a step awkward. */
import fc from 'fast-check';
import type { LbStatistics } from '../../core/balance/strategy.ts';
import { statisticsFrom } from '../../lb-strategies/statistics.ts';

interface Shape {
  readonly pes: number;
  readonly objects: number;
  readonly edges: number;
}

const loads = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: 0.001, max: 0.1, noNaN: true }) },
  { weight: 2, arbitrary: fc.constantFrom(0.01, 0.02) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1) },
);

function column<T>(values: fc.Arbitrary<T>, length: number): fc.Arbitrary<T[]> {
  return fc.array(values, { minLength: length, maxLength: length });
}

function ofShape({ pes, objects, edges }: Shape): fc.Arbitrary<LbStatistics> {
  const object = fc.nat(Math.max(0, objects - 1));
  return fc
    .record({
      load: column(loads, objects),
      pe: column(fc.nat(pes - 1), objects),
      isMigratable: column(fc.constantFrom(1, 1, 1, 0), objects),
      collection: column(fc.nat(2), objects),
      position: column(fc.integer({ min: -9, max: 9 }), 3 * objects),
      background: column(fc.constantFrom(0, 0, 0.05), pes),
      speed: column(fc.constantFrom(1, 1, 2), pes),
      isAvailable: column(fc.constantFrom(1, 1, 1, 1, 0), pes),
      from: column(object, edges),
      to: column(object, edges),
      bytes: column(fc.integer({ min: 0, max: 5000 }), edges),
    })
    .map(({ load, pe, isMigratable, collection, position, background, speed, isAvailable, from, to, bytes }) =>
      statisticsFrom({
        objects: { load, pe, isMigratable, collection, position },
        pes: { count: pes, background, speed, isAvailable },
        edges: { from, to, bytes },
      }),
    );
}

/** Any step of up to 8 PEs and 60 objects. */
export const anyStatistics: fc.Arbitrary<LbStatistics> = fc
  .record({ pes: fc.integer({ min: 1, max: 8 }), objects: fc.nat(60), degree: fc.nat(3) })
  .chain(({ pes, objects, degree }) => ofShape({ pes, objects, edges: objects * degree }));

/** The same, where objects have sizes, and PEs have room for a few of them. */
export const withTightMemory: fc.Arbitrary<LbStatistics> = anyStatistics.chain((statistics) => {
  const { objects, pes } = statistics;
  return fc
    .record({
      bytes: column(fc.integer({ min: 0, max: 40 }), objects.count),
      memoryFree: column(
        fc.oneof(fc.integer({ min: -20, max: 150 }), fc.constant(Number.POSITIVE_INFINITY)),
        pes.count,
      ),
    })
    .map(({ bytes, memoryFree }) => ({
      ...statistics,
      objects: { ...objects, bytes: Float64Array.from(bytes) },
      pes: { ...pes, memoryFree: Float64Array.from(memoryFree) },
    }));
});
