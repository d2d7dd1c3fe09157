/** The end of work that nobody can foresee, found by quiescence: no producer at all, idle ones, and uneven ones. */
import assert from 'node:assert/strict';
import { type ArrayProxy, Chare, type Charm, type Future, Reducer } from 'charm4ts';

const consumerCount = 8;

export class Producer extends Chare {
  produce(consumers: ArrayProxy<Consumer, number>, count: number): void {
    for (let i = 0; i < count; i++) consumers.at(Math.floor(this.charm.random() * consumerCount)).consume(i % 3);
  }
}

export class Consumer extends Chare {
  _consumed = 0;

  /** An item may contain more items. */
  consume(more: number): void {
    this._consumed++;
    if (more > 0) this.array.at((this.index * 3 + more) % consumerCount).consume(more - 1);
  }

  report(done: Future<number>): void {
    this.contribute(this._consumed, Reducer.sum, done);
  }
}

/** Items that come from the item `i % 3`. */
const itemsOf = (count: number): number =>
  Array.from({ length: count }, (_, i) => 1 + (i % 3)).reduce((a, b) => a + b, 0);

export async function completion(charm: Charm): Promise<void> {
  const producers = await charm.array(Producer, { size: 6, map: 'roundRobin' });
  const consumers = await charm.array(Consumer, { size: consumerCount });
  let expected = 0;
  for (const counts of [[], [0], [1], [0, 1, 2, 3, 40, 5], [100]]) {
    for (const [producer, count] of counts.entries()) {
      producers.at(producer).produce(consumers, count);
      expected += itemsOf(count);
    }
    await charm.quiescence();
    const done = charm.future<number>();
    consumers.all.report(done);
    assert.equal(await done.get(), expected);
  }
}
