/**
 * All themes as one program. Arguments: a mode, the load, whether messages are shuffled, and names of themes
 * (none: all).
 *
 *     alone       one after the other
 *     five        each five times at once, one after the other
 *     together    all at once
 *     everything  the three above in turn
 */
import type { Charm } from 'charm4ts';
import { arrayRing } from './array-ring.ts';
import { ask } from './ask.ts';
import { bitVector } from './bit-vector.ts';
import { bombard } from './bombard.ts';
import { callback } from './callback.ts';
import { completion } from './completion.ts';
import { dynamicInsertion } from './dynamic-insertion.ts';
import { fib } from './fib.ts';
import { groupCast } from './group-cast.ts';
import { groupDependence } from './group-dependence.ts';
import { groupRing } from './group-ring.ts';
import { inherit } from './inherit.ts';
import { machines } from './machines.ts';
import { marshall } from './marshall.ts';
import { nodeCast } from './node-cast.ts';
import { packRing } from './pack-ring.ts';
import { priority } from './priority.ts';
import { queens } from './queens.ts';
import { prepareReadonlys, readonlys } from './readonly.ts';
import { reduction } from './reduction.ts';
import { sparse } from './sparse.ts';
import { statistics } from './statistics.ts';
import { stencil } from './stencil.ts';
import { templates } from './templates.ts';
import type { Theme, ThemeOptions } from './theme.ts';
import { varSize } from './var-size.ts';

export * from './array-ring.ts';
export * from './ask.ts';
export * from './bit-vector.ts';
export * from './bombard.ts';
export * from './callback.ts';
export * from './completion.ts';
export * from './dynamic-insertion.ts';
export * from './fib.ts';
export * from './group-cast.ts';
export * from './group-dependence.ts';
export * from './group-ring.ts';
export * from './inherit.ts';
export * from './machines.ts';
export * from './marshall.ts';
export * from './node-cast.ts';
export * from './pack-ring.ts';
export * from './priority.ts';
export * from './queens.ts';
export * from './readonly.ts';
export * from './reduction.ts';
export * from './sparse.ts';
export * from './statistics.ts';
export * from './stencil.ts';
export * from './templates.ts';
export * from './var-size.ts';

/**
 * Left out, since tests of their own go further: `migration`, `groupsectiontest`, `multisectiontest`, `groupmulti`, `listsend`,
 * `completion_test`, `inlineem` and `immediatering`; see test/properties (migration, sections, completion, entry-attributes).
 * `completion` here is by quiescence.
 */
export const themes: Readonly<Record<string, Theme>> = {
  arrayRing: { run: arrayRing },
  ask: { run: ask },
  bitVector: { run: bitVector },
  bombard: { run: bombard },
  callback: { run: callback },
  completion: { run: completion },
  dynamicInsertion: { run: dynamicInsertion },
  fib: { run: fib },
  groupCast: { run: groupCast },
  groupDependence: { run: groupDependence },
  groupRing: { run: groupRing },
  inherit: { run: inherit },
  machines: { run: machines },
  marshall: { run: marshall },
  nodeCast: { run: nodeCast },
  packRing: { run: packRing },
  priority: { run: priority },
  queens: { run: queens },
  readonlys: { run: readonlys, prepare: prepareReadonlys },
  reduction: { run: reduction },
  sparse: { run: sparse },
  statistics: { run: statistics },
  stencil: { run: stencil },
  templates: { run: templates },
  varSize: { run: varSize },
};

const copies = 5;

export default async function main(charm: Charm): Promise<void> {
  const [mode = 'everything', load = '1', shuffled = '', ...names] = charm.args;
  const options: ThemeOptions = { load: Number(load), isShuffled: shuffled === 'shuffled' };
  const chosen = names.length === 0 ? Object.keys(themes) : names;
  for (const name of chosen) themes[name]!.prepare?.(charm);
  const is = (phase: string): boolean => mode === phase || mode === 'everything';
  if (is('alone')) for (const name of chosen) await runOne(charm, name, options);
  if (is('five'))
    for (const name of chosen) await Promise.all(Array.from({ length: copies }, () => runOne(charm, name, options)));
  if (is('together')) await Promise.all(chosen.map((name) => runOne(charm, name, options)));
  charm.exit();
}

async function runOne(charm: Charm, name: string, options: ThemeOptions): Promise<void> {
  try {
    await themes[name]!.run(charm, options);
  } catch (cause) {
    throw new Error(`theme ${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
