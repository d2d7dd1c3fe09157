/** How many frames go between nodes for one collective operation: a tree enters each node once. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Callback, Chare, type Charm, Reducer, type SectionProxy } from 'charm4ts';
import { runInThread } from 'charm4ts/sim';

class Member extends Chare {
  hear(): void {}
  answer(to: Callback<number>, among?: SectionProxy<Member>): void {
    this.contribute(1, Reducer.sum, to, among === undefined ? undefined : { section: among });
  }
}

/** All members hear of something; then all answer one after the other, `times` times. */
async function use(
  charm: Charm,
  all: { hear(): void; answer(to: Callback<number>, among?: SectionProxy<Member>): void },
  times: number,
  among?: SectionProxy<Member>,
): Promise<void> {
  for (let i = 0; i < times; i++) {
    all.hear();
    const sum = charm.future<number>();
    all.answer(sum, among);
    await sum.get();
  }
}

interface Machine {
  readonly nodes: number;
  readonly pesPerNode: number;
}

type Act = (charm: Charm, times: number) => Promise<void>;

/** Frames between nodes for each time more that something is done. */
async function cost(act: Act, { nodes, pesPerNode }: Machine): Promise<number> {
  const frames = async (times: number): Promise<number> => {
    const main = async (charm: Charm): Promise<void> => {
      await act(charm, times);
      charm.exit();
    };
    const result = await runInThread({ program: { main, Member }, pes: nodes * pesPerNode, pesPerNode, seed: 1 });
    if (result.error !== undefined) throw result.error;
    return result.framesBetweenNodes;
  };
  // Fewer than after which history is reported (collective/broadcast.ts).
  return ((await frames(20)) - (await frames(10))) / 10;
}

const machines: readonly Machine[] = [
  { nodes: 2, pesPerNode: 4 },
  { nodes: 4, pesPerNode: 2 },
  { nodes: 3, pesPerNode: 12 },
  { nodes: 20, pesPerNode: 3 },
];

/** Two messages to everybody and a reduction. */
const operations: Readonly<Record<string, Act>> = {
  'a group': async (charm, times) => {
    const group = await charm.group(Member);
    await use(charm, group.all, times);
  },
  'a section': async (charm, times) => {
    const array = await charm.array(Member, { size: 5 * charm.pes });
    const section = array.section((index) => index % 5 !== 0);
    await use(charm, section, times, section);
  },
  'an array': async (charm, times) => {
    const array = await charm.array(Member, { size: 5 * charm.pes });
    await use(charm, array.all, times);
  },
};

describe('collectives between nodes', () => {
  for (const [name, act] of Object.entries(operations)) {
    for (const machine of machines) {
      const { nodes, pesPerNode } = machine;
      it(`${name} crosses to each other node once, and back once (${nodes} nodes of ${pesPerNode} PEs)`, async () => {
        const crossings = (await cost(act, machine)) / (nodes - 1);
        if (name !== 'an array') return assert.equal(crossings, 3);
        // Arrays also say that a reduction begins, since a PE may have no elements, and now and then which broadcasts have run.
        assert.ok(crossings >= 3 && crossings <= 4.2, `${crossings} for each other node`);
      });
    }
  }
});
