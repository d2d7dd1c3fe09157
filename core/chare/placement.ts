/** Where elements start: maps from index to home PE. */
import { CharmError, describeThrown } from '../base/errors.ts';
import type { IndexSpace, Key } from './index-space.ts';

/** What a user's placement may look at. */
export interface PlacementContext {
  readonly pes: number;
  /** Number of elements of a dense array; NaN for a sparse one. */
  readonly size: number;
  readonly dims: readonly number[];
}

/** A user-written map. Must be exported by the program, since every PE evaluates it. */
export class Placement<I = unknown> {
  readonly name: string;
  readonly place: (index: I, context: PlacementContext) => number;

  constructor(name: string, place: (index: I, context: PlacementContext) => number) {
    this.name = name;
    this.place = place;
  }
}

/**
 * Makes a user-written map: `export const diagonal = placement<[number, number]>('diagonal', ([i, j], { pes }) => (i + j) % pes)`.
 * The function must give the same PE for the same index on every PE.
 */
export function placement<I>(name: string, place: (index: I, context: PlacementContext) => number): Placement<I> {
  return new Placement(name, place);
}

/** Home PE of a key. */
export type HomeOf = (key: Key) => number;

/** Contiguous blocks of nearly equal length; the default of dense arrays. */
export function blockHome(size: number, pes: number): HomeOf {
  return (key) => Math.floor(((key as number) * pes) / size);
}

/** Number modulo PEs; text by its FNV-1a hash. The default of sparse arrays. */
export function roundRobinHome(pes: number): HomeOf {
  return (key) => (typeof key === 'number' ? ((key % pes) + pes) % pes : hash(key) % pes);
}

/** A user's placement, checked. */
export function userHome(user: Placement<unknown>, space: IndexSpace, pes: number): HomeOf {
  const context: PlacementContext = { pes, size: space.size, dims: space.dims };
  return (key) => {
    let pe: number;
    try {
      pe = user.place(space.toIndex(key), context);
    } catch (cause) {
      const what = `placement ${user.name} threw for index ${space.describe(key)}: ${describeThrown(cause)}`;
      throw new CharmError('ERR_PLACEMENT_FAILED', what, undefined, { cause });
    }
    if (Number.isInteger(pe) && pe >= 0 && pe < pes) return pe;
    const what = `placement ${user.name} put index ${space.describe(key)} on PE ${pe}; PEs are 0 to ${pes - 1}`;
    throw new CharmError('ERR_PLACEMENT_FAILED', what);
  };
}

function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}
