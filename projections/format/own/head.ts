/** The head of a trace, `NAME.trace.json`. What comes from a file is checked before it is believed. */
import { quoted, TraceError } from '../../errors.ts';
import type { CollectionInfo, EntryInfo, NamedId, RunInfo, TraceInfo } from '../../model/trace.ts';
import { traceFormat, traceVersion } from './layout.ts';

export function headText(info: TraceInfo): string {
  return `${JSON.stringify({ format: traceFormat, version: traceVersion, ...info }, null, 1)}\n`;
}

type Fields = Record<string, unknown>;
const pesMax = 1_000_000;

/** @throws TraceError with the JSON path of what is wrong. */
export function readHead(text: string, file: string): TraceInfo {
  const fail = (path: string, problem: string): never => {
    throw new TraceError({ file }, `${path}: ${problem}`);
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return fail('$', `not JSON (${(error as Error).message})`);
  }
  const fields = (at: unknown, path: string): Fields =>
    typeof at === 'object' && at !== null && !Array.isArray(at) ? (at as Fields) : fail(path, 'expected an object');
  const string = (at: unknown, path: string): string =>
    typeof at === 'string' ? at : fail(path, `expected a string, got ${quoted(String(at))}`);
  const integer = (at: unknown, path: string, min: number, max: number): number =>
    Number.isInteger(at) && (at as number) >= min && (at as number) <= max
      ? (at as number)
      : fail(path, `expected an integer from ${min} to ${max}, got ${quoted(String(at))}`);
  const list = <T>(at: unknown, path: string, item: (at: unknown, path: string) => T): T[] =>
    Array.isArray(at) ? at.map((one, i) => item(one, `${path}[${i}]`)) : fail(path, 'expected an array');

  const head = fields(value, '$');
  if (head['format'] !== traceFormat) fail('$.format', `expected "${traceFormat}"`);
  if (head['version'] !== traceVersion)
    fail('$.version', `this reads traces of version ${traceVersion}, not ${quoted(String(head['version']))}`);
  const pes = integer(head['pes'], '$.pes', 1, pesMax);
  const collections = list(head['collections'], '$.collections', (at, path): CollectionInfo => {
    const one = fields(at, path);
    return {
      name: string(one['name'], `${path}.name`),
      dimensions: integer(one['dimensions'], `${path}.dimensions`, -1, 6),
    };
  });
  const entries = list(head['entries'], '$.entries', (at, path): EntryInfo => {
    const one = fields(at, path);
    return {
      name: string(one['name'], `${path}.name`),
      collection: integer(one['collection'], `${path}.collection`, -1, collections.length - 1),
      id: integer(one['id'], `${path}.id`, 0, 2 ** 31 - 1),
    };
  });
  const named = (at: unknown, path: string): NamedId => {
    const one = fields(at, path);
    return { id: integer(one['id'], `${path}.id`, -(2 ** 31), 2 ** 31 - 1), name: string(one['name'], `${path}.name`) };
  };
  const nodeOf = list(head['nodeOf'], '$.nodeOf', (at, path) => integer(at, path, 0, pesMax));
  if (nodeOf.length !== pes) fail('$.nodeOf', `expected ${pes} nodes, got ${nodeOf.length}`);
  const run: Record<string, string> = {};
  for (const [name, at] of Object.entries(fields(head['run'], '$.run')))
    if (runFields.has(name)) run[name] = string(at, `$.run.${name}`);
  return {
    run: run as RunInfo,
    pes,
    nodeOf,
    collections,
    entries,
    userEvents: list(head['userEvents'], '$.userEvents', named),
    userStats: list(head['userStats'], '$.userStats', named),
  };
}

const runFields = new Set<string>([
  'id',
  'host',
  'user',
  'machine',
  'commandLine',
  'startedAt',
  'runtimeVersion',
] satisfies (keyof RunInfo)[]);
