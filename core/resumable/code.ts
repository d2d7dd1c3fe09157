/**
 * Compiled functions, by the hash of their module and a number: what a packed frame names in place of code. The table fills while
 * modules load, in every thread from the same files, and holds nothing else; so it is no state.
 */
import { CharmError } from '../base/errors.ts';
import type { Activation } from './activation.ts';

/** What a step gives when it has not come to the end of its function. */
export const suspended: unique symbol = Symbol('suspended');

export type Step = (this: unknown, activation: Activation) => unknown;
/** Makes the function again from what it has captured. */
export type Make = (captured: unknown[]) => (...args: never[]) => unknown;

/** Where a function may wait: line and column of the await, and the names of what is kept meanwhile. */
export interface AwaitPoint {
  readonly at: string;
  readonly names: string;
}

export class Code {
  readonly module: CodeModule;
  readonly id: number;
  readonly name: string;
  readonly points: Readonly<Record<number, AwaitPoint>>;
  /** Runs from the resume point of an activation to its next one. */
  step: Step = notLoaded;
  make: Make = notLoaded;
  /** Object whose prototype `super` means. */
  home: object | undefined = undefined;

  constructor(module: CodeModule, id: number, name: string, points: Readonly<Record<number, AwaitPoint>>) {
    this.module = module;
    this.id = id;
    this.name = name;
    this.points = points;
  }

  /** `run (app.ts:12:7)` */
  describe(resumePoint: number): string {
    const point = this.points[resumePoint];
    return `${this.name} (${this.module.file}${point === undefined ? '' : `:${point.at}`})`;
  }

  /** What `super` is in a method. */
  get parent(): Record<PropertyKey, unknown> {
    return Object.getPrototypeOf(this.home) as Record<PropertyKey, unknown>;
  }
}

function notLoaded(): never {
  throw new CharmError('ERR_INTERNAL', 'a compiled function runs before its class is set up');
}

export class CodeModule {
  readonly hash: string;
  readonly file: string;
  readonly codes: Code[] = [];
  /** The functions and classes of the module. */
  names: () => Record<string, unknown> = () => ({});

  constructor(hash: string, file: string) {
    this.hash = hash;
    this.file = file;
  }

  code(id: number, name: string, points: Readonly<Record<number, AwaitPoint>>, step?: Step, make?: Make): Code {
    const code = new Code(this, id, name, points);
    if (step !== undefined) code.step = step;
    if (make !== undefined) code.make = make;
    this.codes[id] = code;
    return code;
  }
}

/** In place of a hash: functions of the runtime. */
export const runtimeModule = 'charm4ts';

const modules = new Map<string, CodeModule>();

/** Called by a compiled module, once for each time that it is loaded. */
export function module(hash: string, file: string): CodeModule {
  const made = new CodeModule(hash, file);
  modules.set(hash, made);
  return made;
}

/** @throws CharmError ERR_FRAME if this thread has not loaded the module from the same source. */
export function codeOf(hash: string, id: number): Code {
  const code = modules.get(hash)?.codes[id];
  if (code !== undefined) return code;
  throw new CharmError(
    'ERR_FRAME',
    `a frame of function ${id} of the module with hash ${hash} can't go on here: it is not loaded, or from another source. Do all nodes have the same files?`,
  );
}

/** Module and name of a function or class at the top of a compiled module. */
export function nameOfFunction(value: object): readonly [string, string] | undefined {
  for (const { hash, names } of modules.values()) {
    for (const [name, known] of Object.entries(names())) if (known === value) return [hash, name];
  }
  return undefined;
}

/** @throws CharmError ERR_FRAME if there is none here. */
export function functionNamed(hash: string, name: string): unknown {
  const found = modules.get(hash)?.names()[name];
  if (found !== undefined) return found;
  throw new CharmError(
    'ERR_FRAME',
    `there is no function ${name} here in the module with hash ${hash}. Do all nodes have the same files?`,
  );
}
