/** Fibonacci numbers by creating a chare for every call. */
import assert from 'node:assert/strict';
import { type Callback, Chare, type Charm } from 'charm4ts';

export class Fib extends Chare {
  readonly _parent: Callback<number>;
  _missing = 2;
  _sum = 0;

  constructor(n: number, parent: Callback<number>) {
    super();
    this._parent = parent;
    if (n < 2) {
      parent.send(n);
      return;
    }
    this.charm.spawn(Fib, { args: [n - 1, this.self.callback.add] });
    this.charm.spawn(Fib, { args: [n - 2, this.self.callback.add], priority: -n });
  }

  add(part: number): void {
    this._sum += part;
    this._missing--;
    if (this._missing === 0) this._parent.send(this._sum);
  }
}

/** The same with questions instead of callbacks. */
export class AskingFib extends Chare {
  async of(n: number): Promise<number> {
    if (n < 2) return n;
    const [a, b] = [this.charm.spawn(AskingFib), this.charm.spawn(AskingFib)];
    const parts = await Promise.all([a.ask.of(n - 1), b.ask.of(n - 2)]);
    return parts[0] + parts[1];
  }
}

export async function fib(charm: Charm): Promise<void> {
  const result = charm.future<number>();
  charm.spawn(Fib, { args: [10, result] });
  assert.equal(await result.get(), 55);
  assert.equal(await charm.spawn(AskingFib).ask.of(8), 21);
}
