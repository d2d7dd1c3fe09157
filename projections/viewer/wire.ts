/**
 * Answers of the viewer's server as bytes: plain values as JSON, typed arrays as they lie in memory.
 *
 *     u32 length of the JSON | JSON, filled up with blanks to a multiple of 8 | typed arrays, each at a multiple of 8
 *
 * In the JSON a typed array is `{"$array": [type, offset, length]}`. Values from traces are numbers and strings, never
 * objects, so nothing in a file can pass for one. Numbers that are not finite become null outside of typed arrays.
 */
const types = {
  u8: Uint8Array,
  u16: Uint16Array,
  u32: Uint32Array,
  i32: Int32Array,
  f32: Float32Array,
  f64: Float64Array,
} as const;
type TypeName = keyof typeof types;
type AnyArray = InstanceType<(typeof types)[TypeName]>;

const lengthBytes = 4;

export function encodeAnswer(value: unknown): Uint8Array<ArrayBuffer> {
  const arrays: AnyArray[] = [];
  let size = 0;
  const text = JSON.stringify(value, (_key, item: unknown) => {
    const type = typeOf(item);
    if (type === undefined) return item;
    const array = item as AnyArray;
    const offset = size;
    size += (array.byteLength + 7) & ~7;
    arrays.push(array);
    return { $array: [type, offset, array.length] };
  });
  const json = new TextEncoder().encode(text);
  const head = (lengthBytes + json.length + 7) & ~7;
  const bytes = new Uint8Array(head + size).fill(0x20, lengthBytes + json.length, head);
  new DataView(bytes.buffer).setUint32(0, json.length, true);
  bytes.set(json, lengthBytes);
  let at = head;
  for (const array of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    at += (array.byteLength + 7) & ~7;
  }
  return bytes;
}

/** Typed arrays are views into `buffer`. */
export function decodeAnswer(buffer: ArrayBuffer): unknown {
  const length = new DataView(buffer).getUint32(0, true);
  const head = (lengthBytes + length + 7) & ~7;
  const text = new TextDecoder().decode(new Uint8Array(buffer, lengthBytes, length));
  return JSON.parse(text, (_key, item: unknown) => {
    const place = placeOf(item);
    if (place === undefined) return item;
    const [type, offset, count] = place;
    return new types[type](buffer, head + offset, count);
  });
}

function typeOf(item: unknown): TypeName | undefined {
  if (!ArrayBuffer.isView(item)) return undefined;
  for (const name of Object.keys(types) as TypeName[]) if (item instanceof types[name]) return name;
  return undefined;
}

function placeOf(item: unknown): readonly [TypeName, number, number] | undefined {
  if (typeof item !== 'object' || item === null || !('$array' in item)) return undefined;
  return item.$array as readonly [TypeName, number, number];
}
