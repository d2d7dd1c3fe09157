import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fanOut, type NodeLayout, treePlace } from '../../core/collective/spanning-tree.ts';
import { check } from '../support/property.ts';

const layouts = fc
  .tuple(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 80 }), fc.nat())
  .map(([pes, pesPerNode, root]) => ({ pes, pesPerNode, root: root % pes }));

/** All PEs, in the order in which a tree reaches them; its edges on the way. */
function walk(root: number, layout: NodeLayout): { reached: number[]; edges: (readonly [number, number])[] } {
  const reached = [root];
  const edges: (readonly [number, number])[] = [];
  for (let i = 0; i < reached.length; i++) {
    const pe = reached[i]!;
    for (const child of treePlace(pe, root, layout).children) {
      assert.equal(treePlace(child, root, layout).parent, pe);
      edges.push([pe, child]);
      reached.push(child);
    }
  }
  return { reached, edges };
}

function depthOf(pe: number, root: number, layout: NodeLayout): number {
  let depth = 0;
  for (let at = pe; at !== root; depth++) at = treePlace(at, root, layout).parent;
  return depth;
}

/** Levels below the root of a complete tree. */
function levelsOf(count: number): number {
  let level = 0;
  for (let room = 1, width = 1; room < count; level++) {
    width *= fanOut;
    room += width;
  }
  return level;
}

describe('spanning trees', () => {
  it('reach every PE exactly once, from any root, in nodes of any size', () =>
    check(layouts, ({ root, ...layout }) => {
      const { reached } = walk(root, layout);
      assert.deepEqual(
        reached.sort((a, b) => a - b),
        Array.from({ length: layout.pes }, (_, pe) => pe),
      );
      assert.equal(treePlace(root, root, layout).parent, -1);
    }));

  it('enter each other node once', () =>
    check(layouts, ({ root, ...layout }) => {
      const nodeOf = (pe: number): number => Math.floor(pe / layout.pesPerNode);
      const entered = walk(root, layout)
        .edges.filter(([from, to]) => nodeOf(from) !== nodeOf(to))
        .map(([, to]) => nodeOf(to));
      assert.equal(new Set(entered).size, entered.length);
      assert.equal(entered.length, Math.ceil(layout.pes / layout.pesPerNode) - 1);
    }));

  it('are no deeper than a complete tree over nodes and one over the PEs of a node', () =>
    check(layouts, ({ root, ...layout }) => {
      const nodes = Math.ceil(layout.pes / layout.pesPerNode);
      const levels = levelsOf(nodes) + levelsOf(Math.min(layout.pes, layout.pesPerNode));
      for (let pe = 0; pe < layout.pes; pe++) assert.ok(depthOf(pe, root, layout) <= levels);
    }));

  it('have other leaders for other roots, so that no PE carries all of a node', () => {
    const leaders = [0, 1, 2, 3].map((root) => treePlace(root, root, { pes: 8, pesPerNode: 4 }).children[0]);
    assert.deepEqual(leaders, [4, 5, 6, 7]);
  });
});
