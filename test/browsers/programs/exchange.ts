/** A strategy: the elements of two PEs change places. */
import type { LbStatistics, Migration } from 'charm4ts/lb';

export default function* exchange({ objects }: LbStatistics): Iterable<Migration> {
  for (let object = 0; object < objects.count; object++) yield { object, to: 1 - objects.pe[object]! };
}
