/** Values on the wire: what goes in comes out, what cannot is refused by name, and no bytes whatever do harm. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { CharmError } from '../../core/base/errors.ts';
import { FrameKind } from '../../core/message/envelope.ts';
import { decodeArguments, decodeValue } from '../../core/pup/decode.ts';
import { encodeArguments, encodeValue } from '../../core/pup/encode.ts';
import { FrameMemory } from '../../core/pup/frame-memory.ts';
import { Reader } from '../../core/pup/reader.ts';
import type { DecodeContext } from '../../core/pup/value-codec.ts';
import { Writer } from '../../core/pup/writer.ts';
import { check } from '../support/property.ts';
import { sendableValues, typedArrays } from '../support/values.ts';

// One for all, as on a PE: what a frame leaves behind must not show in the next.
const writer = new Writer();

const context: DecodeContext = {
  handle: () => {
    throw new CharmError('ERR_DECODE', 'there are no handles here');
  },
  classes: writer.classes,
};

function frameOf(value: unknown): Uint8Array {
  writer.begin(FrameKind.entry, 0, 0, 0, 0);
  encodeValue(writer, value, 'the value');
  writer.end();
  return writer.copyFrame();
}

function decode(frame: Uint8Array): unknown {
  return decodeValue(Reader.over(frame), context);
}

/** As a frame lies in a ring: in shared memory, behind others, and soon to be overwritten. */
function decodeFromRing(frame: Uint8Array): unknown {
  const ring = new Uint8Array(new SharedArrayBuffer(frame.length + 64));
  ring.set(frame, 40);
  const reader = new Reader();
  reader.reset(new FrameMemory(ring.buffer), 40, frame.length, false);
  const value = decodeValue(reader, context);
  ring.fill(0xff);
  return value;
}

function refusal(value: unknown): string {
  try {
    frameOf(value);
  } catch (error) {
    assert(error instanceof CharmError);
    assert.equal(error.code, 'ERR_NOT_ENCODABLE');
    return error.message;
  }
  assert.fail('it was encoded');
}

/** Decodes bytes that may be damaged; the only error there may be is ERR_DECODE, or that they want code that is not here. */
function decodeDamaged(frame: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: decode(frame) };
  } catch (error) {
    assert(error instanceof CharmError, `${String(error)} instead of ERR_DECODE`);
    assert(error.code === 'ERR_DECODE' || error.code === 'ERR_FRAME', error.code);
    return undefined;
  }
}

describe('values on the wire', () => {
  it('come out as they went in', () =>
    check(sendableValues, (value) => assert.deepEqual(decode(frameOf(value)), value), { runs: 2000 }));

  it('come out of shared memory as they went in, and do not change when it is used again', () =>
    check(sendableValues, (value) => assert.deepEqual(decodeFromRing(frameOf(value)), value), { runs: 1000 }));

  it('include typed arrays of every kind, of any length and offset, with memory of their own', () =>
    check(
      typedArrays,
      (array) => {
        const frame = frameOf([1, array, 'behind']);
        const [, copy] = decode(frame) as [number, typeof array, string];
        assert.deepEqual(decode(frame), [1, array, 'behind']);
        assert.equal(Object.getPrototypeOf(copy), Object.getPrototypeOf(array));
        const bytes = ArrayBuffer.isView(array) ? array : new Uint8Array(array);
        const mine = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        const before = mine.slice();
        if (ArrayBuffer.isView(copy)) new Uint8Array(copy.buffer, copy.byteOffset, copy.byteLength).fill(0xa5);
        assert.deepEqual(mine, before, 'the copy shares memory with the original');
      },
      { runs: 500 },
    ));

  it('keep -0, NaN and infinities', () => {
    for (const n of [-0, 0, Number.NaN, Infinity, -Infinity]) {
      assert(Object.is(decode(frameOf(n)), n));
      assert(Object.is((decode(frameOf([n])) as number[])[0], n));
      assert(Object.is((decode(frameOf(new Map([[1, n]]))) as Map<number, number>).get(1), n));
    }
  });

  it('keep dates that are none', () => {
    // Left out of what is drawn, since assert takes two of them for different.
    assert(Number.isNaN((decode(frameOf(new Date(Number.NaN))) as Date).getTime()));
  });

  it('keep strings whatever is in them: byte order marks, lone surrogates, zero characters', () => {
    for (const text of [
      '\ufeffabc',
      'a\ufeffb',
      '\ufeff',
      '\ufeff'.repeat(50),
      '\0',
      `${'é'.repeat(40)}\0`,
      '\ud83d\ude00',
    ]) {
      assert.equal(decode(frameOf(text)), text, JSON.stringify(text));
    }
    // Half a surrogate pair is no UTF-8; it must arrive unchanged or be refused, not replaced.
    for (const text of ['\ud800', `a\udfffb`, `${'x'.repeat(100)}\ud83d`]) {
      let arrived: unknown = text;
      try {
        arrived = decode(frameOf(text));
      } catch (error) {
        assert.equal((error as CharmError).code, 'ERR_NOT_ENCODABLE');
      }
      assert.equal(arrived, text, JSON.stringify(text));
    }
  });

  it('keep keys that mean something to prototypes as mere keys', () => {
    const value = JSON.parse(
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}},"toString":3}',
    ) as object;
    const copy = decode(frameOf(value)) as Record<string, unknown>;
    assert.deepEqual(copy, value);
    assert.deepEqual(Object.keys(copy), ['__proto__', 'constructor', 'toString']);
    assert.equal(Object.getPrototypeOf(copy), Object.prototype);
    assert.equal(({} as { polluted?: number }).polluted, undefined);
  });

  it('keep what an error says', () => {
    for (const error of [
      new Error('plain'),
      new RangeError('range'),
      new CharmError('ERR_USAGE', 'coded', { pe: 3, chare: 'X[1]' }),
    ]) {
      const copy = decode(frameOf({ error })) as { error: Error };
      assert(copy.error instanceof Error);
      assert.equal(copy.error.message, error.message);
      assert.equal(copy.error.name, error.name);
      assert.equal(copy.error.stack?.includes(error.message), true);
      assert.equal((copy.error as CharmError).code, (error as CharmError).code);
      assert.deepEqual((copy.error as CharmError).place, (error as CharmError).place);
    }
  });

  it('nest 64 deep', () => {
    let deep: unknown = 'bottom';
    for (let i = 0; i < 64; i++) deep = i % 2 === 0 ? [deep] : { deep };
    assert.deepEqual(decode(frameOf(deep)), deep);
    for (let i = 0; i < 40_000; i++) deep = [deep];
    assert.match(refusal(deep), /deep|cycle/);
  });
});

describe('argument lists', () => {
  function passOn(args: readonly unknown[]): unknown[] {
    writer.begin(FrameKind.entry, 0, 0, 0, 0);
    encodeArguments(writer, args, 'X.method');
    writer.end();
    return decodeArguments(Reader.over(writer.copyFrame()), context);
  }

  it('come out as they went in', () =>
    check(fc.array(sendableValues, { maxLength: 10 }), (args) => assert.deepEqual(passOn(args), args), { runs: 500 }));

  it('arrive whole or are refused, however many arguments there are', () => {
    for (const count of [0, 1, 127, 128, 255, 256, 257, 1000]) {
      const args = Array.from({ length: count }, (_, i) => i);
      let arrived: unknown[] = args;
      try {
        arrived = passOn(args);
      } catch (error) {
        assert(error instanceof CharmError, String(error));
      }
      assert.equal(arrived.length, count);
    }
  });

  it('name the argument and the method when they refuse', () => {
    const send = (): unknown => passOn([1, 2, { list: [0, () => 1] }]);
    assert.throws(
      send,
      (error: CharmError) => /argument 3 of X\.method/.test(error.message) && error.message.includes('list[1]'),
    );
  });
});

describe('values that cannot be sent', () => {
  class Point {
    readonly x = 1;
  }

  it('are refused with their path', () => {
    const cases: readonly [value: unknown, path: RegExp][] = [
      [() => 1, /it.* is a function/],
      [Symbol('s'), /is a symbol/],
      [{ a: { b: [0, () => 1] } }, /\.a\.b\[1\].*function/],
      [[new Map([['key', { f: Symbol.iterator }]])], /\[0\]\.get\(key\)\.f.*symbol/],
      [{ p: new Point() }, /\.p.*Point/],
      [[Promise.resolve(1)], /\[0\].*Promise/],
      [{ r: /x/ }, /\.r.*RegExp/],
      [{ w: new WeakMap() }, /\.w.*WeakMap/],
      [new Set([[new Point()]]), /\[0\].*Point/],
      [{ s: new SharedArrayBuffer(8) }, /\.s.*SharedArrayBuffer/],
      [{ n: new Number(1) }, /\.n.*Number/],
    ];
    for (const [value, path] of cases) assert.match(refusal(value), path);
  });

  it('include every cycle', () => {
    const list: unknown[] = [];
    list.push({ list });
    assert.match(refusal(list), /cycle/);
    const map = new Map<string, unknown>();
    map.set('self', map);
    assert.match(refusal({ map }), /cycle/);
    const set = new Set<unknown>();
    set.add([set]);
    assert.match(refusal(set), /cycle/);
  });

  it('leave the writer fit for the next message', () => {
    refusal({ big: new Uint8Array(10_000), bad: () => 1 });
    const value = { fine: new Float64Array(1000).fill(3) };
    assert.deepEqual(decode(frameOf(value)), value);
  });
});

describe('damaged frames', () => {
  it('give ERR_DECODE or the value when they are cut off anywhere', () =>
    check(
      sendableValues,
      (value) => {
        const frame = frameOf(value);
        const step = Math.max(1, Math.floor(frame.length / 300));
        for (let length = 0; length < frame.length; length += step) {
          const result = decodeDamaged(frame.slice(0, length));
          if (result !== undefined) assert.deepEqual(result.value, value);
        }
      },
      { runs: 300 },
    ));

  it('give ERR_DECODE or some value when bytes are changed', () =>
    check(
      fc.record({
        value: sendableValues,
        changes: fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      }),
      ({ value, changes }) => {
        const frame = frameOf(value);
        for (const [at, byte] of changes) frame[at % frame.length] = byte;
        decodeDamaged(frame);
      },
      { runs: 3000 },
    ));

  it('give ERR_DECODE or some value whichever byte is changed to whatever', () => {
    const values = [
      [1.5, 'text', null, new Map([[1, { a: [2n] }]]), new Date(5), new Error('e')],
      [new Int32Array(2000), new Float64Array(600), new Uint8Array(5001).buffer, Int16Array.of(1, 2, 3)],
    ];
    for (const value of values) {
      const frame = frameOf(value);
      for (let at = 0; at < Math.min(frame.length, 300); at++) {
        const before = frame[at]!;
        for (let byte = 0; byte < 256; byte++) {
          frame[at] = byte;
          decodeDamaged(frame);
        }
        frame[at] = before;
      }
    }
  });

  it('give ERR_DECODE or some value when they are noise', () =>
    check(
      fc.uint8Array({ maxLength: 200 }),
      (noise) => {
        decodeDamaged(noise);
        const frame = frameOf(0);
        const framed = new Uint8Array(frame.length + noise.length);
        framed.set(frame.subarray(0, 16));
        framed.set(noise, 16);
        decodeDamaged(framed);
      },
      { runs: 3000 },
    ));

  it('cannot make the reader allocate more than they hold', () => {
    // An array, a map, text and bytes of 2^31 parts, in a frame of some bytes.
    for (let tag = 0; tag < 20; tag++) {
      const frame = new Uint8Array(40);
      frame.set(frameOf(0).subarray(0, 16));
      new DataView(frame.buffer).setUint32(4, 40, true);
      frame[16] = tag;
      for (const fill of [0x7f, 0xff]) {
        frame.fill(fill, 17);
        decodeDamaged(frame);
        frame[17] = 9;
        decodeDamaged(frame);
      }
    }
  });
});
