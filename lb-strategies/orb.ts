/**
 * Orb: orthogonal recursive bisection of positions. The box around the objects is cut across its longest side so that
 * both halves have work in proportion to their PEs; then each half again. Needs positions; objects without stay put.
 * O(N log N log P).
 */
import type { Strategy } from '../core/balance/strategy.ts';
import { availablePes, rootedLoad } from './loads.ts';
import { Placement } from './placement.ts';
import { migrationsTo } from './statistics.ts';

export const orb: Strategy = (statistics) => {
  const { position } = statistics.objects;
  const placement = new Placement(statistics);
  const rooted = rootedLoad(placement);
  // PEs that are full before they get anything take no part.
  const pes = availablePes(placement).filter((pe) => rooted[pe]! < placement.idealLoad);
  if (position.length === 0 || pes.length === 0) return [];
  const capacity = pes.map((pe) => (placement.idealLoad - rooted[pe]!) * placement.speed[pe]!);
  const at = placement.at.slice();
  const movable: number[] = [];
  for (let object = 0; object < at.length; object++) if (placement.isMigratable[object] === 1) movable.push(object);

  const divide = (objects: number[], first: number, end: number): void => {
    if (end - first === 1) {
      for (const object of objects) at[object] = pes[first]!;
      return;
    }
    const middle = first + Math.ceil((end - first) / 2);
    const axis = longestAxis(position, objects);
    objects.sort((a, b) => compare(position, axis, a, b));
    const cut = cutAt(placement.work, objects, sum(capacity, first, middle) / sum(capacity, first, end));
    divide(objects.slice(0, cut), first, middle);
    divide(objects.slice(cut), middle, end);
  };
  divide(movable, 0, pes.length);
  return migrationsTo(statistics, at);
};

function sum(values: readonly number[], first: number, end: number): number {
  let total = 0;
  for (let i = first; i < end; i++) total += values[i]!;
  return total;
}

function longestAxis(position: Float64Array, objects: readonly number[]): number {
  const extents = [0, 1, 2].map((axis) => {
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    for (const object of objects) {
      least = Math.min(least, position[3 * object + axis]!);
      most = Math.max(most, position[3 * object + axis]!);
    }
    return most - least;
  });
  return extents.indexOf(Math.max(...extents));
}

/** By the axis, ties by the other two. */
function compare(position: Float64Array, axis: number, a: number, b: number): number {
  for (let i = 0; i < 3; i++) {
    const k = (axis + i) % 3;
    const difference = position[3 * a + k]! - position[3 * b + k]!;
    if (difference !== 0) return difference;
  }
  return a - b;
}

/** How many objects the first half gets; the one on the line goes where it is nearer to the share. */
function cutAt(work: Float64Array, objects: readonly number[], share: number): number {
  const total = objects.reduce((all, object) => all + work[object]!, 0);
  let got = 0;
  for (let i = 0; i < objects.length; i++) {
    const next = work[objects[i]!]!;
    if (got + next / 2 > share * total) return i;
    got += next;
  }
  return objects.length;
}
