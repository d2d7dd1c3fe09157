/**
 * `Request`: an operation under way. It ends once; whoever waits for it then goes on.
 *
 *  1. Active from its begin (for persistent ones: from `start`) to its completion.
 *  2. `wait` and `test` take the outcome: after that it is null, or, if persistent, inactive.
 *  3. Waiting for several shares one `Waiter`, which counts; no promise is made for each.
 */
import { MpiError } from '../errors.ts';
import { Status } from './status.ts';

/** What requests need of their rank. */
export interface RequestHost {
  /** Someone's promise is about to be settled. */
  waking(): void;
  /** Lets other ranks of the PE run. */
  yield(): Promise<void>;
  /** What the error handler of `on` makes of an error: it returns it if the call shall throw. */
  raise(on: object | undefined, error: MpiError): MpiError;
}

/** Waits for some of several requests. */
export interface Waiter {
  ended(request: Request): void;
}

export abstract class Request {
  readonly host: RequestHost;
  /** On whose error handler it is. */
  readonly on: object | undefined;
  isDone = false;
  /** Its outcome was taken, or it was freed: nothing can be done with it any more. */
  isNull = false;
  /** Persistent ones are not, between their completion and the next start. */
  isActive = true;
  isFreed = false;
  status: Status | undefined = undefined;
  failure: MpiError | undefined = undefined;
  private resolve: ((value: Status | PromiseLike<Status>) => void) | undefined = undefined;
  waiter: Waiter | undefined = undefined;

  constructor(host: RequestHost, on: object | undefined) {
    this.host = host;
    this.on = on;
  }

  abstract describe(): string;

  get isPersistent(): boolean {
    return false;
  }

  /** True if it can be waited for: neither null nor inactive. */
  get isPending(): boolean {
    return !this.isNull && this.isActive;
  }

  /** The operation has ended. */
  finish(status: Status): void {
    if (this.isDone) return;
    this.isDone = true;
    this.status = status;
    const { resolve, waiter } = this;
    if (resolve !== undefined) {
      this.resolve = undefined;
      this.host.waking();
      const failure = this.outcome();
      resolve(failure === undefined ? status : Promise.reject(this.host.raise(this.on, failure)));
    } else if (waiter !== undefined) waiter.ended(this);
    else if (this.isFreed) this.outcome();
  }

  fail(error: MpiError): void {
    this.failure = error;
    const status = Status.empty();
    status.error = error.errorClass;
    this.finish(status);
  }

  /** Takes the outcome: it is null or inactive from now on. Returns the error, if there was one. */
  outcome(): MpiError | undefined {
    if (this.isPersistent) {
      this.isActive = false;
      this.isDone = false;
    } else this.isNull = true;
    return this.failure;
  }

  /** Waits for the end. Of a null or inactive request the status is empty. @throws MpiError as the handler says */
  wait(): Promise<Status> {
    if (!this.isPending) return Promise.resolve(Status.empty());
    if (this.isDone) {
      const { status } = this;
      const failure = this.outcome();
      return failure === undefined ? Promise.resolve(status!) : Promise.reject(this.host.raise(this.on, failure));
    }
    if (this.resolve !== undefined || this.waiter !== undefined)
      return Promise.reject(
        this.host.raise(this.on, new MpiError('REQUEST', `${this.describe()} is being waited for already`)),
      );
    return new Promise((resolve) => {
      this.resolve = resolve;
    });
  }

  /** The status, if the operation has ended; otherwise undefined, after other ranks of the PE have had their turn. */
  async test(): Promise<Status | undefined> {
    if (!this.isPending) return Status.empty();
    if (!this.isDone) await this.host.yield();
    return this.isDone ? this.wait() : undefined;
  }

  /** Like `test`, but the outcome is not taken. */
  async getStatus(): Promise<Status | undefined> {
    if (!this.isPending) return Status.empty();
    if (!this.isDone) await this.host.yield();
    return this.isDone ? this.status : undefined;
  }

  /** The operation goes on, and nobody will ask for it. */
  free(): void {
    if (this.isNull) throw this.host.raise(this.on, new MpiError('REQUEST', 'a null request is freed'));
    this.isFreed = true;
    if (!this.isActive || this.isDone) this.isNull = true;
  }

  /** Asks that the operation ends without having happened. It must still be waited for; the status tells. */
  cancel(): void {
    throw this.host.raise(this.on, new MpiError('REQUEST', `${this.describe()} can't be cancelled`));
  }

  /** Begins a persistent operation. */
  start(): void {
    throw this.host.raise(this.on, new MpiError('REQUEST', `${this.describe()} is not persistent`));
  }
}

/** A request that ends with a promise: non-blocking collectives, files. */
export class PromiseRequest extends Request {
  private readonly what: string;

  constructor(host: RequestHost, on: object | undefined, what: string, work: Promise<unknown>) {
    super(host, on);
    this.what = what;
    work.then(
      (value) => this.finish(value instanceof Status ? value : Status.empty()),
      (cause: unknown) =>
        this.fail(cause instanceof MpiError ? cause : new MpiError('OTHER', `${what}: ${String(cause)}`, { cause })),
    );
  }

  describe(): string {
    return this.what;
  }
}

/** What the program says of an operation of its own. */
export interface GeneralizedMethods {
  query?(status: Status): void;
  free?(): void;
  cancel?(isComplete: boolean): void;
}

/** An operation of the program itself, which says with `complete` when it has ended. */
export class GeneralizedRequest extends Request {
  private readonly methods: GeneralizedMethods;

  constructor(host: RequestHost, methods: GeneralizedMethods) {
    super(host, undefined);
    this.methods = methods;
  }

  complete(): void {
    const status = Status.empty();
    this.methods.query?.(status);
    this.finish(status);
  }

  override outcome(): MpiError | undefined {
    this.methods.free?.();
    return super.outcome();
  }

  override cancel(): void {
    this.methods.cancel?.(this.isDone);
  }

  describe(): string {
    return 'a generalized request';
  }
}
