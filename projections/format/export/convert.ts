/** Writes a trace in another format. */
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Trace } from '../../model/trace.ts';
import { writeSummary } from '../original/summary-writer.ts';
import { writeOriginal } from '../original/write.ts';
import { writeOwn } from '../own/write.ts';
import { privateFile, privateFolder } from '../private-files.ts';
import { chromeJson } from './chrome.ts';
import { csvFiles } from './csv.ts';
import { perfettoTrace } from './perfetto.ts';
import { speedscopeJson } from './speedscope.ts';

/**
 * - `perfetto`: binary, for ui.perfetto.dev; `chrome`: JSON, for the same and chrome://tracing
 * - `speedscope`: JSON, for speedscope.app
 * - `csv`: a folder of tables
 * - `projections`: a folder of logs that the viewer of Charm++ opens; `summary`: its summary files
 * - `own`: a folder in our own format
 */
export const exportFormats = ['perfetto', 'chrome', 'speedscope', 'csv', 'projections', 'summary', 'own'] as const;
export type ExportFormat = (typeof exportFormats)[number];

const suffixes: Readonly<Record<ExportFormat, string>> = {
  perfetto: '.pftrace',
  chrome: '.json',
  speedscope: '.speedscope.json',
  csv: '-csv',
  projections: '-projections',
  summary: '-summary',
  own: '-trace',
};

/** Where a trace goes if nobody says so. */
export function exportPath(trace: Trace, format: ExportFormat): string {
  return `${trace.name}${suffixes[format]}`;
}

/** @param output A file, gzipped if its name ends so; or for formats of several files a folder. */
export async function convertTrace(trace: Trace, format: ExportFormat, output: string): Promise<void> {
  switch (format) {
    case 'perfetto':
      return writePieces(perfettoTrace(trace), output);
    case 'chrome':
      return writePieces(joined(chromeJson(trace)), output);
    case 'speedscope':
      return writePieces(joined(speedscopeJson(trace)), output);
    case 'projections':
      return writeOriginal(trace, output);
    case 'summary':
      return writeSummary(trace, output);
    case 'own':
      return writeOwn(trace, output);
    case 'csv':
      await mkdir(output, privateFolder);
      for (const { name, lines } of csvFiles(trace)) await writePieces(joined(lines), join(output, name));
  }
}

function writePieces(pieces: Iterable<string | Uint8Array>, path: string): Promise<void> {
  const source = Readable.from(pieces);
  const file = createWriteStream(path, privateFile);
  return path.endsWith('.gz') ? pipeline(source, createGzip(), file) : pipeline(source, file);
}

/** Fewer and larger pieces. */
function* joined(pieces: Iterable<string>): Generator<string> {
  let text = '';
  for (const piece of pieces) {
    text += piece;
    if (text.length < 1 << 18) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
}
