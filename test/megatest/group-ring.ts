/** A token visits every branch of a group and of a node group, plain, expedited and last-in first-out. */
import assert from 'node:assert/strict';
import { Chare, type Charm, type Future, type SendOptions } from 'charm4ts';

export class RingBranch extends Chare {
  pass(visited: readonly number[], options: SendOptions, done: Future<readonly number[]>): void {
    const now = [...visited, this.index];
    const { size } = this.group;
    if (now.length > 3 * size) done.set(now);
    else
      this.group
        .at((this.index + 1) % size)
        .with(options)
        .pass(now, options, done);
  }
}

export async function groupRing(charm: Charm): Promise<void> {
  const options: SendOptions[] = [{}, { expedited: true }, { queueing: 'lifo' }, { priority: -5 }];
  for (const group of [await charm.group(RingBranch), await charm.nodeGroup(RingBranch)]) {
    const { size } = group;
    const tokens = options.map((option) => {
      const done = charm.future<readonly number[]>();
      group.at(size - 1).pass([], option, done);
      return done.get();
    });
    const expected = Array.from({ length: 3 * size + 1 }, (_, hop) => (size - 1 + hop) % size);
    for (const visited of await Promise.all(tokens)) assert.deepEqual(visited, expected);
  }
}
