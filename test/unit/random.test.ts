import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SeededRandom } from '../../core/base/random.ts';

function draw(seed: number, stream: number, count: number): number[] {
  const random = new SeededRandom(seed, stream);
  return Array.from({ length: count }, () => random.next());
}

describe('SeededRandom', () => {
  it('repeats itself for the same seed and stream', () => {
    assert.deepEqual(draw(7, 3, 100), draw(7, 3, 100));
  });

  it('differs between seeds and between streams, from the first number on', () => {
    const firsts = new Set<number>();
    for (let seed = 0; seed < 50; seed++)
      for (let stream = 0; stream < 50; stream++) firsts.add(draw(seed, stream, 1)[0]!);
    assert(firsts.size > 2490, `${firsts.size} of 2500 differ`);
    for (const seed of [2 ** 32, 2 ** 40 + 1, 2 ** 52])
      assert.notDeepEqual(draw(seed, 0, 3), draw(seed % 2 ** 32, 0, 3));
  });

  it('is uniform in [0, 1)', () => {
    for (const seed of [0, 1, 123456789]) {
      const bins = new Array<number>(20).fill(0);
      for (const n of draw(seed, 1, 20_000)) {
        assert(n >= 0 && n < 1);
        bins[Math.floor(n * 20)]!++;
      }
      // 19 degrees of freedom: beyond 60 once in 10^5 seeds.
      const chiSquare = bins.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
      assert(chiSquare < 60, `chi-square ${chiSquare}`);
    }
  });

  it('draws integers below a bound, all of them', () => {
    const random = new SeededRandom(5);
    const seen = new Set(Array.from({ length: 1000 }, () => random.below(7)));
    assert.deepEqual([...seen].sort(), [0, 1, 2, 3, 4, 5, 6]);
  });
});
