/** What spawned ranks are told of themselves. */
import type { World } from '../rank/worlds.ts';

export interface SpawnedSetup {
  /** Exported functions, and how many ranks run each. */
  readonly mains: readonly { readonly name: string; readonly count: number }[];
  readonly args: readonly string[];
  /** Their world's context, and that of the inter-communicator to those who have spawned them. */
  readonly worldCtx: number;
  readonly ctx: number;
  /** Those, by their numbers, and the worlds that they know. */
  readonly parents: readonly number[];
  readonly worlds: readonly World[];
}

export function mainOf({ mains }: SpawnedSetup, index: number): string {
  let end = 0;
  for (const { name, count } of mains) {
    end += count;
    if (index < end) return name;
  }
  throw new Error(`internal: rank ${index} has no main`);
}
