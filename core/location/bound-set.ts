/**
 * Arrays that are bound together: elements of equal index are always on the same PE, and move in one step. An array
 * that is bound to none is a set of one.
 *
 * The set has one location manager, and an index one place and one epoch, whichever of the arrays have an element there.
 * With a place for each array, every insertion, move and death would have to keep as many records in step; with one
 * there is nothing to keep in step.
 *
 * Load balancing sees a set as one collection, numbered `id`, and the companions at an index as one object: their loads
 * add up, one that is pinned pins all, and a move of any moves all.
 */
import type { Collection } from '../chare/collection.ts';
import type { ElementRecord } from '../chare/element.ts';
import type { Key } from '../chare/index-space.ts';

export class BoundSet {
  /** The array that the others are bound to, and these in the order in which this PE met them. */
  readonly collections: Collection[];

  constructor(first: Collection) {
    this.collections = [first];
  }

  get first(): Collection {
    return this.collections[0]!;
  }

  /** Number of the set, the same on every PE: that of its first array. */
  get id(): number {
    return this.first.id;
  }

  /** True if there is more than one array, so that elements may have companions. */
  get isShared(): boolean {
    return this.collections.length > 1;
  }

  /** The elements with this key that are here. */
  companions(key: Key): ElementRecord[] {
    const here: ElementRecord[] = [];
    for (const { locals } of this.collections) {
      const element = locals.get(key);
      if (element !== undefined) here.push(element);
    }
    return here;
  }

  /** True if this PE is the place of the key. */
  isHere(key: Key): boolean {
    for (const { locals } of this.collections) if (locals.get(key) !== undefined) return true;
    return false;
  }
}
