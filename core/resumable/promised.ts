/**
 * `Promised`: a promise that can be packed. Chares that migrate while they wait get these from the runtime in place of
 * promises of the language, whose reactions nobody can see.
 *
 *  1. It is pending, then fulfilled or rejected, once.
 *  2. Activations (activation.ts) that await it are its waiters. Settled, it makes them ready, in the order in which they came.
 *  3. To all others it is a promise: `then` and `instanceof Promise` work. Code that is not compiled to be resumable waits by `then`,
 *     and holds the element in place meanwhile.
 *
 * Invariant: a rejection that nobody has asked for is reported like that of any promise.
 */
import { NotEncodable } from '../pup/refusal.ts';
import type { Activation } from './activation.ts';
import { runtimeModule } from './code.ts';
import type { Scope } from './scope.ts';

export const Status = { pending: 0, fulfilled: 1, rejected: 2 } as const;
export type Status = (typeof Status)[keyof typeof Status];

/** How a request for messages is made anew where its element comes to; see message/request.ts. */
export interface OpenRequest {
  readonly promised: Promised | undefined;
  /** Plain data, or closures that were compiled. */
  describeForFrame(): unknown;
  /** Of several of which one wins, the others take nothing. */
  enterRace(race: object): void;
}

export class Promised {
  status: Status = Status.pending;
  value: unknown = undefined;
  /** Somebody has asked how it ends. */
  isAsked = false;
  waiter: Activation | undefined = undefined;
  moreWaiters: Activation[] | undefined = undefined;
  /** Where it is settled from outside: its number among the waits of its element. */
  id = 0;
  scope: Scope | undefined;
  request: OpenRequest | undefined = undefined;
  // Plain fields: unpacked ones are made without the constructor, which private names (#) need.
  private nativePromise: Promise<unknown> | undefined = undefined;
  private settleNative: ((promised: Promised) => void) | undefined = undefined;

  constructor(scope: Scope | undefined) {
    this.scope = scope;
  }

  /** Settles it; waiters go on in a microtask turn. */
  settle(status: Status, value: unknown): void {
    if (this.status !== Status.pending) return;
    this.finish(status, value);
    const { waiter, moreWaiters } = this;
    if (waiter === undefined) return;
    this.waiter = undefined;
    this.moreWaiters = undefined;
    makeReady(waiter);
    if (moreWaiters !== undefined) for (const more of moreWaiters) makeReady(more);
  }

  /** Settles it, and gives the one waiter, which the caller lets go on at once; undefined if there is not just one. */
  settleFor(status: Status, value: unknown): Activation | undefined {
    const { waiter } = this;
    if (waiter === undefined || this.moreWaiters !== undefined) {
      this.settle(status, value);
      return undefined;
    }
    this.finish(status, value);
    this.waiter = undefined;
    return waiter;
  }

  protected finish(status: Status, value: unknown): void {
    this.status = status;
    this.value = value;
    if (this.settleNative !== undefined) this.settleNative(this);
    else if (status === Status.rejected && !this.isAsked) reportSoon(this);
  }

  addWaiter(activation: Activation): void {
    this.isAsked = true;
    if (this.status !== Status.pending) makeReady(activation);
    else if (this.waiter === undefined) this.waiter = activation;
    else if (this.moreWaiters === undefined) this.moreWaiters = [activation];
    else this.moreWaiters.push(activation);
  }

  /** A promise of the language that ends like this one. */
  native(): Promise<unknown> {
    if (this.nativePromise !== undefined) return this.nativePromise;
    this.isAsked = true;
    if (this.status === Status.fulfilled) this.nativePromise = Promise.resolve(this.value);
    else if (this.status === Status.rejected) this.nativePromise = Promise.reject(this.value);
    else {
      const { scope } = this;
      scope?.hold();
      this.nativePromise = new Promise((resolve, reject) => {
        this.settleNative = ({ status, value }) => {
          if (status === Status.fulfilled) resolve(value);
          else reject(value);
          // Behind the reactions that are there already.
          if (scope !== undefined) void settled.then(() => settled.then(() => scope.release()));
        };
      });
    }
    return this.nativePromise;
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise.
  then(onFulfilled?: (value: unknown) => unknown, onRejected?: (reason: unknown) => unknown): Promise<unknown> {
    return this.native().then(onFulfilled, onRejected);
  }

  catch(onRejected?: (reason: unknown) => unknown): Promise<unknown> {
    return this.native().catch(onRejected);
  }

  finally(onSettled?: () => void): Promise<unknown> {
    return this.native().finally(onSettled);
  }

  /** It will never be settled, since something else has won a race: who only watches it need not do so any more. */
  abandon(): void {
    const { waiter } = this;
    if (waiter === undefined || waiter.code.module.hash !== runtimeModule) return;
    this.waiter = undefined;
    waiter.scope?.ended(waiter);
  }

  // ---- moves ----

  pack(): unknown {
    checkPacking('a promise');
    const { status, value, isAsked, id, request, waiter, moreWaiters } = this;
    return [status, value, isAsked, id, request?.describeForFrame(), waiter, moreWaiters];
  }

  /** Made without the constructor. */
  unpack(packed: unknown): void {
    const [status, value, isAsked, id, request, waiter, moreWaiters] = packed as PackedPromised;
    this.status = status;
    this.value = value;
    this.isAsked = isAsked;
    this.id = id;
    this.waiter = waiter;
    this.moreWaiters = moreWaiters;
    this.scope = unpackingScope();
    this.request = undefined;
    this.nativePromise = undefined;
    this.settleNative = undefined;
    this.scope?.adopt(this, request);
  }
}

type PackedPromised = [Status, unknown, boolean, number, unknown, Activation | undefined, Activation[] | undefined];

// `instanceof Promise` holds, as it does for what async functions give.
Object.setPrototypeOf(Promised.prototype, Promise.prototype);

const settled = Promise.resolve();

function makeReady(activation: Activation): void {
  const { scope } = activation;
  if (scope !== undefined) scope.ready(activation);
  else void settled.then(() => activation.goOn());
}

function reportSoon(promised: Promised): void {
  void settled.then(() =>
    settled.then(() => {
      // Made here, it is the platform that reports it.
      if (!promised.isAsked) void Promise.reject(promised.value);
    }),
  );
}

// The scope whose frames are being packed or unpacked: an argument in disguise, set and taken back in one synchronous step.
let packing: Scope | undefined;
let isPacking = false;

/** Runs `action` with promises and activations packable. */
export function whilePacking<T>(scope: Scope | undefined, action: () => T): T {
  const [outer, wasPacking] = [packing, isPacking];
  packing = scope;
  isPacking = true;
  try {
    return action();
  } finally {
    packing = outer;
    isPacking = wasPacking;
  }
}

export function unpackingScope(): Scope | undefined {
  return packing;
}

export function checkPacking(what: string): void {
  if (!isPacking) throw new NotEncodable(`${what}, which only a chare that migrates takes along`);
}
