/**
 * Property tests: one way to run them, one way to repeat a failure.
 *
 *     CHARM_SEED=123            draw everything from this seed
 *     CHARM_PATH=4:0:1          with the seed: jump to the counterexample
 *     CHARM_RUNS=2000           runs of each property
 */
import fc from 'fast-check';

const { env } = process;

interface CheckOptions {
  /** Runs unless `CHARM_RUNS` says otherwise. */
  readonly runs?: number;
  /** Cases that are always tried first. */
  readonly examples?: readonly unknown[];
}

/** Tries `predicate` on many drawn values; the error of a failure says how to draw the same value again. */
export async function check<T>(
  values: fc.Arbitrary<T>,
  predicate: (value: T) => Promise<void> | void,
  { runs = 100, examples = [] }: CheckOptions = {},
): Promise<void> {
  const property = fc.asyncProperty(values, async (value) => {
    await predicate(value);
  });
  const details = await fc.check(property, {
    numRuns: env['CHARM_RUNS'] === undefined ? runs : Number(env['CHARM_RUNS']),
    ...(env['CHARM_SEED'] === undefined ? {} : { seed: Number(env['CHARM_SEED']) }),
    ...(env['CHARM_PATH'] === undefined ? {} : { path: env['CHARM_PATH'] }),
    examples: examples.map((example) => [example as T]),
  });
  if (!details.failed) return;
  const again = `CHARM_SEED=${details.seed} CHARM_PATH=${details.counterexamplePath ?? ''}`;
  throw new Error(`${await fc.asyncDefaultReportMessage(details)}\nRun it again with ${again}`, {
    cause: details.errorInstance,
  });
}
