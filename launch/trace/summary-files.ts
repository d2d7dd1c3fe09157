/**
 * The two files of a PE's summary, written whole each time: beside the old ones, which they then replace, so that whoever
 * reads finds one or the other. Cost: proportional to bins times entry methods, some milliseconds.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SummaryBins, summaryDetailText, summaryText } from '../../projections/index.ts';
import type { TraceLayout } from './layout.ts';
import { SummaryRecording } from './summary-recording.ts';
import type { TraceStart } from './trace-files.ts';

export interface PeSummaryOptions {
  readonly start: TraceStart;
  readonly layout: TraceLayout;
  readonly pe: number;
  readonly pes: number;
  /** PEs of this process. */
  readonly pesHere: number;
  readonly now: () => number;
  readonly begin: number;
  readonly isVirtual?: boolean;
}

export class SummaryFiles {
  readonly recording: SummaryRecording;
  readonly #path: string;

  constructor({ start, layout, pe, pes, pesHere, ...clock }: PeSummaryOptions) {
    const bins = new SummaryBins({ pe, pes, pesHere, entries: layout.entries.length });
    this.recording = new SummaryRecording({ pe, bins, layout, ...clock });
    this.#path = join(start.directory, `${start.name}.${pe}`);
  }

  /** @throws Error of the file system */
  write(): void {
    this.recording.settle();
    const { bins } = this.recording;
    replace(`${this.#path}.sum`, summaryText(bins.summary()));
    replace(`${this.#path}.sumd`, summaryDetailText(bins.detail()));
  }
}

function replace(path: string, text: string): void {
  writeFileSync(`${path}.part`, text, { mode: 0o600 });
  renameSync(`${path}.part`, path);
}
