/** What steps see, say and refuse; and the picture of their life in the manual. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { type ArrayProxy, Chare, type Charm, type SectionProxy } from 'charm4ts';
import type { LbStatistics, Strategy } from 'charm4ts/lb';
import { runInThread, runSimulated } from 'charm4ts/sim';
import type { LbStep } from '../../core/balance/balancing.ts';
import { lbStepLife } from '../../core/balance/lb-step-life.ts';
import type { BalancingOptions } from '../../launch/balancing-options.ts';

/** Works for as long as it is told; counts its messages. */
class Worker extends Chare {
  others: ArrayProxy<Worker, number> | undefined;
  ballast = '';

  work(seconds: number): void {
    this.charm.work(seconds);
  }

  meet(others: ArrayProxy<Worker, number>): void {
    this.others = others;
  }

  tell(to: number, times: number): void {
    for (let i = 0; i < times; i++) this.others?.at(to).hear(i);
  }

  hear(_value: number): void {}

  fill(length: number): void {
    this.ballast = 'x'.repeat(length);
  }

  preach(section: SectionProxy<Worker>, times: number): void {
    for (let i = 0; i < times; i++) section.hear(i);
  }

  go(pe: number): void {
    this.migrateTo(pe);
  }

  where(): number {
    return this.charm.pe;
  }

  async hold(): Promise<void> {
    await this.charm.sleep(1);
  }

  pin(): void {
    this.setMigratable(false);
  }

  sync(): void {
    this.atSync();
  }

  loaded(seconds: number): void {
    this.setLoad(seconds);
  }
}

/** Runs `scene` with eight workers on simulated PEs; gives the steps that it makes. */
async function steps(
  strategy: Strategy | string,
  scene: (charm: Charm, workers: ArrayProxy<Worker, number>) => Promise<void>,
  options: BalancingOptions & { readonly pes?: number } = {},
): Promise<LbStep[]> {
  const seen: LbStep[] = [];
  const main = async (charm: Charm): Promise<void> => {
    const workers = await charm.array(Worker, { size: 8, usesAtSync: true });
    await scene(charm, workers);
    charm.exit();
  };
  const program = { main, Worker };
  const result = await runSimulated({
    program,
    pes: 2,
    balancer: [strategy],
    ...options,
    onLbStep: (step) => seen.push(step),
  });
  if (result.error !== undefined) throw result.error;
  return seen;
}

const stay: Strategy = () => [];

describe('balancing steps', () => {
  it('see all the work that was done, wherever elements have moved meanwhile', async () => {
    const [step] = await steps(stay, async (charm, workers) => {
      for (let i = 0; i < 8; i++) workers.at(i).work(0.001 * (i + 1));
      await charm.quiescence();
      for (let i = 0; i < 8; i++) workers.at(i).go(i % 2);
      await charm.quiescence();
      for (let i = 0; i < 8; i++) workers.at(i).work(0.01);
      await charm.quiescence();
      await charm.balance();
    });
    const { load } = step!.statistics!.objects;
    const sum = load.reduce((all, seconds) => all + seconds, 0);
    // Each execution costs the scheduler a little too.
    assert(Math.abs(sum - (0.036 + 0.08)) < 1e-5, `${sum} s were seen`);
  });

  it('see who has sent to whom, also from where the sender has left', async () => {
    const [step] = await steps(stay, async (charm, workers) => {
      workers.all.meet(workers);
      workers.at(1).tell(6, 10);
      await charm.quiescence();
      workers.at(1).go(1);
      await charm.quiescence();
      workers.at(1).tell(6, 5);
      await charm.quiescence();
      await charm.balance();
    });
    const { edges } = step!.statistics as LbStatistics;
    const name = (object: number): string => step!.nameOf(object);
    let messages = 0;
    for (let edge = 0; edge < edges.count; edge++) {
      assert.equal(name(edges.from[edge]!), 'Worker[1]');
      assert.equal(name(edges.to[edge]!), 'Worker[6]');
      messages += edges.messages[edge]!;
    }
    assert.equal(messages, 15);
  });

  it('see the size of what has moved', async () => {
    const [step] = await steps(stay, async (charm, workers) => {
      workers.at(2).fill(10_000);
      workers.at(2).go(1);
      await charm.quiescence();
      await charm.balance();
    });
    const { bytes } = step!.statistics!.objects;
    for (let object = 0; object < 8; object++) {
      const has = step!.nameOf(object) === 'Worker[2]';
      assert(has ? bytes[object]! > 10_000 && bytes[object]! < 11_000 : bytes[object] === 0, `${bytes[object]} bytes`);
    }
  });

  // The section's root is on PE 0; Worker[6] is on PE 1.
  for (const sender of [1, 6])
    it(`see multicasts of Worker[${sender}] as messages to each member`, async () => {
      const [step] = await steps(stay, async (charm, workers) => {
        const section = workers.section([1, 3, 7]);
        workers.at(sender).preach(section, 10);
        await charm.quiescence();
        await charm.balance();
      });
      const { edges } = step!.statistics as LbStatistics;
      const seen = Array.from(
        edges.from,
        (from, edge) => `${step!.nameOf(from)} to ${step!.nameOf(edges.to[edge]!)}: ${edges.messages[edge]}`,
      );
      const expected = [1, 3, 7].filter((to) => to !== sender);
      assert.deepEqual(
        seen.sort(),
        expected.map((to) => `Worker[${sender}] to Worker[${to}]: 10`),
      );
    });

  it('refuse moves that cannot be made, name the object, and go on', async () => {
    const wrong: Strategy = ({ objects }) => [
      { object: 99, to: 1 },
      { object: 0, to: 1 },
      { object: 1, to: 7 },
      { object: 2, to: 1 },
      { object: objects.count - 1, to: 0 },
    ];
    const [step] = await steps(wrong, async (charm, workers) => {
      workers.at(0).pin();
      workers.at(2).hold();
      await workers.at(7).ask.where();
      await charm.balance();
      assert.equal(await workers.at(7).ask.where(), 0);
      assert.equal(await workers.at(0).ask.where(), 0);
    });
    assert.equal(step!.report.migrations, 1);
    assert.equal(step!.report.held, 1);
    assert.deepEqual(step!.report.refusals, [
      'there is no object 99: objects are 0 to 7',
      'Worker[0] is pinned to PE 0 and cannot go to PE 1',
      'Worker[1] cannot go to PE 7: PEs are 0 to 1',
      'Worker[2] is pinned to PE 0 and cannot go to PE 1',
    ]);
  });

  it('survive a strategy that throws', async () => {
    const broken: Strategy = () => {
      throw new Error('no idea');
    };
    const [step] = await steps(broken, async (charm) => void (await charm.balance()));
    assert.equal((step!.failure as Error).message, 'no idea');
  });

  it('take the loads that the program gives', async () => {
    const [step] = await steps(stay, async (charm, workers) => {
      workers.all.work(1);
      workers.at(3).loaded(42);
      await charm.quiescence();
      await charm.balance();
    });
    assert.deepEqual(
      [...step!.statistics!.objects.load].map((seconds) => Math.round(seconds)),
      [1, 1, 1, 42, 1, 1, 1, 1],
    );
  });

  for (const strategy of ['Greedy', 'RefineComm', 'Gossip'])
    it(`empty a PE that is not available (${strategy})`, async () => {
      const places: number[] = [];
      await steps(
        strategy,
        async (charm, workers) => {
          charm.setAvailable(1, false);
          for (let round = 0; round < 3; round++) {
            workers.all.work(0.01);
            await charm.quiescence();
            await charm.balance();
          }
          for (let i = 0; i < 8; i++) places.push(await workers.at(i).ask.where());
        },
        { pes: 4 },
      );
      assert(!places.includes(1), `objects are on PEs ${places.join()}`);
    });

  it('come after a time as long as there is work, and then no more', async () => {
    const seen = await steps(
      'Dummy',
      async (charm, workers) => {
        for (let i = 0; i < 20; i++) workers.all.work(0.01);
        await charm.quiescence();
        await charm.sleep(10_000);
      },
      { lbPeriod: 0.1 },
    );
    assert(seen.length >= 4 && seen.length <= 10, `${seen.length} steps in about a second of work`);
    assert(seen.every(({ report }) => report.trigger === 'period'));
  });

  it('foresee loads that rise steadily', async () => {
    const seen: number[] = [];
    const watch: Strategy = ({ objects }) => {
      seen.push(objects.load[0]!);
      return [];
    };
    await steps(
      watch,
      async (charm, workers) => {
        for (let step = 1; step <= 12; step++) {
          workers.all.loaded(step);
          await charm.quiescence();
          await charm.balance();
        }
      },
      { lbPredict: true },
    );
    assert(seen[11]! > 12.5 && seen[11]! < 13.5, `step 12 foresees ${seen[11]}`);
  });

  it('name an element that is missing when the job is stuck', async () => {
    const main = async (charm: Charm): Promise<void> => {
      const workers = await charm.array(Worker, { size: 8, usesAtSync: true });
      for (let i = 0; i < 7; i++) workers.at(i).sync();
    };
    const { error } = await runInThread({ program: { main, Worker }, pes: 2, balancer: 'Greedy' });
    assert.match(
      String(error),
      /AtSync step 1: 3 of 4 elements of PE 1 have called atSync\(\), for instance not Worker\[7\]/,
    );
  });

  it('are not waited for outside arrays that use them', async () => {
    const main = async (charm: Charm): Promise<void> => {
      (await charm.array(Worker, { size: 1 })).at(0).sync();
    };
    const { error } = await runInThread({ program: { main, Worker }, pes: 1 });
    assert.match(String(error), /was created without `usesAtSync: true`/);
  });
});

it('the life of a step is drawn in the manual as it is', () => {
  const lines = ['stateDiagram-v2', `  [*] --> ${lbStepLife.initial}`];
  for (const [from, { on }] of Object.entries(lbStepLife.states))
    for (const [event, to] of Object.entries(on)) lines.push(`  ${from} --> ${to}: ${event}`);
  const page = readFileSync(new URL('../../docs/load-balancing.md', import.meta.url), 'utf8');
  const picture = /```mermaid\n(.*?)\n```/s.exec(page)?.[1];
  assert.equal(picture, lines.join('\n'));
});
