/**
 * About how long a value is when packed, for statistics: without packing it. Looks at a few dozen of its parts, so
 * that the cost stays under a microsecond; what is left out is taken to be like what was seen.
 */
const partsMax = 64;

export function approximateBytes(value: unknown): number {
  return sizeOf(value, { left: partsMax });
}

function sizeOf(value: unknown, budget: { left: number }): number {
  budget.left--;
  switch (typeof value) {
    case 'number':
    case 'bigint':
      return 9;
    case 'string':
      return 2 + value.length;
    case 'object':
      return value === null ? 1 : sizeOfObject(value, budget);
    default:
      return 1;
  }
}

function sizeOfObject(value: object, budget: { left: number }): number {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return 8 + value.byteLength;
  if (Array.isArray(value)) return 4 + sizeOfParts(value, value.length, budget);
  if (value instanceof Map) return 4 + sizeOfParts(pairsOf(value), 2 * value.size, budget);
  if (value instanceof Set) return 4 + sizeOfParts(value, value.size, budget);
  const keys = Object.keys(value);
  return 4 + sizeOfParts(fieldsOf(value, keys), 2 * keys.length, budget);
}

function sizeOfParts(parts: Iterable<unknown>, count: number, budget: { left: number }): number {
  let seen = 0;
  let bytes = 0;
  for (const part of parts) {
    if (budget.left <= 0 && seen > 0) break;
    bytes += sizeOf(part, budget);
    seen++;
  }
  return seen === 0 ? 0 : (bytes * count) / seen;
}

function* pairsOf(map: ReadonlyMap<unknown, unknown>): Iterable<unknown> {
  for (const [key, value] of map) {
    yield key;
    yield value;
  }
}

function* fieldsOf(value: object, keys: readonly string[]): Iterable<unknown> {
  for (const key of keys) {
    yield key;
    yield (value as { readonly [name: string]: unknown })[key];
  }
}
