/** What a strategy sees in a simulation is what the program has declared. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Chare, type Charm, Reducer } from 'charm4ts';
import { runSimulated } from 'charm4ts/sim';
import type { LbStep } from '../../core/balance/balancing.ts';

const elements = 16;
const stepsMax = 4;
const secondsOf = (index: number): number => (index < 4 ? 1e-3 : 1e-4);

/** Of two ghosts a step only the second one makes an element work, so half of the executions cost nothing. */
class Cell extends Chare<number> {
  ghosts = 0;
  step = 0;

  begin(): void {
    for (const way of [1, elements - 1]) this.array.at((this.index + way) % elements).ghost();
  }

  ghost(): void {
    if (++this.ghosts < 2) return;
    this.ghosts = 0;
    this.charm.work(secondsOf(this.index));
    this.contribute(0, Reducer.sum, this.array.all.callback.worked);
  }

  worked(): void {
    if (++this.step === stepsMax) this.contribute(0, Reducer.sum, this.charm.exitCallback);
    else void this.atSync();
  }

  resumeFromSync(): void {
    this.begin();
  }
}

for (const balancer of ['Dummy', 'Greedy']) {
  it(`loads are the declared work in every step (${balancer})`, async () => {
    const main = async (charm: Charm): Promise<void> => {
      (await charm.array(Cell, { size: elements, usesAtSync: true })).all.begin();
    };
    const steps: LbStep[] = [];
    const result = await runSimulated({
      program: { main, Cell },
      pes: 8,
      balancer,
      onLbStep: (step) => steps.push(step),
    });
    assert.equal(result.error, undefined);
    assert.equal(steps.length, stepsMax - 1);
    for (const { report, statistics, nameOf } of steps) {
      assert.ok(statistics !== undefined);
      for (let object = 0; object < statistics.objects.count; object++) {
        const index = Number(/\d+/.exec(nameOf(object))?.[0]);
        const load = statistics.objects.load[object]!;
        // What messages cost the processor is load too: some microseconds.
        assert.ok(
          load >= secondsOf(index) && load < secondsOf(index) + 5e-5,
          `step ${report.step}: ${nameOf(object)} has ${load} s`,
        );
      }
    }
  });
}

it('PEs that share a processor are given together what one can do', async () => {
  const places: number[] = [];
  class Block extends Chare<number> {
    compute(): void {
      this.charm.work(0.01);
    }

    where(): number {
      return this.charm.pe;
    }
  }
  const main = async (charm: Charm): Promise<void> => {
    const blocks = await charm.array(Block, { size: 24 });
    for (let step = 0; step < 3; step++) {
      blocks.all.compute();
      await charm.quiescence();
      await charm.balance();
    }
    for (let i = 0; i < 24; i++) places.push(await blocks.at(i).ask.where());
    charm.exit();
  };
  const link = { latencyUs: 1, overheadUs: 0, gapUs: 0, bytesPerSecond: 1e9 };
  // PEs 0 and 2 are on the first host.
  const network = { name: 'two hosts', hosts: 2, coresPerHost: 1, pesPerNode: 1, within: link, between: link };
  const result = await runSimulated({ program: { main, Block }, pes: 3, network, balancer: 'RefineComm' });
  assert.equal(result.error, undefined);
  const counts = [0, 1, 2].map((pe) => places.filter((place) => place === pe).length);
  assert.deepEqual(counts, [6, 12, 6]);
});
