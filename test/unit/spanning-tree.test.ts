import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fanOut, treePlace } from '../../core/collective/spanning-tree.ts';

describe('spanning trees', () => {
  it('reach every PE exactly once, from any root', () => {
    for (const pes of [1, 2, 3, 7, 8, 9, 10, 63, 64, 65, 73, 74, 200]) {
      for (const root of new Set([0, 1 % pes, Math.floor(pes / 2), pes - 1])) {
        const reached = [root];
        for (let i = 0; i < reached.length; i++) {
          const { children } = treePlace(reached[i]!, pes, root);
          assert(children.length <= fanOut);
          for (const child of children) assert.equal(treePlace(child, pes, root).parent, reached[i]);
          reached.push(...children);
        }
        assert.deepEqual(
          reached.sort((a, b) => a - b),
          Array.from({ length: pes }, (_, pe) => pe),
          `${pes} PEs, root ${root}`,
        );
        assert.equal(treePlace(root, pes, root).parent, -1);
      }
    }
  });

  it('are no deeper than a complete tree', () => {
    for (const pes of [1, 9, 10, 73, 74, 1000]) {
      let depthMax = 0;
      for (let pe = 0; pe < pes; pe++) {
        let depth = 0;
        for (let at = pe; treePlace(at, pes, 3 % pes).parent !== -1; depth++) at = treePlace(at, pes, 3 % pes).parent;
        depthMax = Math.max(depthMax, depth);
      }
      let level = 0;
      for (let room = 1, width = 1; room < pes; level++) {
        width *= fanOut;
        room += width;
      }
      assert.equal(depthMax, level, `${pes} PEs`);
    }
  });
});
