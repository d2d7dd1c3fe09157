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
