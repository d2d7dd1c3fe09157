/** Chares generic in what they hold, made concrete by subclasses. */
import assert from 'node:assert/strict';
import { Chare, type Charm } from 'charm4ts';

export abstract class Store<T> extends Chare {
  readonly _items: T[] = [];

  put(item: T): number {
    return this._items.push(item);
  }

  first(): T | undefined {
    return this._items[0];
  }

  abstract total(): T;
}

export class NumberStore extends Store<number> {
  total(): number {
    return this._items.reduce((a, b) => a + b, 0);
  }
}

export class TextStore extends Store<string> {
  total(): string {
    return this._items.join('');
  }
}

export async function templates(charm: Charm): Promise<void> {
  const numbers = await charm.chare(NumberStore, { onPe: charm.pes - 1 });
  const texts = await charm.chare(TextStore, { onPe: 0 });
  for (const n of [1, 2, 3]) assert.equal(await numbers.ask.put(n), n);
  for (const text of ['a', 'b', 'c']) texts.put(text);
  assert.equal(await numbers.ask.total(), 6);
  assert.equal(await texts.ask.total(), 'abc');
  assert.equal(await texts.ask.first(), 'a');
}
