/** What can't be encoded: which part of a value it is, and how to say so. Runs only once something was refused. */
import { CharmError } from '../base/errors.ts';
import { partsOfClosure } from '../resumable/closures.ts';
import { type ClassTable, Handle } from './value-codec.ts';

/** Thrown where encoding meets something that can't travel; the message says what it is. */
export class NotEncodable extends Error {}

/** Turns a NotEncodable into an error that names the path of the offender; other errors stay what they are. */
export function explainRefusal(error: unknown, value: unknown, what: string, classes: ClassTable): unknown {
  if (!(error instanceof NotEncodable)) return error;
  const path = findOffender(value, '', classes, new Set()) ?? '';
  return new CharmError(
    'ERR_NOT_ENCODABLE',
    `${what} can't be sent: ${path === '' ? 'it' : `its ${path}`} is ${error.message}; ` +
      'send plain data, typed arrays, Map, Set, Date, bigint, exported classes, proxies, callbacks or futures',
  );
}

const builtIns: readonly unknown[] = [Map, Set, Date, ArrayBuffer, Array].map((type) => type.prototype);
/** Enough to show where; a cycle is found before. */
const pathDepthMax = 64;

/** Path of the first part that `write` refuses. Only runs once something was refused. */
function findOffender(value: unknown, path: string, classes: ClassTable, above: Set<unknown>): string | undefined {
  const isTooDeep = above.size > pathDepthMax || above.has(value);
  if (typeof value === 'function' && !isTooDeep) {
    const closure = partsOfClosure(value);
    if (closure === undefined) return path;
    return findOffender(closure[2], `${path} (what the function captures)`, classes, above);
  }
  if (typeof value === 'symbol' || isTooDeep) return path;
  if (typeof value !== 'object' || value === null || value instanceof Handle || ArrayBuffer.isView(value))
    return undefined;
  above.add(value);
  for (const [key, part] of partsOf(value, classes)) {
    const found = findOffender(part, `${path}${key}`, classes, above);
    if (found !== undefined) return found;
  }
  above.delete(value);
  const isKnown = builtIns.includes(Object.getPrototypeOf(value)) || value instanceof Error;
  return isKnown || isFieldwise(value, classes) ? undefined : path;
}

function isFieldwise(value: object, classes: ClassTable): boolean {
  const prototype: object | null = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || classes.numberOf(prototype) !== -1;
}

function partsOf(value: object, classes: ClassTable): Iterable<readonly [string, unknown]> {
  if ('namedParts' in value && typeof value.namedParts === 'function')
    return value.namedParts() as (readonly [string, unknown])[];
  if (Array.isArray(value)) return value.map((part, i) => [`[${i}]`, part] as const);
  if (value instanceof Set) return [...value].map((part, i) => [`.values()[${i}]`, part] as const);
  if (value instanceof Map) return [...value].map(([key, part]) => [`.get(${String(key)})`, part] as const);
  if (!isFieldwise(value, classes)) return [];
  return Object.entries(value).map(([key, part]) => [`.${key}`, part] as const);
}
