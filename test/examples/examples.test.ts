/** The small examples, on real threads. Each checks its own answer and ends with exit code 1 if it is wrong. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatReport, runJob } from '../../launch/index.ts';

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
];

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

  it('fib.ts ends with exit code 1 where its check can no longer hold (a negative argument)', async () => {
    const program = new URL('../../examples/fib.ts', import.meta.url);
    const result = await runJob({ program, pes: 2, args: ['-4'], stdout: 'capture' });
    assert.equal(result.exitCode, 1);
    assert.match(String(result.error), /fib\(-4\) is/);
  });
});
