/** Loads of elements by sampled timing: right in sum, whatever the executions are like. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { EntryMeter } from '../../core/balance/entry-meter.ts';
import type { ElementRecord } from '../../core/chare/element.ts';
import { check } from '../support/property.ts';

type Metered = Pick<ElementRecord, 'load' | 'ticks'>;

/** Runs executions as a PE does, dealt out to elements in turn; returns what each has as load, and how many were timed. */
function run(executions: readonly number[], elements: number, readSeconds: number) {
  const meter = new EntryMeter(12345, readSeconds);
  const metered: Metered[] = Array.from({ length: elements }, () => ({ load: 0, ticks: 0 }));
  let timed = 0;
  for (const [i, seconds] of executions.entries()) {
    const element = metered[i % elements] as ElementRecord;
    if (--meter.countdown === 0) {
      timed++;
      meter.sample(element, seconds + readSeconds);
    } else element.ticks += meter.meanTicks;
  }
  return { loads: metered.map(({ load, ticks }) => load + ticks * 1e-9), timed };
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

describe('the load of elements', () => {
  it('is exactly what was measured where reading the clock takes no time', async () => {
    const seconds = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e-2, noNaN: true }));
    await check(fc.tuple(fc.array(seconds, { maxLength: 3000 }), fc.integer({ min: 1, max: 9 })), ([executions, n]) => {
      const { loads, timed } = run(executions, n, 0);
      assert.equal(timed, executions.length);
      for (const [element, load] of loads.entries()) {
        const own = sum(executions.filter((_, i) => i % n === element));
        assert.ok(Math.abs(load - own) <= 1e-9 + 1e-9 * own, `${load} instead of ${own}`);
      }
    });
  });

  it('is right where most executions do nothing and one in four much, from the start', () => {
    const executions = Array.from({ length: 400 }, (_, i) => (i % 4 === 3 ? 1e-3 : 1e-7));
    const { loads } = run(executions, 1, 4.5e-8);
    assert.ok(Math.abs(loads[0]! / sum(executions) - 1) < 0.02, `${loads[0]} instead of ${sum(executions)}`);
  });

  it('is right within a few per cent where short executions are sampled, and few of them are timed', () => {
    const executions = Array.from({ length: 200_000 }, (_, i) => (i % 7) * 4e-8);
    const { loads, timed } = run(executions, 4, 4.5e-8);
    assert.ok(Math.abs(sum(loads) / sum(executions) - 1) < 0.05, `${sum(loads)} instead of ${sum(executions)}`);
    assert.ok(timed < executions.length / 10, `${timed} timed`);
  });
});
