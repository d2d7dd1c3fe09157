/**
 * `Promise.all`, `allSettled`, `any` and `race` that can be packed: compiled functions call these in place of them. For each
 * item an activation of `watch` waits, and tells the combination how the item has ended.
 */
import { Activation } from './activation.ts';
import { module, runtimeModule } from './code.ts';
import { Promised, Status } from './promised.ts';
import { runningScope, type Scope } from './scope.ts';

type Kind = 'all' | 'allSettled' | 'any' | 'race';

export class Combination extends Promised {
  kind: Kind;
  /** How many have not ended in the way that does not decide. */
  left: number;
  results: unknown[];
  /** In a race: requests of which only the winner takes a message. */
  items: Promised[];

  constructor(kind: Kind, items: readonly unknown[], scope: Scope | undefined) {
    super(scope);
    this.kind = kind;
    this.left = items.length;
    this.results = new Array<unknown>(items.length).fill(undefined);
    this.items = kind === 'all' || kind === 'allSettled' ? [] : items.filter((item) => item instanceof Promised);
    this.compete();
    if (items.length === 0 && kind !== 'race') this.decide();
    items.forEach((item, at) => {
      new Activation(watch, undefined, [item, this, at], undefined, scope).run();
    });
  }

  /** Tells requests that they exclude each other; anew where they are opened anew. */
  compete(): void {
    for (const { request } of this.items) request?.enterRace(this);
  }

  ended(at: number, status: Status, value: unknown): void {
    const { kind } = this;
    if (
      kind === 'race' ||
      (kind === 'all' && status === Status.rejected) ||
      (kind === 'any' && status === Status.fulfilled)
    )
      return this.settle(status, value);
    if (kind !== 'allSettled') this.results[at] = value;
    else if (status === Status.fulfilled) this.results[at] = { status: 'fulfilled', value };
    else this.results[at] = { status: 'rejected', reason: value };
    if (--this.left === 0) this.decide();
  }

  private decide(): void {
    if (this.kind === 'any')
      this.settle(Status.rejected, new AggregateError(this.results, 'All promises were rejected'));
    else this.settle(Status.fulfilled, this.results);
  }

  override pack(): unknown {
    return [super.pack(), this.kind, this.left, this.results, this.items];
  }

  override unpack(packed: unknown): void {
    const [base, kind, left, results, items] = packed as [unknown, Kind, number, unknown[], Promised[]];
    super.unpack(base);
    this.kind = kind;
    this.left = left;
    this.results = results;
    this.items = items;
  }
}

const watch = module(runtimeModule, 'Promise').code(0, 'Promise', {}, (activation) => {
  const [item, target, at] = activation.locals as [unknown, Combination, number];
  if (activation.point === 0 && activation.suspends(item)) return activation.save(1, [item, target, at]);
  let value: unknown;
  try {
    value = activation.take();
  } catch (error) {
    target.ended(at, Status.rejected, error);
    return undefined;
  }
  target.ended(at, Status.fulfilled, value);
  return undefined;
});

function combine(kind: Kind): (items: Iterable<unknown>) => Promised {
  return (items) => new Combination(kind, [...items], runningScope());
}

export const all = combine('all');
export const allSettled = combine('allSettled');
export const any = combine('any');
export const race = combine('race');
