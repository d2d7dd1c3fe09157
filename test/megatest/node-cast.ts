/** A broadcast to a node group reaches every node runtime once. */
import assert from 'node:assert/strict';
import { Chare, type Charm, type Future, Reducer } from 'charm4ts';

export class NodeBranch extends Chare {
  _casts = 0;

  cast(serial: number, done: Future<number[]>): void {
    assert.equal(serial, this._casts++);
    assert.equal(this.index, this.charm.node);
    this.contribute(this.charm.node, Reducer.gather<number>(), done);
  }
}

export async function nodeCast(charm: Charm): Promise<void> {
  const branches = await charm.nodeGroup(NodeBranch);
  assert.equal(branches.size, charm.nodes);
  const all = Array.from({ length: charm.nodes }, (_, node) => node);
  for (let serial = 0; serial < 5; serial++) {
    const done = charm.future<number[]>();
    branches.all.cast(serial, done);
    assert.deepEqual(await done.get(), all);
  }
}
