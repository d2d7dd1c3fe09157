/** How long an idle PE spins, on machines that are idle or busy. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SpinTime } from '../../launch/spin-time.ts';

const askedMs = 0.2;

/** A PE that works for 0.1 ms and then waits, again and again; waits that are longer than the spin end in sleep. */
function simulate(
  spin: SpinTime,
  waitsMs: readonly number[],
  start = 0,
): { spunMs: number; slept: number; now: number } {
  let now = start;
  let spunMs = 0;
  let slept = 0;
  for (const waitMs of waitsMs) {
    now += 0.1 + waitMs;
    if (waitMs < spin.ms) {
      spin.found();
      continue;
    }
    spunMs += spin.ms;
    slept++;
    spin.failed(spin.ms, waitMs - spin.ms, now);
  }
  return { spunMs, slept, now };
}

const repeat = (count: number, waitMs: number): number[] => new Array<number>(count).fill(waitMs);

describe('spin time', () => {
  it('is what was asked for where answers come soon', () => {
    const spin = new SpinTime(askedMs, 0);
    assert.equal(simulate(spin, repeat(1000, 0.01)).slept, 0);
    assert.equal(spin.ms, askedMs);
  });

  it('grows until it is longer than the waking of the other end', () => {
    const spin = new SpinTime(askedMs, 0);
    const { slept } = simulate(spin, repeat(1000, 1));
    assert(slept < 5, `slept ${slept} times`);
    assert(spin.ms > 1);
  });

  it('takes little of the time where nearly all waits are long, short sleeps or not', () => {
    for (const waitMs of [1.7, 2, 5, 20]) {
      const spin = new SpinTime(askedMs, 0);
      const { spunMs, now } = simulate(spin, repeat(5000, waitMs));
      assert(spunMs < 0.012 * now + 7, `${spunMs} of ${now} ms for waits of ${waitMs} ms`);
    }
  });

  it('takes little where one wait in ten is short', () => {
    const spin = new SpinTime(askedMs, 0);
    const waits = Array.from({ length: 5000 }, (_, i) => (i % 10 === 0 ? 0.01 : 2));
    const { spunMs, now } = simulate(spin, waits);
    assert(spunMs < 0.03 * now, `${spunMs} of ${now} ms`);
  });

  it('comes back when the machine is idle again', () => {
    const spin = new SpinTime(askedMs, 0);
    const { now } = simulate(spin, repeat(1000, 3));
    const { slept } = simulate(spin, repeat(20_000, 0.05), now);
    assert(slept < 50, `slept ${slept} times`);
    assert(spin.ms >= askedMs);
  });

  it('grows again after a busy time', () => {
    const spin = new SpinTime(askedMs, 0);
    const { now } = simulate(spin, repeat(1000, 3));
    const { slept } = simulate(spin, repeat(20_000, 1), now);
    assert(slept < 1000, `slept ${slept} times`);
    assert(spin.ms > 1);
  });

  it('does not forbid spinning for more than a second because the core was taken away in a spin', () => {
    const spin = new SpinTime(askedMs, 0);
    spin.failed(400, 1, 401);
    assert.equal(spin.ms, 0);
    spin.failed(0, 1, 1402);
    assert.equal(spin.ms, askedMs);
  });

  it('is never anything but 0 if none was asked for', () => {
    const spin = new SpinTime(0, 0);
    simulate(spin, repeat(100, 0.05));
    assert.equal(spin.ms, 0);
  });
});
