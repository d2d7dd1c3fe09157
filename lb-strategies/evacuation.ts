/**
 * Takes what can move off PEs that are not available: each object to the PE with room that it exchanges most bytes with,
 * or else to where the load is then least. Largest first, so that the small ones can fill what is left.
 */
import type { Affinity } from './affinity.ts';
import { availablePes, largestFirst } from './loads.ts';

/** @param limit of the load of a PE, in seconds; exceeded only where an object fits nowhere. */
export function evacuate(affinity: Affinity, limit: number): void {
  const { placement } = affinity;
  const { at, isAvailable } = placement;
  const refuges = availablePes(placement);
  if (refuges.length === 0 || refuges.length === placement.peCount) return;
  const order = largestFirst(placement);
  for (let i = 0; i < order.length; i++) {
    const object = order[i]!;
    if (isAvailable[at[object]!] === 1) continue;
    const partner = partnerWithRoom(affinity, object, limit);
    affinity.move(object, partner === -1 ? leastLoaded(affinity, object, refuges) : partner);
  }
}

function partnerWithRoom(affinity: Affinity, object: number, limit: number): number {
  const { placement } = affinity;
  affinity.scan(object);
  let best = -1;
  for (let i = 0; i < affinity.peCount; i++) {
    const pe = affinity.pes[i]!;
    if (placement.isAvailable[pe] === 0 || placement.load[pe]! + placement.sizeOn(object, pe) > limit) continue;
    if (best === -1 || affinity.to(pe) > affinity.to(best)) best = pe;
  }
  return best;
}

function leastLoaded({ placement }: Affinity, object: number, refuges: readonly number[]): number {
  const after = (pe: number): number => placement.load[pe]! + placement.sizeOn(object, pe);
  return refuges.reduce((best, pe) => (after(pe) < after(best) ? pe : best));
}
