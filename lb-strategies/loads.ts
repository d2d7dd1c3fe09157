/** What strategies that place everything anew start from. */
import type { Placement } from './placement.ts';

/** Migratable objects, largest work first; equal ones in their order. */
export function largestFirst({ work, isMigratable, objectCount }: Placement): Int32Array {
  const order = new Int32Array(objectCount);
  let count = 0;
  for (let object = 0; object < objectCount; object++) if (isMigratable[object] === 1) order[count++] = object;
  return order.subarray(0, count).sort((a, b) => work[b]! - work[a]! || a - b);
}

/** Load that cannot leave a PE: background and pinned objects. */
export function rootedLoad(placement: Placement): Float64Array {
  const load = placement.statistics.pes.background.slice();
  for (let object = 0; object < placement.objectCount; object++) {
    if (placement.isMigratable[object] === 1) continue;
    const home = placement.home[object]!;
    load[home]! += placement.sizeOn(object, home);
  }
  return load;
}

export function availablePes({ isAvailable, peCount }: Placement): number[] {
  const pes: number[] = [];
  for (let pe = 0; pe < peCount; pe++) if (isAvailable[pe] === 1) pes.push(pe);
  return pes;
}
