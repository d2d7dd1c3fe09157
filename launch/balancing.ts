/**
 * What a job is asked to balance with, made into what the core understands: strategies by name or file, and who hears of
 * steps. Loaded only by jobs that balance.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Balancing, LbStep } from '../core/balance/balancing.ts';
import { UsageError } from '../core/base/errors.ts';
import { dumpText } from '../lb-strategies/index.ts';
import type { BalancingHooks, BalancingOptions } from './balancing-options.ts';
import { describeFailure } from './describe-failure.ts';
import { stepLine } from './lb-report.ts';
import { loadBalancing, type StrategyModule, secondsPerByte, secondsPerMessage } from './load-balancing.ts';
import { makeFolder } from './make-folder.ts';
import { prepareProgram } from './program-loader.ts';

/** What one PE of a job on threads is handed; only PE 0 loads central strategies. @throws UsageError, CharmError */
export function balancingOf(options: BalancingOptions, pe: number): Promise<Balancing> {
  return loadBalancing(options, pe, { importFile, onStep: listenersOf(options, undefined) });
}

/** The same for all PEs of a job in one thread. */
export function balancingFor(options: BalancingOptions & BalancingHooks): Promise<Balancing> {
  return loadBalancing(options, 0, { importFile, onStep: listenersOf(options, options.onLbStep) });
}

async function importFile(name: string): Promise<StrategyModule> {
  return (await import(await prepareProgram(name))) as StrategyModule;
}

function listenersOf(
  { lbDebug, lbDump }: BalancingOptions,
  listener: ((step: LbStep) => void) | undefined,
): (step: LbStep) => void {
  const warnings = new Warnings();
  const listeners = [listener ?? ((step: LbStep): void => warnings.hear(step))];
  if (lbDebug === true)
    listeners.push(
      (step) =>
        void process.stderr.write(`${stepLine(step)}
`),
    );
  if (lbDump !== undefined) {
    makeDumpFolder(lbDump);
    listeners.push((step) => writeDump(lbDump, step));
  }
  return (step) => {
    for (const hear of listeners) hear(step);
  };
}

function makeDumpFolder(folder: string): void {
  try {
    makeFolder(folder);
  } catch (cause) {
    const message = `the folder ${folder} for dumps of load-balancing steps can't be made: ${describeFailure(cause)}`;
    throw new UsageError(message);
  }
}

function writeDump(folder: string, { report, statistics }: LbStep): void {
  if (statistics === undefined) return;
  const name = `step-${report.step}`;
  const dump = { name, step: report.step, statistics, secondsPerMessage, secondsPerByte, charm: {} };
  writeFileSync(join(folder, `${name}.json`), dumpText(dump));
}

/** What the program's author should know of, each thing once. */
class Warnings {
  readonly #told = new Set<string>();

  hear({ report, failure }: LbStep): void {
    const { strategy, refusals, held } = report;
    if (failure !== undefined)
      this.#tell(
        'failure',
        `the strategy ${strategy} failed in step ${report.step}: ${failure instanceof Error ? (failure.stack ?? failure.message) : String(failure)}`,
      );
    if (refusals.length > 0)
      this.#tell('refusal', `step ${report.step}: ${refusals.length} moves refused; ${refusals[0]}`);
    if (held > 0)
      this.#tell(
        'held',
        `step ${report.step}: ${held} of ${report.objects} objects stay where they are, since an async entry method of theirs is ` +
          'under way (await this.atSync() is one); write resumeFromSync() to let them move',
      );
  }

  #tell(kind: string, text: string): void {
    if (this.#told.has(kind)) return;
    this.#told.add(kind);
    process.stderr.write(`charm4ts: load balancing: ${text}\n`);
  }
}
