/**
 * Pi by throwing darts: every sampler counts the darts that hit the quarter circle, a reduction adds up.
 * The answer must lie within five standard deviations, which it misses once in two million runs.
 */
import { type Callback, Chare, type Charm, Reducer } from 'charm4ts';

export class Sampler extends Chare {
  throw(darts: number, result: Callback<number>): void {
    const { charm } = this;
    let hits = 0;
    for (let i = 0; i < darts; i++) if (charm.random() ** 2 + charm.random() ** 2 < 1) hits++;
    this.contribute(hits, Reducer.sum, result);
  }
}

export default async function main(charm: Charm): Promise<void> {
  const samplers = await charm.array(Sampler, { size: 64 });
  const dartsEach = 20_000;
  const hits = charm.future<number>();
  samplers.all.throw(dartsEach, hits);

  const darts = samplers.size * dartsEach;
  const pi = (4 * (await hits.get())) / darts;
  const deviation = 4 * Math.sqrt(((Math.PI / 4) * (1 - Math.PI / 4)) / darts);
  console.log(`pi is about ${pi.toFixed(3)}, from ${darts} darts`);
  if (Math.abs(pi - Math.PI) > 5 * deviation) charm.abort(`${pi} is too far from pi`);
  charm.exit();
}
