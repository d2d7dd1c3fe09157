/**
 * Fuzzes one target: inputs are changed at random, and those that run something new are changed further.
 *
 * What must hold for every input, whatever stands in it:
 *  1. It is read, or refused with one of the target's own errors.
 *  2. It takes less than `slowMs` of this thread's time.
 *  3. It makes no more than `memoryBytes(input)` of typed arrays; a target may reserve more, if it says so.
 *  4. No prototype is changed.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { Coverage } from './coverage.ts';
import { Mutator } from './mutate.ts';
import { type Target, targets } from './targets.ts';

const slowMs = 500;
const batchInputs = 64;
const memoryBytes = (input: Uint8Array): number => 64 * input.length + (8 << 20);
const root = pathToFileURL(`${process.cwd()}/`);
const corpus = new URL('test/fuzz/corpus/', root);
export const found: URL = new URL('results/fuzz/', root);

/** An input for which something did not hold. */
export class Finding extends Error {}

export function targetNamed(name: string): Target {
  const target = targets[name];
  if (target === undefined) throw new Error(`there is no target ${name}; there are ${Object.keys(targets).join(', ')}`);
  return target;
}

/** Inputs that are kept: each once ran something new, or found a bug. */
export function kept(name: string): Uint8Array[] {
  const folder = new URL(`${name}/`, corpus);
  try {
    return readdirSync(folder)
      .sort()
      .map((file) => readFileSync(new URL(file, folder)));
  } catch {
    return [];
  }
}

export function keep(name: string, input: Uint8Array): void {
  mkdirSync(new URL(`${name}/`, corpus), { recursive: true });
  writeFileSync(new URL(`${name}/${nameOf(input)}`, corpus), input);
}

function nameOf(input: Uint8Array): string {
  return createHash('sha256').update(input).digest('hex').slice(0, 16);
}

/** Writes an input aside, and says how to repeat it. */
export function setAside(name: string, input: Uint8Array): string {
  mkdirSync(found, { recursive: true });
  const file = new URL(`${name}-${nameOf(input)}`, found);
  writeFileSync(file, input);
  return `npm run fuzz -- ${name} --input ${file.pathname}`;
}

const prototypes = [Object.prototype, Array.prototype, Function.prototype, Map.prototype, Uint8Array.prototype];
const namesBefore = prototypes.map((prototype) => Reflect.ownKeys(prototype).length);

/** Runs one input. @throws Finding if something does not hold */
export async function attempt(target: Target, input: Uint8Array): Promise<void> {
  const { arrayBuffers } = process.memoryUsage();
  // What is slow once may have been compiled, or swept memory for others.
  if ((await msOf(target, input)) > slowMs) {
    const ms = await msOf(target, input);
    if (ms > slowMs) throw new Finding(`it takes ${ms} ms of CPU`);
  }
  const grown = process.memoryUsage().arrayBuffers - arrayBuffers;
  if (grown > memoryBytes(input) + (target.reservedBytes ?? 0))
    throw new Finding(`it takes ${grown} bytes of typed arrays`);
  const isClean = prototypes.every((prototype, i) => Reflect.ownKeys(prototype).length === namesBefore[i]);
  if (!isClean) throw new Finding('it changes a prototype');
}

async function msOf({ run, isRefusal }: Target, input: Uint8Array): Promise<number> {
  const before = process.cpuUsage();
  try {
    await run(input);
  } catch (error) {
    if (!isRefusal(error)) throw new Finding(`it throws ${error instanceof Error ? error.stack : String(error)}`);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

export interface Fuzzed {
  readonly runs: number;
  /** Inputs that ran something new. */
  readonly interesting: number;
  readonly blocks: number;
}

/** @throws Finding, after the input was written aside */
export async function fuzz(name: string, seed: number, seconds: number, isKept: boolean): Promise<Fuzzed> {
  const target = targetNamed(name);
  const mutator = new Mutator(seed);
  const inputs: Uint8Array[] = [];
  const coverage = new Coverage();
  let runs = 0;
  const tryOne = async (input: Uint8Array): Promise<void> => {
    runs++;
    try {
      await attempt(target, input);
    } catch (error) {
      if (!(error instanceof Finding)) throw error;
      throw new Finding(
        `${name}, seed ${seed}, run ${runs}: ${error.message}\nRepeat it with: ${setAside(name, input)}`,
      );
    }
  };
  for (const input of [...target.seeds(), ...kept(name)]) {
    await tryOne(input);
    inputs.push(input);
  }
  coverage.isNew();
  const given = inputs.length;
  const end = performance.now() + seconds * 1000;
  /** Adds those inputs that run something new. What has run is asked for once in many, and then in halves of them. */
  const search = async (batch: readonly Uint8Array[]): Promise<void> => {
    for (const input of batch) await tryOne(input);
    if (batch.length === 1 ? !coverage.isNew() : !coverage.mayBeNew()) return;
    if (batch.length > 1) {
      const middle = batch.length >>> 1;
      await search(batch.slice(0, middle));
      return search(batch.slice(middle));
    }
    inputs.push(batch[0]!);
    if (isKept) keep(name, batch[0]!);
  };
  while (performance.now() < end)
    await search(Array.from({ length: batchInputs }, () => mutator.mutate(choose(inputs, mutator), inputs)));
  return { runs, interesting: inputs.length - given, blocks: coverage.size };
}

/** Newer ones more often: there is more to find behind them. */
function choose(inputs: readonly Uint8Array[], mutator: Mutator): Uint8Array {
  if (mutator.below(2) === 0) return mutator.pick(inputs);
  return inputs[inputs.length - 1 - mutator.below(Math.min(16, inputs.length))]!;
}
