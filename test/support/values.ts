/** Everything that can be sent in a message, apart from proxies, callbacks and futures. */
import fc from 'fast-check';

const arrays = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
] as const;

/** Any length, odd ones and beyond 4 KiB too, at any place of the buffer below. */
export const typedArrays: fc.Arbitrary<ArrayBufferView | ArrayBuffer> = fc
  .record({
    kind: fc.nat(arrays.length + 1),
    length: fc.oneof(fc.nat(20), fc.integer({ min: 500, max: 5000 }), fc.constantFrom(511, 512, 513, 4095, 4096, 4097)),
    before: fc.nat(3),
    seed: fc.nat(),
  })
  .map(({ kind, length, before, seed }) => {
    const type = arrays[kind];
    if (type === undefined) {
      const bytes = bytesOf(length + before, seed);
      return kind === arrays.length ? bytes.buffer : new DataView(bytes.buffer, before, length);
    }
    const bytes = bytesOf((length + before) * type.BYTES_PER_ELEMENT, seed);
    return new type(bytes.buffer, before * type.BYTES_PER_ELEMENT, length);
  });

function bytesOf(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let state = seed | 1;
  for (let i = 0; i < length; i++) {
    state = Math.imul(state, 1664525) + 1013904223;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ maxLength: 200, size: 'max' }),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'length', '', 'ü'.repeat(40)),
);

export const scalars: fc.Arbitrary<unknown> = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(-0, 0, Number.NaN, Infinity, -Infinity, 2 ** 31, -(2 ** 31), 2 ** 32, Number.MIN_VALUE),
  texts,
  fc.boolean(),
  fc.constantFrom(null, undefined),
  fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }),
  fc.date({ noInvalidDate: true }),
);

export const { value: sendableValues } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small', withCrossShrink: true },
    { weight: 4, arbitrary: scalars },
    { weight: 2, arbitrary: typedArrays },
    { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 6 }) },
    {
      weight: 1,
      // Own properties, whatever their names are.
      arbitrary: fc.array(fc.tuple(texts, tie('value')), { maxLength: 6 }).map((fields) => Object.fromEntries(fields)),
    },
    {
      weight: 1,
      arbitrary: fc.array(fc.tuple(scalars, tie('value')), { maxLength: 4 }).map((entries) => new Map(entries)),
    },
    { weight: 1, arbitrary: fc.array(scalars, { maxLength: 4 }).map((items) => new Set(items)) },
  ),
}));
