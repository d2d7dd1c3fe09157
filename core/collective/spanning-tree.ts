/**
 * Spanning trees over PEs in two levels, rooted anywhere.
 *
 * In every node one PE is the *leader*: the root in its own node, and elsewhere the PE that stands where the root stands in
 * its node, so that trees with different roots have different leaders. Leaders form a complete tree of a fixed fan-out over the nodes, and
 * the PEs of each node one below their leader. In a complete tree, place v has the children v·fanOut+1 ... v·fanOut+fanOut.
 *
 * Invariant: a tree over n nodes has n - 1 edges between nodes: what goes down enters each node once, and what comes up leaves
 * it once.
 */

/** Charm++'s inside a process; between nodes too, since a frame for another node costs its sender a copy into a ring either way. */
export const fanOut = 8;

/** How PEs lie in nodes; the last node may have fewer. */
export interface NodeLayout {
  readonly pes: number;
  readonly pesPerNode: number;
}

export interface TreePlace {
  /** -1 at the root. */
  readonly parent: number;
  /** Leaders of other nodes first, since frames take longer to them. */
  readonly children: readonly number[];
}

export function treePlace(pe: number, root: number, layout: NodeLayout): TreePlace {
  const { pes, pesPerNode } = layout;
  const nodes = Math.ceil(pes / pesPerNode);
  const node = Math.floor(pe / pesPerNode);
  const rootNode = Math.floor(root / pesPerNode);
  const children: number[] = [];

  const first = node * pesPerNode;
  const size = Math.min(pesPerNode, pes - first);
  const leader = leaderOf(node, root, layout);
  const position = (pe - leader + size) % size;
  let parent = first + ((leader - first + parentOf(position)) % size);
  if (pe === leader) {
    const nodePosition = (node - rootNode + nodes) % nodes;
    for (const child of childrenOf(nodePosition, nodes))
      children.push(leaderOf((child + rootNode) % nodes, root, layout));
    parent = nodePosition === 0 ? -1 : leaderOf((parentOf(nodePosition) + rootNode) % nodes, root, layout);
  }
  for (const child of childrenOf(position, size)) children.push(first + ((leader - first + child) % size));
  return { parent, children };
}

/** The PE of a node by which it is in the tree of `root`. */
function leaderOf(node: number, root: number, { pes, pesPerNode }: NodeLayout): number {
  const first = node * pesPerNode;
  return first + ((root % pesPerNode) % Math.min(pesPerNode, pes - first));
}

/** Places below `position` in a complete tree of `count` places. */
export function childrenOf(position: number, count: number): number[] {
  const children: number[] = [];
  for (let child = position * fanOut + 1; child <= position * fanOut + fanOut && child < count; child++)
    children.push(child);
  return children;
}

function parentOf(position: number): number {
  return Math.max(0, Math.floor((position - 1) / fanOut));
}
