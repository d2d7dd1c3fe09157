/** Runs every strategy on every file and reports: a table for people, JSON for scripts, a page to look at. */
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { prepareProgram } from '../../launch/program-loader.ts';
import {
  type CheckedStep,
  checkedStep,
  type Dump,
  offlineContext,
  type Quality,
  qualityOf,
  readDump,
  type Strategy,
  strategyNamed,
} from '../../lb-strategies/index.ts';
import { withoutBackground, withPeCount } from './adapt.ts';
import { type Picture, page } from './page.ts';
import { table } from './table.ts';

export interface SimulationRequest {
  readonly files: readonly string[];
  readonly strategies: readonly string[];
  readonly pes: number | undefined;
  readonly seed: number;
  readonly isJson: boolean;
  readonly isObjectsOnly: boolean;
  readonly html: string | undefined;
}

/** One line of the table, and of `--json`. */
export interface Row extends Quality {
  readonly case: string;
  readonly strategy: string;
  /** Time of the strategy alone; `null` for the placement as it was measured. */
  readonly seconds: number | null;
  /** Moves that were refused; left out where there were none. */
  readonly refused?: number;
}

interface NamedStrategy {
  readonly name: string;
  readonly strategy: Strategy;
}

/** @returns how many files or strategies failed. */
export async function simulateFiles(request: SimulationRequest): Promise<number> {
  const strategies = await loadStrategies(request.strategies);
  if (strategies === undefined) return 1;
  const pictures: Picture[] = [];
  let failures = 0;
  for (const file of request.files) {
    const dump = await loadDump(file, request);
    if (dump === undefined) {
      failures++;
      continue;
    }
    const simulation = new Simulation(dump, request);
    for (const named of strategies) if (!simulation.run(named)) failures++;
    process.stdout.write(request.isJson ? jsonLines(simulation.rows) : `${table(dump, simulation.rows)}\n`);
    pictures.push({ dump, rows: simulation.rows, placements: simulation.placements });
  }
  if (request.html !== undefined && !(await writePage(request.html, pictures))) failures++;
  return failures;
}

async function writePage(file: string, pictures: readonly Picture[]): Promise<boolean> {
  try {
    await writeFile(file, page(pictures));
    return true;
  } catch (error) {
    process.stderr.write(`${file}: ${describe(error)}\n`);
    return false;
  }
}

class Simulation {
  readonly rows: Row[] = [];
  /** Placement after each of our strategies, and before them, by the name in `rows`. */
  readonly placements = new Map<string, Int32Array>();
  readonly #dump: Dump;
  readonly #request: SimulationRequest;

  constructor(dump: Dump, request: SimulationRequest) {
    this.#dump = dump;
    this.#request = request;
    this.#add('before', dump.statistics.objects.pe, null);
  }

  run({ name, strategy }: NamedStrategy): boolean {
    showProgress(`${this.#dump.name}: ${name} ...`);
    const { step, seconds } = timed(() => checkedStep(strategy, this.#dump.statistics, this.#context()));
    showProgress('');
    this.#add(name, step.placement, seconds, step.refusals.length);
    this.#addOriginal(name);
    complain(`${this.#dump.name}: ${name}`, step);
    return step.failure === undefined;
  }

  #context(): ReturnType<typeof offlineContext> {
    const { step, secondsPerMessage, secondsPerByte } = this.#dump;
    return { ...offlineContext(this.#request.seed, step), secondsPerMessage, secondsPerByte };
  }

  #add(strategy: string, placement: Int32Array, seconds: number | null, refused = 0): void {
    const quality = qualityOf(this.#dump.statistics, placement, { isBackgroundCounted: true });
    this.rows.push({ case: this.#dump.name, strategy, ...quality, seconds, ...(refused > 0 && { refused }) });
    this.placements.set(strategy, placement);
  }

  /** What Charm++ made of the same step, if the file says and the step is still the same. */
  #addOriginal(name: string): void {
    const original = `${(name.split(':')[0] ?? name).replace(/LB$/i, '')}LB`;
    const key = Object.keys(this.#dump.charm).find((other) => other.toLowerCase() === original.toLowerCase());
    if (key === undefined) return;
    const { maxOverAvg, externalBytes, externalMessages, migrations, seconds } = this.#dump.charm[key]!;
    const quality = { maxOverAvg, externalBytes, externalMessages, migrations };
    this.rows.push({ case: this.#dump.name, strategy: `${key} (Charm++ 6.10)`, ...quality, seconds });
  }
}

/**
 * Seconds of the fastest of several runs: the first ones are slower, since the strategy is still being compiled. As many
 * as fit a quarter of a second, at least ten unless that takes over two.
 */
function timed(run: () => CheckedStep): { step: CheckedStep; seconds: number } {
  const begin = performance.now();
  let seconds = Number.POSITIVE_INFINITY;
  for (let runs = 1; ; runs++) {
    const start = performance.now();
    const step = run();
    const now = performance.now();
    seconds = Math.min(seconds, (now - start) / 1000);
    const isEnough = runs >= 10 ? now - begin > 250 : now - begin > 2000;
    if (isEnough || step.failure !== undefined) return { step, seconds: Number(seconds.toPrecision(4)) };
  }
}

function jsonLines(rows: readonly Row[]): string {
  return rows.map((row) => `${JSON.stringify({ ...row, maxOverAvg: Number(row.maxOverAvg.toFixed(6)) })}\n`).join('');
}

const complaintsMax = 5;

function complain(who: string, { refusals, failure }: CheckedStep): void {
  if (failure !== undefined) process.stderr.write(`${who} failed: ${describe(failure)}\n`);
  if (refusals.length === 0) return;
  const shown = refusals.slice(0, complaintsMax).map((refusal) => `  - ${refusal}\n`);
  const rest = refusals.length > complaintsMax ? `  - and ${refusals.length - complaintsMax} more\n` : '';
  process.stderr.write(`${who}: ${refusals.length} moves refused\n${shown.join('')}${rest}`);
}

async function loadDump(file: string, request: SimulationRequest): Promise<Dump | undefined> {
  try {
    const dump = readDump(await textOf(file));
    const sized = request.pes === undefined ? dump : withPeCount(dump, request.pes);
    return request.isObjectsOnly ? withoutBackground(sized) : sized;
  } catch (error) {
    process.stderr.write(`${file}: ${describe(error)}\n`);
    return undefined;
  }
}

/** The text of a file that people have named: what is wrong is said in their words. */
async function textOf(file: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new Error(unreadable(error), { cause: error });
  }
  if (text.trim() === '') throw new Error(`the file is empty. ${expectedFile}`);
  return text;
}

const expectedFile = 'Give a recorded balancing step: a dump, or a case with the answers of Charm++ (docs/lb-sim.md).';

function unreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return `there is no such file (looked in ${process.cwd()}). ${expectedFile}`;
  if (code === 'EISDIR') return 'is a folder. Name the files in it, for instance with *.json.';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read. Look at its permissions (ls -l).';
  return `cannot be read: ${describe(error)}`;
}

async function loadStrategies(names: readonly string[]): Promise<NamedStrategy[] | undefined> {
  try {
    const loaded: NamedStrategy[] = [];
    for (const name of names) loaded.push({ name, strategy: await loadStrategy(name) });
    return loaded;
  } catch (error) {
    process.stderr.write(`error: ${describe(error)}\n`);
    return undefined;
  }
}

async function loadStrategy(name: string): Promise<Strategy> {
  if (!/\.[cm]?[jt]sx?$/.test(name)) return strategyNamed(name);
  const module = (await import(await prepareProgram(resolve(name)))) as { default?: unknown; strategy?: unknown };
  const strategy = module.default ?? module.strategy;
  if (typeof strategy === 'function') return strategy as Strategy;
  throw new Error(`${name} exports no strategy: expected a function as its default export, or as export strategy.`);
}

function describe(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** One line that is written over; nothing in a pipe. */
function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}
