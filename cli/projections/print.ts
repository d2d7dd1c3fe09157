/** What `charm4ts projections` does instead of showing a page: printing, and writing other formats. */
import {
  convertTrace,
  describeProblem,
  type ExportFormat,
  exportPath,
  findSummary,
  MessageLinks,
  openTrace,
  summarise,
  type TraceSummary,
} from '../../projections/index.ts';
import { printSummaries } from './print-summaries.ts';
import { differences, summaryText } from './summary-text.ts';

/** Throws what opening a trace throws. */
export async function printTraces(paths: readonly string[], isJson: boolean): Promise<void> {
  const kept = await Promise.all(paths.map(findSummary));
  const found = kept.filter((one) => one !== undefined);
  if (found.length === paths.length) return printSummaries(found, isJson);
  if (found.length > 0) throw new Error(`${found[0]!.path} is a summary, which can't be compared with a whole trace`);
  const summaries: TraceSummary[] = [];
  for (const path of paths) {
    const trace = await openTrace(path);
    summaries.push(summarise(trace, new MessageLinks(trace)));
  }
  if (isJson) {
    const value = summaries.length === 1 ? summaries[0] : { runs: summaries, differences: differences(summaries) };
    process.stdout.write(`${JSON.stringify(value, undefined, 1)}\n`);
    return;
  }
  process.stdout.write(summaryText(summaries));
}

/** JSON for more events is too much for those who read it. */
const chromeEventsMax = 1_000_000;

export async function exportTrace(paths: readonly string[], format: ExportFormat, output?: string): Promise<void> {
  const [path, ...others] = paths;
  if (path === undefined || others.length > 0) throw new Error('--to takes one trace at a time');
  const trace = await openTrace(path);
  for (const problem of trace.problems) console.error(describeProblem(problem));
  const events = trace.pes.reduce((sum, pe) => sum + pe.executions.begin.length + pe.sends.time.length, 0);
  if (format === 'chrome' && events > chromeEventsMax)
    console.error(`${events} events are much for JSON: --to perfetto writes a sixth of the bytes, for the same viewer`);
  const written = output ?? exportPath(trace, format);
  await convertTrace(trace, format, written);
  console.log(written);
}
