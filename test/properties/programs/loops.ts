/** Elements on all PEs that each run loops, at the same time, over shared arrays; every other one with a reduction. */
import { Chare, type Charm, Reducer, type SharedArray } from 'charm4ts';

const size = 10;
const loops = 20;

export function add(from: number, to: number, array: SharedArray<Float64Array>, x: number): number {
  const { view } = array;
  let sum = 0;
  for (let i = from; i < to; i++) {
    view[i]! += x;
    sum += view[i]!;
  }
  return sum;
}

export class Looper extends Chare<number> {
  async run(): Promise<number> {
    const length = 100 + 997 * this.index;
    const array = this.charm.shared(Float64Array, length);
    let wrong = 0;
    for (let k = 1; k <= loops; k++) {
      const options = {
        to: length,
        args: [array, 1] as const,
        schedule: k % 3 === 0 ? ('static' as const) : ('dynamic' as const),
      };
      const sum = await this.charm.loop(add, { ...options, reducer: Reducer.sum });
      if (sum !== k * length || array.view.some((x) => x !== k)) wrong++;
    }
    array.release();
    return wrong;
  }
}

export default async function main(charm: Charm): Promise<void> {
  const loopers = await charm.array(Looper, { size });
  const wrong = await Promise.all(Array.from({ length: size }, (_, i) => loopers.at(i).ask.run()));
  console.log(`${size * loops} loops, ${wrong.reduce((sum, n) => sum + n, 0)} wrong`);
  charm.exit();
}
