/** The task graphs of the bench `task`: every task gets its inputs, whatever the order; and how METG is read off a sweep. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Column, type Run } from '../../bench/task-graph/column.ts';
import { metg } from '../../bench/task-graph/metg.ts';
import { countTasks, patternNamed, patterns } from '../../bench/task-graph/patterns.ts';
import { parseTaskSettings } from '../../bench/task-graph/settings.ts';
import type { Charm } from '../../core/index.ts';
import { formatReport } from '../../launch/index.ts';
import { runInThread } from '../../launch/sim/index.ts';

/** Runs a graph twice, as the bench does; returns the number of wrong inputs of each time. */
async function run(graph: Run, pes: number, seed: number, isDisturbed = false): Promise<number[]> {
  const wrong: number[] = [];
  const main = async (charm: Charm): Promise<void> => {
    const columns = await charm.array(Column, { size: graph.width });
    for (let i = 0; i < 2; i++) {
      const [ready, done] = [charm.future<unknown>(), charm.future<number>()];
      columns.all.prepare(graph, ready);
      await ready.get();
      // What nobody has asked for: from a column that is none of its inputs.
      if (isDisturbed) columns.at(0).input(1, graph.width - 1, undefined);
      columns.all.start(done);
      wrong.push(await done.get());
    }
    charm.exit();
  };
  const { error } = await runInThread({ program: { main, Column }, pes, seed, shuffle: true });
  if (error !== undefined) assert.fail(formatReport(error));
  return wrong;
}

describe('task graphs', () => {
  for (const { name } of patterns) {
    for (const [width, pes, bytes] of [
      [16, 1, 16],
      [16, 2, 40],
      [11, 3, 17],
      [5, 8, 16],
    ] as const) {
      it(`${name}: each task gets the outputs that it depends on (${width} columns, ${pes} PEs, ${bytes} bytes)`, async () => {
        const graph = { pattern: name, width, radix: 5, steps: 40, grain: 1, bytes };
        for (const seed of [1, 2, 3]) assert.deepEqual(await run(graph, pes, seed), [0, 0], `seed ${seed}`);
      });
    }
  }

  it('an input that does not belong to a task is counted', async () => {
    const graph = { pattern: 'trivial', width: 8, radix: 5, steps: 10, grain: 1, bytes: 16 };
    assert.deepEqual(await run(graph, 2, 1, true), [1, 1]);
  });

  it('a tree begins with one task and doubles', () => {
    assert.equal(countTasks(patternNamed('tree'), { width: 16, radix: 5 }, 6), 1 + 2 + 4 + 8 + 16 + 16);
  });
});

describe('METG(50 %)', () => {
  it('lies between the two runs around it, in the logarithm of the granularity', () => {
    const sweep = [
      { granularity: 8, efficiency: 0.7 },
      { granularity: 2, efficiency: 0.3 },
    ];
    assert(Math.abs(metg(sweep)! - 4) < 1e-12);
  });

  it('does not take a dip among longer tasks for it', () => {
    const efficiencies = [0.9, 0.2, 0.8, 0.6, 0.4, 0.1];
    const found = metg(efficiencies.map((efficiency, i) => ({ granularity: 2 ** -i, efficiency })));
    assert(found !== undefined && found < 2 ** -3 && found > 2 ** -4);
  });

  it('is unknown if all runs are on one side', () => {
    assert.equal(metg([{ granularity: 1, efficiency: 0.4 }]), undefined);
    assert.equal(metg([{ granularity: 1, efficiency: 0.6 }]), undefined);
  });
});

describe('settings of the bench task', () => {
  it('are named and checked', () => {
    assert.deepEqual(parseTaskSettings('width=64,bytes=1024'), { width: 64, radix: 5, bytes: 1024, pes: 2 });
    assert.throws(() => parseTaskSettings('depth=3'), /there is no depth; write width=N/);
    assert.throws(() => parseTaskSettings('bytes=8'), /bytes must be an integer from 16 to/);
  });
});
