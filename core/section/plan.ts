/**
 * The tree of a section: which PE delivers to which members, and who passes multicasts on to whom.
 *
 * The root PE stands at position 0, whether it has members or not; the PEs that have some follow in order of their
 * numbers. The children of position v are v·fanOut+1 ... v·fanOut+fanOut, as in the trees over all PEs. A plan travels as
 * a node that holds the nodes below it, so a PE learns of its children and of what stands below them, and of nothing else.
 */
import type { Collection } from '../chare/collection.ts';
import type { Key } from '../chare/index-space.ts';
import { fanOut } from '../collective/spanning-tree.ts';
import { fromWire, type Roster, RosterBuilder, toWire } from './roster.ts';

export interface Plan {
  /** 1, 2, ... in one generation of a section. */
  readonly epoch: number;
  /** -1 at the root. */
  readonly parent: number;
  readonly children: readonly number[];
  /** Members that this PE delivers to. */
  readonly members: Roster;
  /** Members of the whole subtree. */
  readonly expected: number;
}

/** PE, members of the subtree, members, nodes below. */
export type PlanNode = readonly [pe: number, expected: number, members: unknown, below: readonly PlanNode[]];

/** The tree for members at these places. */
export function makePlan(root: number, places: Iterable<readonly [Collection, Key, number]>): PlanNode {
  const builders = new Map<number, RosterBuilder>([[root, new RosterBuilder()]]);
  for (const [collection, key, pe] of places) {
    let builder = builders.get(pe);
    if (builder === undefined) {
      builder = new RosterBuilder();
      builders.set(pe, builder);
    }
    builder.add(collection, key);
  }
  const others = [...builders.keys()].filter((pe) => pe !== root).sort((a, b) => a - b);
  const pes = [root, ...others];
  const nodeAt = (position: number): PlanNode => {
    const pe = pes[position]!;
    const { roster, count } = builders.get(pe)!;
    const below: PlanNode[] = [];
    let expected = count;
    const first = position * fanOut + 1;
    for (let child = first; child < first + fanOut && child < pes.length; child++) {
      const node = nodeAt(child);
      expected += node[1];
      below.push(node);
    }
    return [pe, expected, toWire(roster), below];
  };
  return nodeAt(0);
}

/** What a PE keeps of its node. */
export function planOf(epoch: number, parent: number, [, expected, members, below]: PlanNode): Plan {
  return { epoch, parent, expected, members: fromWire(members), children: below.map(([pe]) => pe) };
}
