/** The small examples, on the threads of one process and on several processes. Each checks its own answer and ends with exit code 1 if it is wrong. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatReport, runJob } from '../../launch/index.ts';
import { type InThreadOptions, runInThread, runSimulated, type SimulationOptions } from '../../launch/sim/index.ts';
import { nameOf, shapes } from '../support/shapes.ts';

interface Example {
  readonly file: string;
  readonly args?: readonly string[];
  /** A line that it must print. */
  readonly prints: (pes: number) => string;
}

const examples: readonly Example[] = [
  { file: 'hello.ts', prints: (pes) => `${pes} PEs answered` },
  { file: 'ring.ts', prints: () => 'the token ended at 576' },
  { file: 'fib.ts', args: ['22'], prints: () => 'fib(22) = 17711' },
  { file: 'pi.ts', prints: () => 'pi is about 3.1' },
  { file: 'queens.ts', args: ['10'], prints: () => '10 queens: 724 solutions' },
  { file: 'jacobi2d.ts', prints: () => 'converged after 1400 steps' },
  {
    file: 'jacobi3d.ts',
    args: ['blocks=2', 'width=4'],
    prints: () => '8 blocks of 64 points converged after 200 steps',
  },
  {
    file: 'wave2d.ts',
    args: ['blocks=3', 'width=5', 'steps=50'],
    prints: () => '50 steps of a drum of 15 x 15 points',
  },
  { file: 'kmeans.ts', args: ['points=2000', 'parts=5'], prints: () => '2000 points, 5 clusters: the centres stand' },
  {
    file: 'cannon.ts',
    args: ['blocks=3', 'width=8'],
    prints: () => 'matrices of 24 x 24 in 9 blocks, 0 elements wrong',
  },
  { file: 'prefix.ts', args: ['parts=11', 'numbers=50'], prints: () => '550 prefix sums in 11 parts, 0 wrong' },
  { file: 'kneighbour.ts', args: ['elements=9', 'iterations=30'], prints: () => '9 elements with 6 neighbours' },
  { file: 'histsort.ts', args: ['parts=5', 'keys=2000'], prints: () => 'sorted 10000 keys in 5 parts' },
  {
    file: 'leanmd.ts',
    args: ['steps=12', 'rehome=5'],
    prints: () => '216 atoms in 27 cells, 378 pairs of cells, 12 steps',
  },
];

/** Those that take sizes; they also run in one thread, in random orders. */
const inThread = examples.filter(({ args }) => args?.some((arg) => arg.includes('=')) === true);

/**
 * Those that are balanced; and how much that must save of the simulated time, in percent, which is the same each time: with
 * AtSync, and every so many seconds.
 */
const balanced = [
  {
    name: 'hotspot',
    small: ['blocks=5', 'width=6', 'steps=60', 'phase=10'],
    args: ['blocks=6', 'width=8', 'steps=200', 'phase=10'],
    work: 'us=0.5',
    savedMin: 25,
    lbPeriod: 0.02,
    savedMinPeriodic: 20,
  },
  {
    name: 'pic',
    small: ['particles=800', 'tiles=5', 'steps=24', 'phase=4'],
    args: ['particles=3000', 'steps=48'],
    work: 'us=2',
    savedMin: 20,
    lbPeriod: 0.005,
    savedMinPeriodic: 25,
  },
  {
    name: 'amr',
    small: ['coarse=2', 'fine=4', 'points=8', 'steps=16', 'phase=2'],
    args: ['coarse=2', 'fine=5', 'points=4', 'steps=48', 'phase=2'],
    work: 'us=40',
    savedMin: 25,
    lbPeriod: 0.02,
    savedMinPeriodic: 4,
  },
];

describe('examples', () => {
  for (const { file, args = [], prints } of examples) {
    for (const shape of shapes) {
      it(`${file} prints the right answer (${nameOf(shape)})`, async () => {
        const program = new URL(`../../examples/${file}`, import.meta.url);
        const result = await runJob({ program, ...shape, args, seed: 1, stdout: 'capture' });
        if (result.error !== undefined) assert.fail(formatReport(result.error));
        assert.equal(result.exitCode, 0);
        assert(result.stdout.includes(prints(shape.nodes * shape.pes)), `it printed\n${result.stdout}`);
      });
    }
  }

  for (const { file, args = [] } of inThread) {
    for (const [pes, seed] of [
      [1, 1],
      [2, 2],
      [3, 3],
      [7, 4],
    ] as const) {
      it(`${file} is right in a random order (${pes} PEs, seed ${seed})`, async (t) => {
        t.mock.method(console, 'log', () => {});
        const program = (await import(`../../examples/${file}`)) as InThreadOptions['program'];
        const result = await runInThread({ program, pes, args, seed, shuffle: true });
        if (result.error !== undefined) assert.fail(formatReport(result.error));
        assert.equal(result.exitCode, 0);
      });
    }
  }

  for (const { file, args = [] } of inThread) {
    it(`${file} is right on simulated PEs (6, two in each node)`, async (t) => {
      t.mock.method(console, 'log', () => {});
      const program = (await import(`../../examples/${file}`)) as InThreadOptions['program'];
      const result = await runSimulated({ program, pes: 6, pesPerNode: 2, args });
      if (result.error !== undefined) assert.fail(formatReport(result.error));
      assert.equal(result.exitCode, 0);
    });
  }

  for (const { name, small, args, work, savedMin, lbPeriod, savedMinPeriodic } of balanced) {
    const file = new URL(`../../examples/${name}.ts`, import.meta.url);
    const load = async () => (await import(file.href)) as InThreadOptions['program'];

    for (const [mode, options] of [
      ['AtSync', { args: small }],
      ['periodic', { args: [...small, 'sync=0'], lbPeriod: 0.02 }],
    ] as const) {
      for (const shape of shapes.filter(({ nodes, pes }) => nodes * pes > 2)) {
        it(`${name} is right while everything moves (${mode}; ${nameOf(shape)})`, async () => {
          const balancing = { balancer: 'Rotate', ...options };
          const result = await runJob({ program: file, ...shape, seed: 1, stdout: 'capture', ...balancing });
          if (result.error !== undefined) assert.fail(formatReport(result.error));
          assert.equal(result.exitCode, 0);
          assert.match(result.stdout, /balancing saved/);
        });
      }
    }

    it(`${name} is right in a random order while everything moves (AtSync; 3 PEs)`, async (t) => {
      t.mock.method(console, 'log', () => {});
      const program = await load();
      for (const seed of [1, 2]) {
        const result = await runInThread({ program, pes: 3, args: small, seed, shuffle: true, balancer: 'Rotate' });
        if (result.error !== undefined) assert.fail(`seed ${seed}: ${formatReport(result.error)}`);
        assert.equal(result.exitCode, 0);
      }
    });

    it(`${name} takes ${savedMin} % less time if it is balanced, ${savedMinPeriodic} % periodically (simulated, 4 PEs)`, async (t) => {
      t.mock.method(console, 'log', () => {});
      const program = await load();
      const seconds = async (options: Partial<SimulationOptions>): Promise<number> => {
        const result = await runSimulated({ program, pes: 4, args: [...args, work], seed: 1, ...options });
        if (result.error !== undefined) assert.fail(formatReport(result.error));
        return result.seconds;
      };
      const alone = await seconds({});
      const synced = 100 * (1 - (await seconds({ balancer: 'RefineComm' })) / alone);
      assert(synced >= savedMin, `with AtSync it took ${synced.toFixed(1)} % less`);
      const options = { balancer: 'RefineComm', lbPeriod, args: [...args, work, 'sync=0'] };
      const periodic = 100 * (1 - (await seconds(options)) / alone);
      assert(periodic >= savedMinPeriodic, `periodically it took ${periodic.toFixed(1)} % less`);
    });
  }

  it('an argument that there is not lists those there are', async () => {
    const program = new URL('../../examples/prefix.ts', import.meta.url);
    const result = await runJob({ program, pes: 1, args: ['part=3'], stdout: 'capture' });
    assert.equal(result.exitCode, 1);
    assert.match(formatReport(result.error), /no such argument: part=3; there are parts=13 numbers=10000/);
  });

  it('fib.ts ends with exit code 1 where its check can no longer hold (a negative argument)', async () => {
    const program = new URL('../../examples/fib.ts', import.meta.url);
    const result = await runJob({ program, pes: 2, args: ['-4'], stdout: 'capture' });
    assert.equal(result.exitCode, 1);
    assert.match(String(result.error), /fib\(-4\) is/);
  });
});
