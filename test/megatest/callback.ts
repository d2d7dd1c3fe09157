/** Callbacks of every kind deliver the right value once, sent from here or reflected by another PE. */
import assert from 'node:assert/strict';
import { type Callback, Chare, type Charm, type ElementProxy } from 'charm4ts';

interface Value {
  readonly n: number;
  readonly text: string;
}

export class CallbackTarget extends Chare<number> {
  readonly _values: Value[] = [];
  _more: (() => void) | undefined = undefined;

  receive(value: Value): void {
    assert.equal(value.text, `value ${value.n}`);
    this._values.push(value);
    this._more?.();
  }

  /** The values, once there are so many. */
  async received(count: number): Promise<number[]> {
    while (this._values.length < count) {
      const more = this.charm.future();
      this._more = () => more.set();
      await more.get();
    }
    return this._values.map(({ n }) => n).sort((a, b) => a - b);
  }
}

export class CallbackReflector extends Chare {
  reflect(callback: Callback<Value>, value: Value): void {
    callback.send(value);
  }
}

export async function callback(charm: Charm): Promise<void> {
  const chare = await charm.chare(CallbackTarget);
  const array = await charm.array(CallbackTarget, { size: 5 });
  const sparse = await charm.array(CallbackTarget, { indices: [-7, 12] });
  const group = await charm.group(CallbackTarget);
  const nodeGroup = await charm.nodeGroup(CallbackTarget);
  const reflectors = await charm.group(CallbackReflector);
  const lastPe = charm.pes - 1;
  const callbacks: Callback<Value>[] = [
    chare.callback.receive,
    array.at(3).callback.receive,
    array.all.callback.receive,
    sparse.at(-7).callback.receive,
    sparse.all.callback.receive,
    group.at(lastPe).callback.receive,
    group.all.callback.receive,
    nodeGroup.all.callback.receive,
    chare.with({ priority: 3 }).callback.receive,
    charm.ignoreCallback,
  ];
  const futures = [];
  let n = 0;
  for (const target of callbacks) {
    target.send({ n, text: `value ${n++}` });
    const reflector = reflectors.at(Math.floor(charm.random() * charm.pes));
    reflector.reflect(target, { n, text: `value ${n++}` });
    const future = charm.future<Value>();
    reflector.reflect(future, { n, text: `value ${n}` });
    futures.push(future.get());
  }
  await Promise.all(futures);
  const expect = async (target: ElementProxy<CallbackTarget>, ...kinds: number[]): Promise<void> => {
    const wanted = kinds.flatMap((kind) => [2 * kind, 2 * kind + 1]);
    assert.deepEqual(await target.ask.received(wanted.length), wanted);
  };
  await expect(chare, 0, 8);
  for (let i = 0; i < 5; i++) await expect(array.at(i), ...(i === 3 ? [1, 2] : [2]));
  await expect(sparse.at(-7), 3, 4);
  await expect(sparse.at(12), 4);
  for (let pe = 0; pe < charm.pes; pe++) await expect(group.at(pe), ...(pe === lastPe ? [5, 6] : [6]));
  for (let node = 0; node < charm.nodes; node++) await expect(nodeGroup.at(node), 7);
}
