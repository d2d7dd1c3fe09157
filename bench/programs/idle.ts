/**
 * A job with nothing to do: the processor time that the process takes (all PEs and the supervisor), and how long a
 * message to a PE that has slept for 20 ms takes, sent by a PE that is awake. One way, measured with the machine's
 * monotonic clock.
 */
import { Chare, type Charm, type Future } from '../../core/index.ts';
import { machineNowMs, sleepMs, spinFor } from '../calibration/bare-wake.ts';
import { CalibrationPair } from '../calibration/pair.ts';
import { planOf, report } from '../sampling.ts';
import { median } from '../statistics.ts';

export { CalibrationPair } from '../calibration/pair.ts';

const wakesPerRun = 10;
const warmUpMessages = 10_000;
/** A PE looks for work for a moment before it sleeps; this is much longer. */
const settleMs = 100;

export class Sleeper extends Chare<number> {
  /** On PE 0, which stays awake for `spinMs` while PE 1 sleeps. */
  wakeOther(spinMs: number, latencyMs: Future<number>): void {
    spinFor(spinMs);
    this.array.at(1).hear(machineNowMs(), latencyMs);
  }

  hear(sentMs: number, latencyMs: Future<number>): void {
    latencyMs.set(machineNowMs() - sentMs);
  }
}

/** Percent of one core per PE, over `ms`. */
async function idlePercent(charm: Charm, ms: number): Promise<number> {
  await charm.sleep(settleMs);
  const before = process.cpuUsage();
  const start = performance.now();
  await charm.sleep(ms);
  const elapsedUs = (performance.now() - start) * 1000;
  const { user, system } = process.cpuUsage(before);
  return (100 * (user + system)) / elapsedUs / charm.pes;
}

async function medianOfWakes(wake: () => Promise<number>): Promise<number> {
  const latencies: number[] = [];
  for (let i = 0; i < wakesPerRun; i++) latencies.push(await wake());
  return median(latencies);
}

export default async function main(charm: Charm): Promise<void> {
  const { runs, runMs } = planOf(charm);
  const pair = await charm.group(CalibrationPair);
  const sleepers = await charm.array(Sleeper, { size: 2 });
  const message = (spinMs: number): Promise<number> => {
    const latencyMs = charm.future<number>();
    sleepers.at(0).wakeOther(spinMs, latencyMs);
    return latencyMs.get();
  };
  const wakePe = (): Promise<number> => message(sleepMs);
  const wakeThread = (): Promise<number> => {
    const latencyMs = charm.future<number>();
    pair.all.wake(latencyMs);
    return latencyMs.get();
  };
  // Otherwise the runtime's code would run for the first time here, and waking would mean interpreting it.
  for (let i = 0; i < warmUpMessages; i++) await message(0);
  const [percents, wakes, bareWakes]: number[][] = [[], [], []];
  for (let run = 0; run < runs; run++) {
    percents!.push(await idlePercent(charm, 8 * runMs));
    bareWakes!.push(await medianOfWakes(wakeThread));
    wakes!.push(await medianOfWakes(wakePe));
  }
  report({ case: 'cpu', figure: percents!, calibration: null });
  report({ case: 'wake', figure: wakes!, calibration: { name: 'bare-wake', values: bareWakes! } });
  charm.exit();
}
