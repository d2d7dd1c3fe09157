/**
 * The program: a p-n diode by the drift-diffusion model, swept over its bias, on chares. README.md has the physics,
 * the device file and the method; this file joins the parts.
 *
 * `main` is the driver. It broadcasts commands to the strips (step.ts), folds their shares in the order of the strips
 * and decides what comes next (sweep.ts, gummel.ts, linear-solver.ts). No number depends on where a strip lives.
 */
import type { Charm } from 'charm4ts';
import { NotRunning, type Options, parseArguments } from './arguments.ts';
import { Balancing } from './balancing.ts';
import { ChareStrips } from './chare-strips.ts';
import { checkPhysics } from './checks.ts';
import { DeviceStrip, type StripUsage } from './device-strip.ts';
import { ConvergenceError } from './linear-solver.ts';
import { showProgress, standardError, standardOutput } from './progress.ts';
import { reportPage } from './report/page.ts';
import { writeResults } from './results.ts';
import { jsonSummary, type Run, textSummary } from './summary.ts';
import { createGrid, runSweep } from './sweep.ts';
import { tryBothWays } from './trial.ts';

export { DeviceStrip };

export default async function main(charm: Charm): Promise<void> {
  try {
    const options = parseArguments(charm.args);
    const run = await solve(charm, options);
    const files = writeResults(options.outFolder, run.sweep, reportPage(run));
    const summary = options.isJson ? jsonSummary : textSummary;
    console.log(summary(run, options.outFolder, files));
    charm.exit();
  } catch (error) {
    if (error instanceof NotRunning) {
      (error.exitCode === 0 ? process.stdout : process.stderr).write(error.message);
      return charm.exit(error.exitCode);
    }
    if (!(error instanceof ConvergenceError)) throw error;
    console.error(error.message);
    charm.exit(1);
  }
}

async function solve(charm: Charm, { device, isJson }: Options): Promise<Run> {
  const array = await charm.array(DeviceStrip, { size: device.strips, args: [device] });
  const progress = isJson ? standardError() : standardOutput();
  const balancing = new Balancing(charm);
  const now = () => charm.now();
  const started = now();
  const sweep = await runSweep(device, new ChareStrips(charm, array), createGrid(device), {
    now,
    onProgress: (done, total, last) => showProgress(progress, done, total, last),
    betweenPoints: (done) => balancing.afterPoint(done),
  });
  const seconds = now() - started;
  const usage = charm.future<StripUsage[]>();
  array.all.reportUsage(usage);
  const run = { sweep, physics: checkPhysics(sweep), usage: await usage.get(), balancing: balancing.steps, seconds };
  const { firstMove } = balancing;
  const trial = firstMove === undefined ? undefined : await tryBothWays(charm, array, device);
  if (firstMove === undefined || trial === undefined) return run;
  return { ...run, savings: { trial, balancedSeconds: started + seconds - firstMove } };
}
