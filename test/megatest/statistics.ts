/** Random numbers of all PEs have the mean and deviation of uniform ones, and differ between PEs. */
import assert from 'node:assert/strict';
import { Chare, type Charm, type Future, Reducer, type Statistics } from 'charm4ts';

/** Draws of each element. Six standard errors of the mean of 16 × 500 draws are 0.02. */
const draws = 500;
const elements = 16;
const tolerance = 0.02;

export class RandomDrawer extends Chare {
  draw(done: Future<readonly [Statistics, number[], number]>): void {
    const numbers = Array.from({ length: draws }, () => this.charm.random());
    for (const number of numbers) assert(number >= 0 && number < 1);
    const mean = numbers.reduce((a, b) => a + b) / draws;
    const squares = numbers.reduce((sum, n) => sum + (n - 0.5) ** 2, 0);
    this.contribute(
      [mean, numbers[0]!, squares],
      Reducer.tuple(Reducer.statistics, Reducer.set<number>(), Reducer.sum),
      done,
    );
  }
}

export async function statistics(charm: Charm): Promise<void> {
  const array = await charm.array(RandomDrawer, { size: elements });
  const done = charm.future<readonly [Statistics, number[], number]>();
  array.all.draw(done);
  const [ofMeans, firsts, squares] = await done.get();
  assert.equal(ofMeans.count, elements);
  assert(Math.abs(ofMeans.mean - 0.5) < tolerance, `mean ${ofMeans.mean}`);
  assert(Math.abs(squares / (elements * draws) - 1 / 12) < tolerance, `variance ${squares / (elements * draws)}`);
  assert(ofMeans.min <= ofMeans.mean && ofMeans.mean <= ofMeans.max);
  assert(Math.abs(ofMeans.variance - ofMeans.m2 / elements) < 1e-12);
  assert.equal(new Set(firsts).size, elements, 'no two elements draw the same number');
}
