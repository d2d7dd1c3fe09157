/**
 * `Activation`: one call of a compiled async function, and what the caller gets as its promise.
 *
 *  1. A call makes an activation and runs the function's step at once, up to its first await that must wait.
 *  2. There the step saves its resume point and the variables that are in scope (`save`), and ends. The activation is a waiter of
 *     what it awaits.
 *  3. When that is settled, the step runs again: it reloads its variables and goes on behind the await.
 *  4. At its end the activation is settled. If another activation awaits it, that goes on in the same turn, without a promise.
 *
 * Invariant: between two steps everything that the function needs is in plain fields, so it can be packed, and go on elsewhere.
 *
 * Difference from the language: awaiting what is settled already, or no promise, does not wait for a microtask turn.
 */
import { isPromise } from '../base/is-promise.ts';
import { addCallers } from './callers.ts';
import { type Code, codeOf, suspended } from './code.ts';
import { checkPacking, Promised, Status, unpackingScope } from './promised.ts';
import { runningScope, type Scope, setRunningScope } from './scope.ts';

/** Resume point of a function that has returned a promise, and ends like it. */
const returning = -1;

export class Activation extends Promised {
  code: Code;
  self: unknown;
  /** Resume point; 0: the beginning. */
  point = 0;
  /** First the arguments, then the variables in scope at the resume point. */
  locals: unknown[];
  /** What the function has captured. */
  captured: unknown[] | undefined;
  awaited: Promised | undefined = undefined;
  awaitedValue: unknown = undefined;
  /** It is in the list of its scope. */
  isListed = false;
  previous: Activation | undefined = undefined;
  next: Activation | undefined = undefined;

  constructor(code: Code, self: unknown, args: unknown[], captured: unknown[] | undefined, scope: Scope | undefined) {
    super(scope);
    this.code = code;
    this.self = self;
    this.locals = args;
    this.captured = captured;
  }

  // ---- for steps ----

  /** True if the step must end here, until `value` is settled. */
  suspends(value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return this.passes(value);
    if (value instanceof Promised) {
      this.awaited = value;
      value.isAsked = true;
      if (value.status !== Status.pending && this.scope?.mustYield !== true) return false;
      this.wait(value);
      return true;
    }
    if (!isPromise(value)) return this.passes(value);
    const bridge = new Promised(undefined);
    const { scope } = this;
    scope?.hold();
    const settle = (status: Status, result: unknown): void => {
      bridge.settle(status, result);
      scope?.release();
    };
    // In a promise of the language, which deals with whatever a foreign `then` does.
    Promise.resolve(value).then(
      (result) => settle(Status.fulfilled, result),
      (error: unknown) => settle(Status.rejected, error),
    );
    this.awaited = bridge;
    this.wait(bridge);
    return true;
  }

  private passes(value: unknown): boolean {
    if (this.scope?.mustYield !== true) {
      this.awaitedValue = value;
      return false;
    }
    const done = new Promised(this.scope);
    done.status = Status.fulfilled;
    done.value = value;
    this.awaited = done;
    this.wait(done);
    return true;
  }

  private wait(promised: Promised): void {
    if (this.scope !== undefined && !this.isListed) this.scope.began(this);
    promised.addWaiter(this);
  }

  /** The step ends, and will go on at `point`. */
  save(point: number, locals: unknown[]): typeof suspended {
    this.point = point;
    this.locals = locals;
    return suspended;
  }

  /** The value of what was awaited. @throws what it was rejected with. */
  take(): unknown {
    const { awaited } = this;
    if (awaited === undefined) {
      const value = this.awaitedValue;
      this.awaitedValue = undefined;
      return value;
    }
    this.awaited = undefined;
    if (awaited.status === Status.rejected) throw awaited.value;
    return awaited.value;
  }

  // ---- for the driver ----

  /** Goes on: what it awaits is settled. Who waits for its end goes on in the same turn. */
  goOn(): void {
    const { scope } = this;
    const isInside = runningScope() === scope;
    const outerScope = isInside ? scope : setRunningScope(scope);
    const outer = isInside ? undefined : scope?.enter();
    try {
      for (let next: Activation | undefined = this; next !== undefined; next = next.run()) {}
    } finally {
      if (!isInside) {
        setRunningScope(outerScope);
        scope?.leave(outer);
      }
    }
  }

  /** Runs one step. Gives the activation that can go on because this one has ended. */
  run(): Activation | undefined {
    let result: unknown;
    try {
      if (this.point === returning) result = this.take();
      else result = this.code.step.call(this.self, this);
      if (result === suspended) return undefined;
      if (typeof result === 'object' && result !== null && isPromise(result)) {
        if (this.suspends(result)) {
          this.save(returning, []);
          return undefined;
        }
        result = this.take();
      }
    } catch (error) {
      return this.end(Status.rejected, error);
    }
    return this.end(Status.fulfilled, result);
  }

  private end(status: Status, value: unknown): Activation | undefined {
    if (status === Status.rejected) addCallers(this, value);
    const waiter = this.settleFor(status, value);
    if (this.isListed) this.scope?.ended(this);
    if (waiter === undefined || waiter.scope === this.scope) return waiter;
    waiter.goOn();
    return undefined;
  }

  // ---- moves ----

  /** What it holds, by names of the program. */
  namedParts(): (readonly [string, unknown])[] {
    const { code, point, locals, captured, self, awaited } = this;
    const names = code.points[point]?.names.split(',') ?? [];
    const of = ` of ${code.describe(point)}`;
    return [
      ...locals.map((value, i) => [`the variable ${names[i] || 'without a name'}${of}`, value] as const),
      ...(captured ?? []).map((value) => [`a captured variable${of}`, value] as const),
      [`this${of}`, self],
      [`what is awaited in${of.slice(3)}`, awaited],
    ];
  }

  override pack(): unknown {
    checkPacking('a call of an async function');
    const { code, point, self, locals, captured, awaited } = this;
    return [super.pack(), code.module.hash, code.id, point, self, locals, captured, awaited];
  }

  override unpack(packed: unknown): void {
    const [base, hash, id, point, self, locals, captured, awaited] = packed as PackedActivation;
    super.unpack(base);
    this.code = codeOf(hash, id);
    this.point = point;
    this.self = self;
    this.locals = locals;
    this.captured = captured;
    this.awaited = awaited;
    this.awaitedValue = undefined;
    this.isListed = false;
    this.previous = undefined;
    this.next = undefined;
    this.scope = unpackingScope();
  }
}

type PackedActivation = [
  unknown,
  string,
  number,
  number,
  unknown,
  unknown[],
  unknown[] | undefined,
  Promised | undefined,
];

/** What a compiled function does when it is called. */
export function start(code: Code, self: unknown, args: unknown[], captured?: unknown[]): Activation {
  const activation = new Activation(code, self, args, captured, runningScope());
  activation.run();
  return activation;
}
