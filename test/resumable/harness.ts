/** Runs a random program natively, and compiled with all that waits packed and unpacked at every await. */
import { Registry } from '../../core/message/registry.ts';
import { decodeState } from '../../core/pup/decode.ts';
import { encodeState } from '../../core/pup/encode.ts';
import { Reader } from '../../core/pup/reader.ts';
import { Writer } from '../../core/pup/writer.ts';
import type { Activation } from '../../core/resumable/activation.ts';
import * as runtime from '../../core/resumable/index.ts';
import { Promised, Status, whilePacking } from '../../core/resumable/promised.ts';
import { type Scope, setRunningScope } from '../../core/resumable/scope.ts';
import { compileModule } from '../../resumable/compile/compile.ts';

/** What programs see: a log, waits, and decisions. */
abstract class Context {
  readonly events: string[] = [];
  #decisions: number;

  constructor(seed: number) {
    this.#decisions = seed;
  }

  log(...values: unknown[]): unknown {
    if (this.events.length > 20_000) throw new Error('endless');
    this.events.push(values.map(show).join(' '));
    return values[1];
  }

  flip(): number {
    this.#decisions = (Math.imul(this.#decisions, 1103515245) + 12345) >>> 0;
    return (this.#decisions >>> 16) & 1;
  }

  abstract wait(value: unknown): unknown;
}

export function show(value: unknown): string {
  if (typeof value === 'function') return 'function';
  if (value instanceof Error) return String(value);
  if (typeof value === 'object' && value !== null) {
    const text = JSON.stringify(value, (_, v: unknown) =>
      typeof v === 'function' ? 'function' : Number.isNaN(v) ? 'NaN' : v,
    );
    return `${value.constructor?.name ?? ''}${text}`;
  }
  return `${typeof value} ${String(value)}`;
}

class NativeContext extends Context {
  wait(value: unknown): Promise<unknown> {
    this.log('wait', value);
    return typeof value === 'number' && value < 0 ? Promise.reject(new Error(`no ${value}`)) : Promise.resolve(value);
  }
}

class PackedContext extends Context {
  readonly scope: TestScope;

  constructor(seed: number, scope: TestScope) {
    super(seed);
    this.scope = scope;
  }

  wait(value: unknown): Promised {
    this.log('wait', value);
    const promised = new Promised(this.scope);
    if (typeof value === 'number' && value < 0) promised.settle(Status.rejected, new Error(`no ${value}`));
    else promised.settle(Status.fulfilled, value);
    return promised;
  }
}

/** Suspends at each await. */
class TestScope implements Scope {
  readonly mustYield = true;
  queue: Activation[] = [];
  holds = 0;
  ready(activation: Activation): void {
    this.queue.push(activation);
  }
  enter(): void {}
  leave(): void {}
  hold(): void {
    this.holds++;
  }
  release(): void {
    this.holds--;
  }
  began(activation: Activation): void {
    activation.isListed = true;
  }
  ended(): void {}
  adopt(): void {}
}

export interface Outcome {
  readonly result: string;
  readonly events: readonly string[];
  /** Packed and unpacked so often, with so many bytes at most. */
  readonly packs: number;
  readonly bytes: number;
}

type Main = (...args: unknown[]) => PromiseLike<unknown>;

export async function runNative(source: string, seed: number, args: readonly unknown[]): Promise<Outcome> {
  const context = new NativeContext(seed);
  const main = new Function('$c', `'use strict';${source}\nreturn main;`)(context) as Main;
  const result = await main(...args).then(show, (error: unknown) => `thrown ${show(error)}`);
  return { result, events: context.events, packs: 0, bytes: 0 };
}

export function compileForTest(source: string): string {
  const { code, refusals } = compileModule(source, { file: 'program.js', runtime: 'runtime' });
  if (refusals.length > 0) throw new Error(`refused: ${JSON.stringify(refusals)}`);
  return code.replace(/^import .*$/m, "'use strict';");
}

export function runPacked(source: string, seed: number, args: readonly unknown[]): Outcome {
  const scope = new TestScope();
  const context = new PackedContext(seed, scope);
  const code = compileForTest(source);
  const load = new Function('$r', '$c', `${code}\nreturn { main, Base, Derived };`);
  const { main, Base, Derived } = load(runtime, context) as { main: Main; Base: unknown; Derived: unknown };
  const registry = new Registry({ default: () => undefined, Base, Derived });
  const packer = new Packer(registry, scope, [context]);
  const outer = setRunningScope(scope);
  let root: Activation;
  try {
    root = main(...args) as unknown as Activation;
    root.isAsked = true;
    while (root.status === Status.pending && scope.queue.length > 0) {
      root = packer.move(root);
      scope.queue.shift()!.goOn();
    }
  } finally {
    setRunningScope(outer);
  }
  const result =
    root.status === Status.pending
      ? 'stuck'
      : root.status === Status.fulfilled
        ? show(root.value)
        : `thrown ${show(root.value)}`;
  return { result, events: context.events, packs: packer.count, bytes: packer.bytes };
}

/** Writes all that waits, reads it back, and forgets the originals. */
class Packer {
  readonly #registry: Registry;
  readonly #scope: TestScope;
  readonly #known: readonly object[];
  count = 0;
  bytes = 0;

  constructor(registry: Registry, scope: TestScope, known: readonly object[]) {
    this.#registry = registry;
    this.#scope = scope;
    this.#known = known;
  }

  move(root: Activation): Activation {
    const writer = new Writer(this.#registry.classes);
    return whilePacking(this.#scope, () => {
      writer.begin(1, 0, 0, 0, 0);
      encodeState(writer, [root, this.#scope.queue], 'a frame', this.#known);
      writer.end();
      const frame = Reader.over(writer.copyFrame());
      this.count++;
      this.bytes = Math.max(this.bytes, frame.limit - frame.start);
      const context = { handle: () => undefined, classes: this.#registry.classes };
      const [copy, queue] = decodeState(frame, context, this.#known) as [Activation, Activation[]];
      this.#scope.queue = queue;
      return copy;
    });
  }
}
