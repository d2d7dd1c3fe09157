/**
 * Bench `viewer`: the trace viewer on a made-up trace of 10^7 records over 1,024 PEs (10^5 over 64 with `--quick`), in a real
 * Chromium. From starting the command to the first picture, of a trace that was opened before, of one that was not, and of
 * `.log.gz` files of Charm++; the time of a frame while panning and zooming; the memory of the page.
 *
 * Calibration of the times: starting a bare Node.js process and loading an empty page. Of frames: frames of an empty page,
 * which come as the screen wants them. Needs the packages playwright-core and chromium; fails with what is missing.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeOriginal, writeOwn } from '../../projections/index.ts';
import type { Bench, BenchContext } from '../bench.ts';
import type { Samples } from '../sampling.ts';
import { bigTrace } from '../viewer/big-trace.ts';
import { measureBare, measureViewer, startBrowser } from '../viewer/measure.ts';

const bareMs = 300;
const names = [
  'first picture, prepared',
  'first picture, own files',
  'first picture, .log.gz',
  'frame, median',
  'frame, 95 %',
  'page memory',
] as const;
type Name = (typeof names)[number];

export const viewer: Bench = {
  name: 'viewer',
  summary: 'the trace viewer with 10^7 records over 1,024 PEs in Chromium: first picture, frames, memory',
  isOptional: true,
  cases: [
    { name: names[0], unit: 'ms', target: { figure: 2000, ratio: 2000 / bareMs } },
    { name: names[1], unit: 'ms' },
    { name: names[2], unit: 'ms', target: { figure: 10_000, ratio: 10_000 / bareMs } },
    { name: names[3], unit: 'ms', target: { figure: 17 } },
    { name: names[4], unit: 'ms' },
    { name: names[5], unit: 'B', target: { figure: 2 ** 30 } },
  ],
  sample: async (context) => {
    const folder = await mkdtemp(join(tmpdir(), 'charm4ts-viewer-bench-'));
    try {
      return await sampleIn(folder, context);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function sampleIn(folder: string, { plan }: BenchContext): Promise<Samples[]> {
  const isQuick = plan.runMs < 100;
  const trace = bigTrace(isQuick ? { pes: 64, records: 1e5 } : { pes: 1024, records: 1e7 });
  const [own, logs] = [join(folder, 'own'), join(folder, 'logs')];
  await writeOwn(trace, own);
  await writeOriginal(trace, logs);
  const figures: Record<Name, number[]> = {
    'first picture, prepared': [],
    'first picture, own files': [],
    'first picture, .log.gz': [],
    'frame, median': [],
    'frame, 95 %': [],
    'page memory': [],
  };
  const bare: { start: number[]; frame: number[] } = { start: [], frame: [] };
  const browser = await startBrowser();
  try {
    // Each takes seconds: few runs say enough.
    for (let run = 0; run < Math.min(3, plan.runs); run++) {
      const empty = await measureBare(browser);
      bare.start.push(empty.startMs);
      bare.frame.push(empty.frameMs);
      for (const path of [own, logs]) await rm(join(path, `${path === own ? 'own' : 'logs'}.view`), { force: true });
      figures['first picture, own files'].push((await measureViewer(browser, own, false)).pictureMs);
      figures['first picture, .log.gz'].push((await measureViewer(browser, logs, false)).pictureMs);
      const prepared = await measureViewer(browser, own, true);
      figures['first picture, prepared'].push(prepared.pictureMs);
      figures['frame, median'].push(prepared.frameMs);
      figures['frame, 95 %'].push(prepared.frame95Ms);
      figures['page memory'].push(prepared.memoryBytes);
    }
  } finally {
    await browser.close();
  }
  return names.map((name) => ({ case: name, figure: figures[name], calibration: calibrationOf(name, bare) }));
}

function calibrationOf(
  name: Name,
  bare: { readonly start: readonly number[]; readonly frame: readonly number[] },
): Samples['calibration'] {
  if (name.startsWith('first')) return { name: 'bare process and empty page', values: bare.start };
  return name.startsWith('frame') ? { name: 'frame of an empty page', values: bare.frame } : null;
}
