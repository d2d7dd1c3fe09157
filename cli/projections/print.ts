/** What `charm4ts projections --summary` and `--json` print. */
import { MessageLinks, openTrace, summarise, type TraceSummary } from '../../projections/index.ts';
import { differences, summaryText } from './summary-text.ts';

/** Throws what opening a trace throws. */
export async function printTraces(paths: readonly string[], isJson: boolean): Promise<void> {
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
