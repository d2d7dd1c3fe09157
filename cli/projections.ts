/** `charm4ts projections`: shows traces in a browser. */
import { spawn } from 'node:child_process';
import { Command, InvalidArgumentError, Option } from 'commander';
import { describeFailure } from '../launch/describe-failure.ts';
import type { ExportFormat } from '../projections/index.ts';
import type { ServeOptions } from '../projections/viewer/server/index.ts';

interface ProjectionsFlags {
  readonly port: number;
  readonly open?: boolean;
  readonly live?: boolean | number;
  readonly summary?: boolean;
  readonly json?: boolean;
  readonly to?: ExportFormat;
  readonly output?: string;
  readonly html?: string;
  readonly window?: readonly [number, number];
}

export function projectionsCommand(): Command {
  return new Command('projections')
    .description('Look at the trace of a run: what each PE did when, who sent what to whom, and where the time went.')
    .argument(
      '[traces...]',
      'folders with a trace each (or heads: NAME.trace.json, NAME.sts); the others to compare with',
    )
    .option('--summary', 'print where the time went, and what to look at first; no page')
    .option('--json', 'print everything there is in numbers as one JSON object; no page')
    .addOption(
      new Option('--to <format>', 'write the trace in another format; no page').choices([
        'perfetto',
        'chrome',
        'speedscope',
        'csv',
        'projections',
        'summary',
        'own',
      ] satisfies ExportFormat[]),
    )
    .option('-o, --output <path>', 'with --to: the file (gzipped if it ends in .gz) or folder to write')
    .option('--html <file>', 'write one page with everything in it, to send to somebody; nothing is served')
    .option('--window <from-to>', 'with --html: only this part of the run, like 10ms-25.5ms', timeWindow)
    .option(
      '--live [job]',
      'watch a running job (default: the only one); traces that it writes are followed',
      jobNumber,
    )
    .option('--port <n>', 'port of the page, on this machine only (default: any that is free)', port, 0)
    .option('--open', 'open the page in the browser')
    .addHelpText('after', examples)
    .action(runProjections);
}

const examples = `
Examples:
  charm4ts run app.ts --pes 4 --trace trace      record a trace
  charm4ts projections trace                     look at it: prints the address of the page
  charm4ts projections trace --summary           print where the time went
  charm4ts projections trace --json | jq .time   for scripts
  charm4ts projections trace --to perfetto -o app.pftrace.gz     for ui.perfetto.dev
  charm4ts projections trace --to projections -o logs            for the viewer of Charm++
  charm4ts projections before after              compare two runs
  charm4ts projections trace --html run.html     one page to send to a colleague
  charm4ts projections namd.prj --open           a trace of Charm++, in the browser at once
  charm4ts projections --live                    watch the job that runs (charm4ts top in the browser)
  charm4ts projections trace --live              and the trace that it writes, as it grows

The page is served on this machine only, to whoever has the whole address: it holds a secret. Ctrl+C ends it.

Exit code: 0, or 1 if there is no trace or job, it cannot be read, or nothing can be written.`;

async function runProjections(traces: readonly string[], flags: ProjectionsFlags): Promise<void> {
  if (traces.length === 0 && flags.live === undefined) {
    console.error('error: which trace? charm4ts projections DIR, or --live for a running job');
    process.exitCode = 1;
    return;
  }
  if (flags.summary === true || flags.json === true || flags.to !== undefined) return writeInstead(traces, flags);
  // Loaded here, since the other commands must start without it.
  const { viewFolders, writeHtml } = await import('../projections/viewer/server/index.ts');
  const { findSummary } = await import('../projections/index.ts');
  try {
    for (const path of traces)
      if ((await findSummary(path)) !== undefined)
        throw new Error(`${path} holds only a summary, which has no timeline: print it with --summary or --json`);
    if (flags.html !== undefined) {
      const [begin, end] = flags.window ?? [];
      const part = begin === undefined || end === undefined ? {} : { begin, end };
      const bytes = await writeHtml(traces, flags.html, part);
      console.log(`${flags.html}: ${(bytes / 1e6).toFixed(1)} MB`);
      return;
    }
    const live = flags.live === undefined ? undefined : await watched(flags.live, traces.length > 0);
    const isLive = flags.live !== undefined;
    const { url } = await viewFolders(traces, { port: flags.port, isLive, ...(live === undefined ? {} : { live }) });
    console.log(url);
    if (flags.open === true) openBrowser(url);
  } catch (error) {
    console.error(`error: ${describeFailure(error)}`);
    process.exitCode = 1;
  }
}

/** With a trace the job may have ended. */
async function watched(live: boolean | number, hasTrace: boolean): Promise<ServeOptions['live']> {
  const { watchJob } = await import('./live/feed.ts');
  try {
    return await watchJob(typeof live === 'number' ? live : undefined);
  } catch (error) {
    if (!hasTrace || typeof live === 'number') throw error;
    console.error(`${describeFailure(error)}: only the trace is shown`);
    return undefined;
  }
}

async function writeInstead(traces: readonly string[], { to, output, json }: ProjectionsFlags): Promise<void> {
  const { exportTrace, printTraces } = await import('./projections/print.ts');
  try {
    if (to === undefined) await printTraces(traces, json === true);
    else await exportTrace(traces, to, output);
  } catch (error) {
    console.error(`error: ${describeFailure(error)}`);
    process.exitCode = 1;
  }
}

const openers: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

/** The address was printed; who has no browser here opens it elsewhere. */
function openBrowser(url: string): void {
  const [command, ...before] = openers[process.platform] ?? ['xdg-open'];
  const child = spawn(command, [...before, url], { stdio: 'ignore', detached: true });
  child.on('error', () => console.error(`there is no ${command} here: open the address by hand`));
  child.unref();
}

function jobNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('expected the number of a job; name traces before --live.');
}

function port(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  throw new InvalidArgumentError('expected a port from 0 to 65535.');
}

const nsOf: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 };

/** @returns nanoseconds. */
function timeWindow(text: string): readonly [number, number] {
  const found = /^(\d+(?:\.\d+)?)(ns|us|ms|s)-(\d+(?:\.\d+)?)(ns|us|ms|s)$/.exec(text);
  const [begin, end] = [Number(found?.[1]) * nsOf[found?.[2] ?? 'ns']!, Number(found?.[3]) * nsOf[found?.[4] ?? 'ns']!];
  if (begin < end) return [begin, end];
  throw new InvalidArgumentError('expected two times like 10ms-25.5ms, with ns, us, ms or s.');
}
