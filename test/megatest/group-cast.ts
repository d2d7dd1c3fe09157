/** A reduction of group constructors, then a broadcast that reaches every branch, also from every branch at once. */
import assert from 'node:assert/strict';
import { Chare, type Charm, type Future, Reducer } from 'charm4ts';

export class CastBranch extends Chare {
  readonly _heard: number[] = [];

  constructor(constructed: Future<number>) {
    super();
    this.contribute(1, Reducer.sum, constructed);
  }

  sayToAll(): void {
    this.group.all.hear(this.index);
  }

  hear(from: number): void {
    this._heard.push(from);
    if (this._heard.length === this.charm.pes)
      this.contribute(this._heard, Reducer.gather<number[]>(), this.group.at(0).callback.compare);
  }

  compare(orders: readonly (readonly number[])[]): void {
    assert.equal(orders.length, this.charm.pes);
    for (const order of orders) assert.deepEqual(order, orders[0]);
    assert.deepEqual(new Set(orders[0]).size, this.charm.pes);
    this._done?.set();
  }

  _done: Future<void> | undefined = undefined;

  whenDone(done: Future<void>): void {
    this._done = done;
    this.group.all.sayToAll();
  }
}

export async function groupCast(charm: Charm): Promise<void> {
  const constructed = charm.future<number>();
  const group = await charm.group(CastBranch, { args: [constructed] });
  assert.equal(await constructed.get(), charm.pes);
  const done = charm.future();
  group.at(0).whenDone(done);
  await done.get();
}
