/** What fuzzing has found interesting is read as it should be; and fuzzing can fail. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { attempt, Finding, kept } from './fuzzer.ts';
import { Mutator } from './mutate.ts';
import { type Target, targets } from './targets.ts';

describe('readers of bytes of others', () => {
  for (const [name, target] of Object.entries(targets)) {
    it(`read or refuse what is kept of ${name}, and changes of it`, async () => {
      const inputs = [...target.seeds(), ...kept(name)];
      const mutator = new Mutator(1);
      for (const input of inputs) await attempt(target, input);
      for (let i = 0; i < 50; i++) await attempt(target, mutator.mutate(mutator.pick(inputs), inputs));
    });
  }
});

describe('an input', () => {
  const target = (run: Target['run']): Target => ({
    seeds: () => [],
    run,
    isRefusal: (error) => error instanceof SyntaxError,
  });
  const input = new Uint8Array(8);

  it('may be refused', () =>
    attempt(
      target(() => {
        throw new SyntaxError('refused');
      }),
      input,
    ));

  for (const [what, run, pattern] of [
    ['throws something else', () => (undefined as unknown as { x: number }).x, /it throws TypeError/],
    [
      'takes long',
      () => {
        for (const begin = process.cpuUsage(); process.cpuUsage(begin).user < 700_000; );
      },
      /ms of CPU/,
    ],
    ['takes much memory', () => void memory.push(new Uint8Array(32 << 20)), /bytes of typed arrays/],
  ] as const) {
    it(`is found that ${what}`, () =>
      assert.rejects(
        attempt(target(run as () => void), input),
        (error) => error instanceof Finding && pattern.test(error.message),
      ));
  }

  it('comes again with the same seed', () => {
    const draw = (seed: number): string => {
      const mutator = new Mutator(seed);
      return Array.from({ length: 50 }, () =>
        Buffer.from(mutator.mutate(new Uint8Array(100), [input])).toString('hex'),
      ).join();
    };
    assert.equal(draw(7), draw(7));
    assert.notEqual(draw(7), draw(8));
  });
});

const memory: Uint8Array[] = [];
