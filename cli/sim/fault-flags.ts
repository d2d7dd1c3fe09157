/** From `--faults` and `--fault` to the faults of a simulation. What the names mean is checked there. */
import { readFile } from 'node:fs/promises';
import { UsageError } from '../../core/base/errors.ts';
import type { SimulationOptions } from '../../launch/sim/index.ts';

type Faults = SimulationOptions['faults'];

/** @throws UsageError that says what is wrong. */
export async function faultsFrom(given: string | true | undefined, single: readonly string[]): Promise<Faults> {
  if (given === undefined && single.length === 0) return undefined;
  const settings: Record<string, unknown> = given === undefined ? { draw: false } : await settingsOf(given);
  for (const assignment of single) assign(settings, assignment);
  return settings as Faults;
}

async function settingsOf(given: string | true): Promise<Record<string, unknown>> {
  if (given === true) return {};
  const isFile = !given.trimStart().startsWith('{');
  let text = given;
  if (isFile) {
    try {
      text = await readFile(given, 'utf8');
    } catch (cause) {
      const message = `--faults: ${given} is neither a JSON object nor a file that can be read`;
      throw new UsageError(message, 'ERR_USAGE', undefined, { cause });
    }
  }
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    const message = `--faults: ${isFile ? given : 'the object given'} is not JSON: ${(cause as Error).message}`;
    throw new UsageError(message, 'ERR_USAGE', undefined, { cause });
  }
}

/** `clog.meanMs=5` */
function assign(settings: Record<string, unknown>, assignment: string): void {
  const [path = '', text = '', ...more] = assignment.split('=');
  const value = Number(text);
  if (path === '' || text.trim() === '' || Number.isNaN(value) || more.length > 0)
    throw new UsageError(`--fault ${assignment}: expected name=number, like loss=0.1 or clog.meanMs=5`);
  const names = path.split('.');
  const last = names.pop()!;
  let place = settings;
  for (const name of names) {
    const inner: unknown = place[name];
    const next = typeof inner === 'object' && inner !== null ? { ...inner } : {};
    place[name] = next;
    place = next as Record<string, unknown>;
  }
  place[last] = value;
}
