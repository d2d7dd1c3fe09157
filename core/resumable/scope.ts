/**
 * To whom activations belong. A scope decides when a ready activation goes on, and whether it must stop at an await so that its
 * element can move. For elements it is `ElementFrames`; without a scope activations go on in microtasks, like any async function.
 */
import type { Activation } from './activation.ts';
import type { Promised } from './promised.ts';

export interface Scope {
  /** Each await suspends, even of what is settled. */
  readonly mustYield: boolean;
  /** What `activation` awaits is settled; it goes on as soon as this scope lets it. */
  ready(activation: Activation): void;
  /** What runs now belongs to the element; gives what `leave` wants. */
  enter(): unknown;
  leave(outer: unknown): void;
  /** Something waits that can't be taken along. */
  hold(): void;
  release(): void;
  /** An activation suspends for the first time, or ends after that. */
  began(activation: Activation): void;
  ended(activation: Activation): void;
  /** A promise has been unpacked. */
  adopt(promised: Promised, request: unknown): void;
}

// The scope of the code that runs now: an argument in disguise for functions that are called without one.
let running: Scope | undefined;

export function runningScope(): Scope | undefined {
  return running;
}

/** Sets the scope of what runs, and gives the one before, which must be put back in the same synchronous step. */
export function setRunningScope(scope: Scope | undefined): Scope | undefined {
  const outer = running;
  running = scope;
  return outer;
}
