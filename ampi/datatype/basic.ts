/** The predefined types: one for each kind of typed array, and pairs for MAXLOC and MINLOC. */
import { type ArrayMaker, Datatype, type NumberArray } from './datatype.ts';

function basic(name: string, make: ArrayMaker, bytes: number, count = 1): Datatype {
  const length = bytes * count;
  return new Datatype(
    `MPI_${name}`,
    { offsets: [0], lengths: [length], runs: [{ bytes, count }], lb: 0, ub: length },
    make,
  );
}

export const INT8 = basic('INT8_T', Int8Array, 1);
export const UINT8 = basic('UINT8_T', Uint8Array, 1);
export const BYTE = basic('BYTE', Uint8Array, 1);
export const CHAR = basic('CHAR', Uint8Array, 1);
/** What `pack` makes. */
export const PACKED = basic('PACKED', Uint8Array, 1);
export const INT16 = basic('INT16_T', Int16Array, 2);
export const UINT16 = basic('UINT16_T', Uint16Array, 2);
export const INT32 = basic('INT32_T', Int32Array, 4);
export const INT = basic('INT', Int32Array, 4);
export const UINT32 = basic('UINT32_T', Uint32Array, 4);
export const INT64 = basic('INT64_T', BigInt64Array, 8);
export const UINT64 = basic('UINT64_T', BigUint64Array, 8);
export const FLOAT = basic('FLOAT', Float32Array, 4);
export const DOUBLE = basic('DOUBLE', Float64Array, 8);
/** A value and an index, both of the same kind. */
export const TWO_INT = basic('2INT', Int32Array, 4, 2);
export const TWO_FLOAT = basic('2FLOAT', Float32Array, 4, 2);
export const TWO_DOUBLE = basic('2DOUBLE', Float64Array, 8, 2);
/** Two doubles, real and imaginary part. */
export const DOUBLE_COMPLEX = basic('C_DOUBLE_COMPLEX', Float64Array, 8, 2);
export const FLOAT_COMPLEX = basic('C_FLOAT_COMPLEX', Float32Array, 4, 2);

export const basicTypes: readonly Datatype[] = [
  INT8,
  UINT8,
  BYTE,
  CHAR,
  PACKED,
  INT16,
  UINT16,
  INT32,
  INT,
  UINT32,
  INT64,
  UINT64,
  FLOAT,
  DOUBLE,
  TWO_INT,
  TWO_FLOAT,
  TWO_DOUBLE,
  DOUBLE_COMPLEX,
  FLOAT_COMPLEX,
];

const byArray = new Map<unknown, Datatype>([
  [Int8Array, INT8],
  [Uint8Array, UINT8],
  [Uint8ClampedArray, UINT8],
  [Int16Array, INT16],
  [Uint16Array, UINT16],
  [Int32Array, INT32],
  [Uint32Array, UINT32],
  [BigInt64Array, INT64],
  [BigUint64Array, UINT64],
  [Float32Array, FLOAT],
  [Float64Array, DOUBLE],
]);

/** The type of the elements of an array; bytes for a DataView or a Buffer. */
export function typeOfArray(array: NumberArray | DataView): Datatype {
  return byArray.get(array.constructor) ?? BYTE;
}

/** MPI_Type_match_size: the type of a class with this many bytes. */
export function matchSize(kind: 'integer' | 'real' | 'complex', bytes: number): Datatype | undefined {
  const candidates = {
    integer: [INT8, INT16, INT32, INT64],
    real: [FLOAT, DOUBLE],
    complex: [FLOAT_COMPLEX, DOUBLE_COMPLEX],
  };
  return candidates[kind].find((type) => type.size === bytes);
}
