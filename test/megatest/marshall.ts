/** Every type of parameter arrives as it was sent: tell, ask, broadcast and constructor alike. */
import assert from 'node:assert/strict';
import { Chare, type Charm, type Future, Reducer } from 'charm4ts';

/** Made anew on each PE, so that nothing can be compared with itself. */
function values(): unknown[] {
  const doubles = Float64Array.from({ length: 2000 }, (_, i) => Math.sin(i));
  return [
    0,
    -0,
    42,
    -1.5e300,
    Number.NaN,
    Infinity,
    2 ** 31,
    -(2 ** 31) - 1,
    Number.MAX_SAFE_INTEGER,
    true,
    false,
    null,
    undefined,
    '',
    'text with ümläuts, 漢字 and 🙂',
    'x'.repeat(10_000),
    123456789012345678901234567890n,
    -1n,
    new Date(1234567890123),
    [],
    [1, [2, [3, ['four']]]],
    {},
    { a: 1, b: { c: [null, undefined, { d: 'e' }] }, 'odd key!': -0 },
    Object.fromEntries([
      ['__proto__', { polluted: true }],
      ['constructor', 1],
    ]),
    new Map<unknown, unknown>([
      [1, 'one'],
      ['two', { n: 2 }],
      [null, new Map([[3, [3]]])],
    ]),
    new Set<unknown>([1, 'two', null]),
    Int8Array.of(-128, 0, 127),
    Uint8Array.of(1, 2, 3),
    Uint8ClampedArray.of(0, 255),
    Int16Array.of(-32768, 32767, 5),
    Uint16Array.of(65535),
    Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 7),
    Uint32Array.of(2 ** 32 - 1),
    Float32Array.of(1.5, -0, Number.NaN),
    Float64Array.of(Math.PI),
    BigInt64Array.of(-(2n ** 63n), 5n, 6n),
    BigUint64Array.of(2n ** 64n - 1n),
    new Uint8Array(0),
    doubles,
    doubles.subarray(3, 777),
    { big: new Uint8Array(5001).fill(7), small: new Uint8Array(3).fill(9) },
    new Uint8Array([1, 2, 3]).buffer,
    new DataView(new Uint8Array([1, 2, 3, 4, 5]).buffer, 1, 3),
  ];
}

export class Marshaller extends Chare {
  constructor(made: readonly unknown[]) {
    super();
    assert.deepEqual(made, values());
  }

  /** One parameter each. */
  take(count: number, ...all: readonly unknown[]): number {
    assert.deepEqual(all, values());
    assert.equal(all.length, count);
    return all.length;
  }

  takeAll(all: readonly unknown[], done: Future<number>): void {
    assert.deepEqual(all, values());
    this.contribute(1, Reducer.sum, done);
  }

  give(): unknown[] {
    return values();
  }

  giveOne(i: number): unknown {
    return values()[i];
  }

  optional(a: number, b?: string, c = 'default'): unknown[] {
    return [a, b, c];
  }
}

export async function marshall(charm: Charm): Promise<void> {
  const sent = values();
  const all = await charm.group(Marshaller, { args: [sent] });
  for (let pe = 0; pe < charm.pes; pe++) {
    assert.equal(await all.at(pe).ask.take(sent.length, ...sent), sent.length);
    assert.deepEqual(await all.at(pe).ask.give(), sent);
    assert.deepEqual(await all.at(pe).ask.optional(1), [1, undefined, 'default']);
    assert.deepEqual(await all.at(pe).ask.optional(1, 'b', undefined), [1, 'b', 'default']);
  }
  const ones = await Promise.all(sent.map((_, i) => all.at(charm.pes - 1).ask.giveOne(i)));
  assert.deepEqual(ones, sent);
  const done = charm.future<number>();
  all.all.takeAll(sent, done);
  assert.equal(await done.get(), charm.pes);
}
