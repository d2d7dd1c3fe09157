/** Chunks to bytes and back. */
import { type AnyColumn, bytesOfType, type Columns, columnsIn, rowsOf, slice } from '../../model/columns.ts';
import type { NameDefinition } from '../../model/recorder.ts';
import type { ColumnType, Schema, Schemas, TableName } from '../../model/schema.ts';
import {
  checksum,
  chunkHeadBytes,
  chunkMagic,
  codeOfTable,
  endTable,
  fileHeadBytes,
  fileMagic,
  logTable,
  namesTable,
  padded,
  payloadBytes,
  schemaOf,
  textsTable,
  traceVersion,
} from './layout.ts';

export function encodeFileHead(pe: number, flags = 0): Uint8Array {
  const head = new Uint32Array(fileHeadBytes / 4);
  head.set([fileMagic, traceVersion, pe, flags]);
  return new Uint8Array(head.buffer);
}

/** Bytes of a chunk with its header. */
export function chunkBytes(table: TableName, rows: number): number {
  return chunkHeadBytes + payloadBytes(schemaOf(table), rows);
}

/**
 * The first `rows` rows of the columns.
 * @param memory Written over, and returned in part; as many bytes as the chunk has, or more.
 */
export function encodeChunk<K extends TableName>(
  table: K,
  columns: Columns<Schemas[K]>,
  rows: number,
  memory: Uint8Array = new Uint8Array(chunkBytes(table, rows)),
): Uint8Array {
  const schema: Schema = schemaOf(table);
  let at = chunkHeadBytes;
  for (const name in schema) {
    const column = columnsIn(columns)[name]!;
    const length = rows * bytesOfType[schema[name]!];
    memory.set(new Uint8Array(column.buffer, column.byteOffset, length), at);
    memory.fill(0, at + length, at + padded(length));
    at += padded(length);
  }
  return seal(memory.subarray(0, at), codeOfTable(table), rows);
}

export function encodeTexts(texts: readonly string[]): Uint8Array {
  return encodeJson(textsTable, texts);
}

/** @param memory as for `encodeChunk`. */
export function encodeLog(
  words: Uint32Array,
  memory: Uint8Array = new Uint8Array(chunkHeadBytes + padded(words.length * 4)),
): Uint8Array {
  const length = words.length * 4;
  const bytes = memory.subarray(0, chunkHeadBytes + padded(length));
  bytes.set(new Uint8Array(words.buffer, words.byteOffset, length), chunkHeadBytes);
  bytes.fill(0, chunkHeadBytes + length);
  return seal(bytes, logTable, words.length);
}

export function encodeNames(names: readonly NameDefinition[]): Uint8Array {
  return encodeJson(namesTable, names);
}

function encodeJson(table: number, items: readonly unknown[]): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(items));
  const bytes = new Uint8Array(chunkHeadBytes + padded(json.length)).fill(0x20, chunkHeadBytes);
  bytes.set(json, chunkHeadBytes);
  return seal(bytes, table, items.length);
}

export function encodeEnd(begin: number, end: number): Uint8Array {
  const bytes = new Uint8Array(chunkHeadBytes + 16);
  new Float64Array(bytes.buffer, chunkHeadBytes).set([begin, end]);
  return seal(bytes, endTable, 0);
}

function seal(bytes: Uint8Array, table: number, rows: number): Uint8Array {
  const payload = bytes.subarray(chunkHeadBytes);
  const head = new Uint32Array(bytes.buffer, 0, chunkHeadBytes / 4);
  head.set([chunkMagic, table, rows, payload.length, checksum(payload)]);
  head[5] = checksum(bytes.subarray(0, 20));
  return bytes;
}

export interface ChunkHead {
  readonly table: number;
  readonly rows: number;
  readonly bytes: number;
  readonly checksum: number;
}

/** `undefined` if there is no chunk at this place. */
export function decodeHead(file: ArrayBuffer, offset: number): ChunkHead | undefined {
  if (offset + chunkHeadBytes > file.byteLength) return undefined;
  const words = new Uint32Array(file, offset, chunkHeadBytes / 4);
  const [magic, table, rows, bytes, sum, headSum] = words as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (magic !== chunkMagic || headSum !== checksum(new Uint8Array(file, offset, 20))) return undefined;
  return { table, rows, bytes, checksum: sum };
}

/** Views into the file; nothing is copied. */
export function decodeColumns<K extends TableName>(
  table: K,
  file: ArrayBuffer,
  offset: number,
  rows: number,
): Columns<Schemas[K]> {
  const schema: Schema = schemaOf(table);
  const columns: Record<string, AnyColumn> = {};
  let at = offset;
  for (const name in schema) {
    columns[name] = view(schema[name]!, file, at, rows);
    at += padded(rows * bytesOfType[schema[name]!]);
  }
  return columns as Columns<Schemas[K]>;
}

function view(type: ColumnType, file: ArrayBuffer, offset: number, rows: number): AnyColumn {
  if (type === 'u8') return new Uint8Array(file, offset, rows);
  if (type === 'i32') return new Int32Array(file, offset, rows);
  if (type === 'u32') return new Uint32Array(file, offset, rows);
  return new Float64Array(file, offset, rows);
}

/** Rows of a table as chunks of at most `rowsMax`. */
export function* chunksOf<K extends TableName>(
  table: K,
  columns: Columns<Schemas[K]>,
  rowsMax = 65_536,
): Generator<Uint8Array> {
  const rows = rowsOf(columns);
  for (let begin = 0; begin < rows; begin += rowsMax) {
    const end = Math.min(begin + rowsMax, rows);
    yield encodeChunk(table, slice(columns, begin, end), end - begin);
  }
}
