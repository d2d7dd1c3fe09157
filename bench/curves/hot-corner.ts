/** A balancing step of any size: a 3-D stencil whose objects in one corner work three times as long. */
import type { LbStatistics } from '../../core/balance/strategy.ts';
import { offlineContext, statisticsFrom } from '../../lb-strategies/statistics.ts';

/** side^3 objects, in blocks of equal count on the PEs; neighbours exchange 4 KiB. */
export function hotCorner(side: number, pes: number): LbStatistics {
  const count = side ** 3;
  const { next } = offlineContext(7).random;
  const load = new Float64Array(count);
  const pe = new Int32Array(count);
  const position = new Float64Array(3 * count);
  const from = new Int32Array(6 * side * side * (side - 1));
  const to = new Int32Array(from.length);
  let edges = 0;
  for (let object = 0; object < count; object++) {
    const at = [Math.floor(object / side / side), Math.floor(object / side) % side, object % side];
    position.set(at, 3 * object);
    const isHot = at.every((coordinate) => coordinate < side / 2);
    load[object] = (isHot ? 0.03 : 0.01) * (0.8 + 0.4 * next());
    pe[object] = Math.floor((object * pes) / count);
    for (let axis = 0; axis < 3; axis++) {
      if (at[axis] === side - 1) continue;
      const other = object + side ** (2 - axis);
      from[edges] = to[edges + 1] = object;
      to[edges] = from[edges + 1] = other;
      edges += 2;
    }
  }
  const bytes = new Float64Array(edges).fill(4096);
  return statisticsFrom({ objects: { load, pe, position }, pes: { count: pes }, edges: { from, to, bytes } });
}
