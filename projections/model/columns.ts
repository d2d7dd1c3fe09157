/**
 * A table as one typed array a column. `Table` grows; `Columns` is a plain record of arrays of equal length, which is
 * what analysis reads.
 */
import type { ColumnType, Schema } from './schema.ts';

interface ArrayOfType {
  u8: Uint8Array;
  i32: Int32Array;
  u32: Uint32Array;
  f64: Float64Array;
}

export type Columns<S extends Schema> = { readonly [K in keyof S]: ArrayOfType[S[K]] };
export type AnyColumn = ArrayOfType[ColumnType];
export type AnyColumns = Readonly<Record<string, AnyColumn>>;

export const bytesOfType: Readonly<Record<ColumnType, number>> = { u8: 1, i32: 4, u32: 4, f64: 8 };

export function newColumn(type: ColumnType, rows: number): AnyColumn {
  if (type === 'u8') return new Uint8Array(rows);
  if (type === 'i32') return new Int32Array(rows);
  if (type === 'u32') return new Uint32Array(rows);
  return new Float64Array(rows);
}

export function newColumns<S extends Schema>(schema: S, rows: number): Columns<S> {
  const entries = Object.entries(schema).map(([name, type]) => [name, newColumn(type, rows)]);
  return Object.fromEntries(entries) as Columns<S>;
}

/** The columns of any table by their names. */
export function columnsIn(columns: object): AnyColumns {
  return columns as AnyColumns;
}

/** All columns of a table have the same length. */
export function rowsOf(columns: object): number {
  const [first] = Object.values(columns) as AnyColumn[];
  return first?.length ?? 0;
}

/** Views of rows `begin` to `end`; nothing is copied. */
export function slice<S extends Schema>(columns: Columns<S>, begin: number, end: number): Columns<S> {
  return mapColumns(columns, (column) => column.subarray(begin, end));
}

/** Copies; a single part is returned as it is. */
export function concat<S extends Schema>(schema: S, parts: readonly Columns<S>[]): Columns<S> {
  if (parts.length === 1) return parts[0]!;
  const rows = parts.reduce((sum, part) => sum + rowsOf(part), 0);
  const whole = newColumns(schema, rows);
  for (const name in schema) {
    let at = 0;
    for (const part of parts) {
      whole[name].set(part[name] as never, at);
      at += part[name].length;
    }
  }
  return whole;
}

/** The rows in the order of `rows`. */
export function pick<S extends Schema>(columns: Columns<S>, rows: Uint32Array): Columns<S> {
  return mapColumns(columns, (column) => {
    const picked = column.slice(0, 0).constructor as new (length: number) => AnyColumn;
    const result = new picked(rows.length);
    for (let i = 0; i < rows.length; i++) result[i] = column[rows[i]!]!;
    return result;
  });
}

function mapColumns<S extends Schema>(columns: Columns<S>, change: (column: AnyColumn) => AnyColumn): Columns<S> {
  const entries = Object.entries(columns as AnyColumns).map(([name, column]) => [name, change(column)]);
  return Object.fromEntries(entries) as Columns<S>;
}

/**
 * The first row whose `times` value is at least `time`, in an ascending column. O(log rows).
 */
export function lowerBound(times: Float64Array, time: number, begin = 0, end: number = times.length): number {
  let low = begin;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether a column never falls. */
export function isAscending(times: Float64Array): boolean {
  for (let i = 1; i < times.length; i++) if (times[i]! < times[i - 1]!) return false;
  return true;
}
