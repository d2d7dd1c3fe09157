/**
 * The files of a trace of our own. A directory holds
 *
 *     NAME.trace.json    the head: what the run was, names of collections, entry methods, user events
 *     NAME.<pe>.trace    the records of a PE
 *
 * A PE's file is 16 bytes (magic, version, PE) and then chunks, each a header of 24 bytes and a payload:
 *
 *     u32 magic | u32 table | u32 rows | u32 payload bytes | u32 checksum of the payload | u32 checksum of these five
 *
 * The payload has the columns of the table in the order of schema.ts, each filled up to a multiple of 8 bytes, so that
 * columns can be read where they lie. Four tables more: `log`, the log of a
 * running PE (log.ts), whose rows are words; `texts`, a JSON array of strings; `names`, a JSON array of name
 * definitions (recorder.ts); and `end`, the PE's first and last moment as two doubles. All numbers are little-endian.
 *
 * A chunk is complete or absent: whatever is cut or changed, the chunks before it are read. A file without `end` is of a
 * run that crashed or is still going.
 */
import { bytesOfType } from '../../model/columns.ts';
import { type Schema, type Schemas, schemas, type TableName, tableNames } from '../../model/schema.ts';

export const traceFormat = 'charm4ts-trace';
/** Grows with every change of schema.ts or of this layout. */
export const traceVersion = 1;
export const headSuffix = '.trace.json';

/** "C4T" and a newline. */
export const fileMagic = 0x0a543443;
export const fileHeadBytes = 16;
/** A flag of the file head: as a runtime records it, to be completed from the records of other PEs. */
export const isRecordedFlag = 1;
/** "CHNK". */
export const chunkMagic = 0x4b4e4843;
export const chunkHeadBytes = 24;
export const logTable = 0xfc;
export const namesTable = 0xfd;
export const textsTable = 0xfe;
export const endTable = 0xff;

export function peFileName(name: string, pe: number): string {
  return `${name}.${pe}.trace`;
}

export function tableOf(code: number): TableName | undefined {
  return tableNames[code];
}

export function codeOfTable(table: TableName): number {
  return tableNames.indexOf(table);
}

/** Up to a multiple of 8. */
export function padded(bytes: number): number {
  return (bytes + 7) & ~7;
}

export function payloadBytes(schema: Schema, rows: number): number {
  let bytes = 0;
  for (const name in schema) bytes += padded(rows * bytesOfType[schema[name]!]);
  return bytes;
}

export function schemaOf<K extends TableName>(table: K): Schemas[K] {
  return schemas[table];
}

/**
 * Finds any change within 32 bits, and others with all but certainty. Four sums side by side: the processor works on
 * them at once, 2 GB/s here. `bytes` must begin at a multiple of 4; what does not fill 4 bytes does not count.
 */
export function checksum(bytes: Uint8Array): number {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
  const end = words.length - (words.length % 4);
  let a = 1;
  let b = 2;
  let c = 3;
  let d = 4;
  for (let i = 0; i < end; i += 4) {
    a = Math.imul(a ^ words[i]!, prime);
    b = Math.imul(b ^ words[i + 1]!, prime);
    c = Math.imul(c ^ words[i + 2]!, prime);
    d = Math.imul(d ^ words[i + 3]!, prime);
  }
  for (let i = end; i < words.length; i++) a = Math.imul(a ^ words[i]!, prime);
  return (rotated(a, 3) ^ rotated(b, 11) ^ rotated(c, 19) ^ rotated(d, 27) ^ words.length) >>> 0;
}

const prime = 0x01000193;

function rotated(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
