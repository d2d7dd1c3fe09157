/** The small examples, on real threads. Each checks its own answer and ends with exit code 1 if it is wrong. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatReport, runJob } from '../../launch/index.ts';
import { type InThreadOptions, runInThread, runSimulated } from '../../launch/sim/index.ts';

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

/** Those that are balanced; and how much that must save of the simulated time, which is the same each time. */
const balanced = [
  { name: 'hotspot', args: ['blocks=6', 'width=8', 'steps=80', 'phase=5'], savedMin: 15 },
  { name: 'pic', args: ['particles=3000', 'tiles=6', 'steps=48'], savedMin: 8 },
  { name: 'amr', args: ['coarse=2', 'fine=5', 'points=4', 'steps=32', 'phase=2'], savedMin: 20 },
];
const balancedFiles = balanced.map(({ name, args }) => ({ file: `${name}.ts`, args }));
const simulatedWork: Readonly<Record<string, readonly string[]>> = {
  hotspot: ['us=0.5'],
  pic: ['us=0.5'],
  amr: ['us=40'],
};

describe('examples', () => {
  for (const { file, args = [], prints } of examples) {
    for (const pes of [1, 2, 3]) {
      it(`${file} prints the right answer (${pes} PEs)`, async () => {
        const program = new URL(`../../examples/${file}`, import.meta.url);
        const result = await runJob({ program, pes, args, seed: 1, stdout: 'capture' });
        if (result.error !== undefined) assert.fail(formatReport(result.error));
        assert.equal(result.exitCode, 0);
        assert(result.stdout.includes(prints(pes)), `it printed\n${result.stdout}`);
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

  for (const file of ['histsort.ts', 'leanmd.ts', 'pic.ts']) {
    const args = [...examples, ...balancedFiles].find((example) => example.file === file)?.args ?? [];
    it(`${file} is right in two processes`, async () => {
      const program = new URL(`../../examples/${file}`, import.meta.url);
      const result = await runJob({ program, pes: 3, nodes: 2, args, stdout: 'capture' });
      if (result.error !== undefined) assert.fail(formatReport(result.error));
      assert.equal(result.exitCode, 0);
    });
  }

  for (const { name, args, savedMin } of balanced) {
    it(`${name} is right while everything moves, and nothing waits for it (AtSync; threads, 3 PEs)`, async () => {
      const program = new URL(`../../examples/${name}.ts`, import.meta.url);
      const result = await runJob({ program, pes: 3, args, seed: 1, stdout: 'capture', balancer: 'Rotate' });
      if (result.error !== undefined) assert.fail(formatReport(result.error));
      assert.equal(result.exitCode, 0);
    });

    for (const pes of [1, 3]) {
      it(`${name} is right in a random order while everything moves (${pes} PEs)`, async (t) => {
        t.mock.method(console, 'log', () => {});
        const program = (await import(`../../examples/${name}.ts`)) as InThreadOptions['program'];
        for (const seed of [1, 2]) {
          const result = await runInThread({ program, pes, args, seed, shuffle: true, balancer: 'Rotate' });
          if (result.error !== undefined) assert.fail(`seed ${seed}: ${formatReport(result.error)}`);
          assert.equal(result.exitCode, 0);
        }
      });
    }

    it(`${name} takes ${savedMin} % less time if it is balanced (simulated, 4 PEs)`, async (t) => {
      t.mock.method(console, 'log', () => {});
      const program = (await import(`../../examples/${name}.ts`)) as InThreadOptions['program'];
      const options = { program, pes: 4, args: [...args, ...simulatedWork[name]!], seed: 1 };
      const alone = await runSimulated(options);
      const together = await runSimulated({ ...options, balancer: 'RefineComm' });
      for (const { error } of [alone, together]) if (error !== undefined) assert.fail(formatReport(error));
      const saved = 100 * (1 - together.seconds / alone.seconds);
      assert(
        saved >= savedMin,
        `it took ${saved.toFixed(1)} % less: ${together.seconds} s instead of ${alone.seconds} s`,
      );
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
