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
export interface HomeOf {
  (key: Key): number;
  /** The numbers below the array's size whose home is `pe`, ascending; absent where only trying each of them tells. */
  readonly keysOf?: (pe: number) => number[];
}

/** Contiguous blocks of nearly equal length; the default of dense arrays. */
export function blockHome(size: number, pes: number): HomeOf {
  const homeOf = (key: Key): number => Math.floor(((key as number) * pes) / size);
  const keysOf = (pe: number): number[] => {
    const keys: number[] = [];
    // One below, since the division may have been rounded; the map itself decides.
    let key = Math.max(0, Math.floor((pe * size) / pes) - 1);
    while (key < size && homeOf(key) < pe) key++;
    for (; key < size && homeOf(key) === pe; key++) keys.push(key);
    return keys;
  };
  return Object.assign(homeOf, { keysOf });
}

/** Number modulo PEs; text by its FNV-1a hash. The default of sparse arrays. `size` of dense ones. */
export function roundRobinHome(pes: number, size = 0): HomeOf {
  const homeOf = (key: Key): number => (typeof key === 'number' ? ((key % pes) + pes) % pes : hash(key) % pes);
  const keysOf = (pe: number): number[] => {
    const keys: number[] = [];
    for (let key = pe; key < size; key += pes) keys.push(key);
    return keys;
  };
  return Object.assign(homeOf, { keysOf });
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
