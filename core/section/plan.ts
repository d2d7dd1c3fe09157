/**
 * The tree of a section: which PE delivers to which members, and who passes multicasts on to whom.
 *
 * As in the trees over all PEs there are two levels: a leader in each node that has members, which is the root in its own, and
 * the other PEs with members below their leader; see collective/spanning-tree.ts. The root is in the tree whether it
 * has members or not. A plan travels as a node that holds the nodes below it, so a PE learns of its children and of what stands
 * below them, and of nothing else.
 */
import type { Collection } from '../chare/collection.ts';
import type { Key } from '../chare/index-space.ts';
import { childrenOf } from '../collective/spanning-tree.ts';
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
export function makePlan(
  root: number,
  pesPerNode: number,
  places: Iterable<readonly [Collection, Key, number]>,
): PlanNode {
  const builders = new Map<number, RosterBuilder>([[root, new RosterBuilder()]]);
  for (const [collection, key, pe] of places) {
    let builder = builders.get(pe);
    if (builder === undefined) {
      builder = new RosterBuilder();
      builders.set(pe, builder);
    }
    builder.add(collection, key);
  }
  const teams = teamsOf(root, pesPerNode, builders.keys());
  const peAt = (team: readonly number[], position: number, others: readonly PlanNode[]): PlanNode => {
    const pe = team[position]!;
    const { roster, count } = builders.get(pe)!;
    const below = [...others, ...childrenOf(position, team.length).map((child) => peAt(team, child, []))];
    const expected = below.reduce((sum, [, members]) => sum + members, count);
    return [pe, expected, toWire(roster), below];
  };
  const leaderAt = (position: number): PlanNode =>
    peAt(teams[position]!, 0, childrenOf(position, teams.length).map(leaderAt));
  return leaderAt(0);
}

/** PEs node by node, each node's leader first; the root's node first, the others in order. */
function teamsOf(root: number, pesPerNode: number, pes: Iterable<number>): readonly (readonly number[])[] {
  const nodeOf = (pe: number): number => Math.floor(pe / pesPerNode);
  const teams = new Map<number, number[]>([[nodeOf(root), [root]]]);
  for (const pe of [...pes].sort((a, b) => a - b)) {
    if (pe === root) continue;
    const team = teams.get(nodeOf(pe));
    if (team === undefined) teams.set(nodeOf(pe), [pe]);
    else team.push(pe);
  }
  return [...teams.values()];
}

/** What a PE keeps of its node. */
export function planOf(epoch: number, parent: number, [, expected, members, below]: PlanNode): Plan {
  return { epoch, parent, expected, members: fromWire(members), children: below.map(([pe]) => pe) };
}
