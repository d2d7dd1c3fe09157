/** Bit vectors: construction, growth and refusals; as priorities they travel in proxies. */
import assert from 'node:assert/strict';
import { BitVector, Chare, type Charm, type ElementProxy, UsageError } from 'charm4ts';

export class BitVectorTarget extends Chare {
  echo(text: string): string {
    return text;
  }

  /** Uses a proxy that came with a priority. */
  useOther(other: ElementProxy<BitVectorTarget>): Promise<string> {
    return other.ask.echo('through');
  }
}

export async function bitVector(charm: Charm): Promise<void> {
  assert.deepEqual(BitVector.of(''), BitVector.root());
  assert.deepEqual(BitVector.of('0110'), BitVector.root().child(0b0110, 4));
  assert.deepEqual(BitVector.of('0110').child(1, 1), BitVector.of('01101'));
  assert.equal(BitVector.of('01'.repeat(40)).length, 80);
  let long = BitVector.root();
  for (let i = 0; i < 40; i++) long = long.child(i % 4, 2);
  assert.deepEqual(long, BitVector.of('00011011'.repeat(10)));
  assert.deepEqual(BitVector.root().child(0xffffffff, 32), BitVector.of('1'.repeat(32)));
  assert.throws(() => BitVector.of('012'), UsageError);
  assert.throws(() => BitVector.root().child(4, 2), UsageError);
  assert.throws(() => BitVector.root().child(1, 0), UsageError);
  assert.throws(() => BitVector.root().child(-1, 3), UsageError);
  const [first, second] = [await charm.chare(BitVectorTarget), await charm.chare(BitVectorTarget)];
  for (const bits of ['', '0', '1', '01'.repeat(20), '1'.repeat(33)]) {
    const prioritised = second.with({ priority: BitVector.of(bits), queueing: 'lifo' });
    assert.equal(await first.ask.useOther(prioritised), 'through');
  }
}
