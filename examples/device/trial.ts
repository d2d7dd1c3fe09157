/**
 * What balancing has saved, by the clock on the wall: after the sweep a short piece of the job is run both ways.
 *
 *   1. The first iterations of the last bias steps are made once more, back and forth: with strips where balancing has put them, with
 *      all strips where they were made, and so on in turn, so that what else runs on the machine meets both alike.
 *   2. Of the times of a linear iteration the least counts on either side. How far the others are above it is the noise.
 *   3. The ratio is taken to hold for all of the sweep since strips first moved.
 *
 * Times of work on the busiest PE, which are easier to have, say too much: PEs wait for each other, and for the driver, whatever
 * balancing does. The results of the sweep have been taken by then, so nothing here changes them.
 */
import type { ArrayProxy, Charm } from 'charm4ts';
import { ChareStrips } from './chare-strips.ts';
import { biasPoints, type Device } from './device-file.ts';
import type { DeviceStrip } from './device-strip.ts';
import { Gummel } from './gummel.ts';
import { ConvergenceError } from './linear-solver.ts';
import { thermalVoltageV } from './silicon.ts';

/** Seconds of a linear iteration on the wall: balanced, and with all strips where they were made. */
export interface Trial {
  readonly balanced: number;
  readonly unmoved: number;
  /** By how much such a time is typically above the least: 0.1 is 10 %. Smaller differences show nothing. */
  readonly noise: number;
}

const rounds = 4;

/** Undefined where there is nothing to try: too few bias points, or ones at which the solver fails when taken back. */
export async function tryBothWays(
  charm: Charm,
  array: ArrayProxy<DeviceStrip, number>,
  device: Device,
): Promise<Trial | undefined> {
  const bias = [0, ...biasPoints(device.sweep)].slice(-2);
  if (bias.length < 2) return undefined;
  const gummel = new Gummel(new ChareStrips(charm, array));
  const sample = async (): Promise<number> => {
    const started = charm.now();
    let iterations = 0;
    for (const volts of bias) iterations += (await gummel.sample(volts / thermalVoltageV)).linearIterations;
    return (charm.now() - started) / iterations;
  };
  const [balanced, unmoved]: [number[], number[]] = [[], []];
  try {
    for (let round = 0; round < rounds; round++) {
      for (const times of [balanced, unmoved]) {
        array.all.place(times === unmoved);
        await charm.quiescence();
        times.push(await sample());
      }
    }
  } catch (error) {
    if (error instanceof ConvergenceError) return undefined;
    throw error;
  }
  const noise = Math.max(median(balanced) / Math.min(...balanced), median(unmoved) / Math.min(...unmoved)) - 1;
  return { balanced: Math.min(...balanced), unmoved: Math.min(...unmoved), noise };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
}

/** Seconds on the wall that balancing has saved in a time in which strips were balanced. */
export function savedSeconds({ balanced, unmoved }: Trial, balancedSeconds: number): number {
  return balancedSeconds * (unmoved / balanced - 1);
}
