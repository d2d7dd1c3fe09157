/** Writes a whole trace in our own format: conversion of other formats, and what tests and benches make up. */
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Columns, newColumns } from '../../model/columns.ts';
import { none, type Schemas, schemas } from '../../model/schema.ts';
import type { ElementTable, PeTrace, Trace } from '../../model/trace.ts';
import { inTurns, type WriteOptions } from '../options.ts';
import { privateFile, privateFolder } from '../private-files.ts';
import { chunksOf, encodeEnd, encodeFileHead, encodeTexts } from './chunks.ts';
import { headText } from './head.ts';
import { headSuffix, peFileName } from './layout.ts';

export async function writeOwn(trace: Trace, directory: string, options: WriteOptions = {}): Promise<void> {
  await mkdir(directory, privateFolder);
  await writeFile(join(directory, `${trace.name}${headSuffix}`), headText(trace.info), privateFile);
  let done = 0;
  await inTurns(trace.pes, 2, async (pe) => {
    const file = await open(join(directory, peFileName(trace.name, pe.pe)), 'w', privateFile.mode);
    try {
      for (const part of encodePe(pe, trace.elements)) await file.write(part);
    } finally {
      await file.close();
    }
    options.onProgress?.(++done, trace.pes.length);
  });
}

/** The bytes of the file of a PE. */
export function* encodePe(pe: PeTrace, elements: ElementTable): Generator<Uint8Array> {
  const local = new LocalElements(pe, elements);
  const texts = [...pe.texts, ...local.texts];
  yield encodeFileHead(pe.pe);
  if (texts.length > 0) yield encodeTexts(texts);
  yield* chunksOf('elements', local.table);
  yield* chunksOf('destinations', pe.destinations);
  yield* chunksOf('sends', { ...pe.sends, element: local.numbers(pe.sends.element) });
  yield* chunksOf('idles', pe.idles);
  yield* chunksOf('spans', { ...pe.spans, element: local.numbers(pe.spans.element) });
  yield* chunksOf('points', pe.points);
  yield* chunksOf('executions', {
    ...pe.executions,
    element: local.numbers(pe.executions.element),
    end: endsOf(pe),
  });
  yield encodeEnd(pe.begin, pe.end);
}

/** An execution that never ended has no end in the file either. */
function endsOf({ executions, isOpenAtEnd }: PeTrace): Float64Array {
  if (!isOpenAtEnd) return executions.end;
  const ends = executions.end.slice();
  ends[ends.length - 1] = Number.NaN;
  return ends;
}

/** The elements that a PE names, numbered from 0 in the order in which they appear. */
class LocalElements {
  readonly texts: string[] = [];
  readonly table: Columns<Schemas['elements']>;
  readonly #numberOf: Int32Array;

  constructor(pe: PeTrace, elements: ElementTable) {
    this.#numberOf = new Int32Array(elements.collection.length).fill(none);
    const rows: number[] = [];
    for (const column of [pe.executions.element, pe.sends.element, pe.spans.element])
      for (const element of column)
        if (element !== none && this.#numberOf[element] === none) this.#numberOf[element] = rows.push(element) - 1;
    this.table = newColumns(schemas.elements, rows.length);
    for (const [i, row] of rows.entries()) this.#copy(elements, row, i, pe.texts.length);
  }

  numbers(column: Int32Array): Int32Array {
    return column.map((element) => (element === none ? none : this.#numberOf[element]!));
  }

  #copy(elements: ElementTable, row: number, to: number, textsBefore: number): void {
    for (const name of Object.keys(this.table) as (keyof typeof this.table)[])
      this.table[name][to] = elements[name][row]!;
    const text = elements.text[row]!;
    if (text !== none) this.table.text[to] = textsBefore + this.texts.push(elements.texts[text] ?? '') - 1;
  }
}
