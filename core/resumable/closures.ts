/**
 * Closures that can be packed: a compiled module makes them from code and captured values, and says so on the function. Captured
 * variables that change are boxes `{ v }`, shared by all who see them. Functions and classes at the top of the module go by name.
 */
import { type Code, codeOf, functionNamed, nameOfFunction } from './code.ts';

const parts: unique symbol = Symbol('closure');

interface Closure {
  [parts]?: { readonly code: Code; readonly captured: unknown[] };
}

export function closure(code: Code, captured: unknown[]): (...args: never[]) => unknown {
  const made = code.make(captured) as ((...args: never[]) => unknown) & Closure;
  made[parts] = { code, captured };
  return made;
}

/** Hash of the module, number or name, and what it has captured; undefined for functions of others. */
export function partsOfClosure(value: object): readonly [string, number | string, readonly unknown[]] | undefined {
  const found = (value as Closure)[parts];
  if (found !== undefined) return [found.code.module.hash, found.code.id, found.captured];
  const named = nameOfFunction(value);
  return named === undefined ? undefined : [...named, []];
}

/** The closure with code of that number; `captured` may be filled later. */
export function closureFrom(hash: string, id: number, captured: unknown[]): unknown {
  return closure(codeOf(hash, id), captured);
}

export function functionFrom(hash: string, name: string): unknown {
  return functionNamed(hash, name);
}
