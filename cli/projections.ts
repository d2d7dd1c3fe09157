/** `charm4ts projections`: shows traces in a browser. */
import { spawn } from 'node:child_process';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { ExportFormat } from '../projections/index.ts';

interface ProjectionsFlags {
  readonly port: number;
  readonly open?: boolean;
  readonly summary?: boolean;
  readonly json?: boolean;
  readonly to?: ExportFormat;
  readonly output?: string;
}

export function projectionsCommand(): Command {
  return new Command('projections')
    .description('Look at the trace of a run: what each PE did when, who sent what to whom, and where the time went.')
    .argument(
      '<traces...>',
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
  charm4ts projections namd.prj --open           a trace of Charm++, in the browser at once

The page is served on this machine only, to whoever has the whole address: it holds a secret. Ctrl+C ends it.

Exit code: 0, or 1 if there is no trace, it cannot be read, or nothing can be written.`;

async function runProjections(traces: readonly string[], flags: ProjectionsFlags): Promise<void> {
  if (flags.summary === true || flags.json === true || flags.to !== undefined) return writeInstead(traces, flags);
  // Loaded here, since the other commands must start without it.
  const { viewFolders } = await import('../projections/viewer/server/index.ts');
  try {
    const { url } = await viewFolders(traces, { port: flags.port });
    console.log(url);
    if (flags.open === true) openBrowser(url);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}

async function writeInstead(traces: readonly string[], { to, output, json }: ProjectionsFlags): Promise<void> {
  const { exportTrace, printTraces } = await import('./projections/print.ts');
  try {
    if (to === undefined) await printTraces(traces, json === true);
    else await exportTrace(traces, to, output);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
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

function port(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  throw new InvalidArgumentError('expected a port from 0 to 65535.');
}
