/** Writes a trace as Charm++ does: `.sts`, a `.log.gz` for each PE, `.projrc`. The original viewer opens it. */
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { TraceError } from '../../errors.ts';
import { type Trace, timeRange } from '../../model/trace.ts';
import { inTurns, type WriteOptions } from '../options.ts';
import { privateFile, privateFolder } from '../private-files.ts';
import { logText } from './log-writer.ts';
import { foreignNames } from './names.ts';
import { projrcText } from './projrc.ts';
import { stsText } from './sts-writer.ts';

const entriesMax = 65_535;

/** @throws TraceError if the format has no room for the trace. */
export async function writeOriginal(trace: Trace, directory: string, options: WriteOptions = {}): Promise<void> {
  const { name, info } = trace;
  const largest = info.entries.reduce((max, { id }) => Math.max(max, id), 0);
  if (largest > entriesMax)
    throw new TraceError({ file: name }, `entry method ${largest}: logs have numbers up to ${entriesMax}`);
  await mkdir(directory, privateFolder);
  const names = foreignNames(info, trace.pes);
  await writeFile(join(directory, `${name}.sts`), stsText(info, names), privateFile);
  const end = Math.floor(timeRange(trace).end / 1000);
  await writeFile(join(directory, `${name}.projrc`), projrcText(end), privateFile);
  let done = 0;
  await inTurns(trace.pes, 2, async (pe) => {
    const file = createWriteStream(join(directory, `${name}.${pe.pe}.log.gz`), privateFile);
    await pipeline(Readable.from(logText(pe, info, trace.elements, names)), createGzip(), file);
    options.onProgress?.(++done, trace.pes.length);
  });
}
