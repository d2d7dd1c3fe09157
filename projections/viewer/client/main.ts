/** Starts the page: finds the trace, waits until it can be asked, and shows it. */
import { decodeEmbedded } from '../embed.ts';
import type { TraceSource, ViewInfo } from '../protocol.ts';
import { App } from './app.ts';
import { byId, el } from './dom.ts';
import { LiveWatch } from './live/watch.ts';
import { HttpSource, listTraces } from './source.ts';

async function start(): Promise<void> {
  const embedded = document.getElementById('traces');
  if (embedded !== null) return startEmbedded(embedded.textContent ?? '');
  const { traces, live } = await listTraces();
  const watch = live === undefined ? undefined : new LiveWatch();
  const opened = traces.map(({ name }, number) => ({ name, source: new HttpSource(number) }));
  if (live !== undefined && opened.length === 0) {
    document.title = `${live} - projections`;
    new App([], infoWithoutTrace(live), watch);
    return;
  }
  const poll = window.setInterval(() => void showProgress(), 300);
  try {
    const info: ViewInfo = await opened[0]!.source.ask('info', {});
    window.clearInterval(poll);
    document.title = `${info.name} - projections`;
    const app = new App(opened, info, watch);
    if (info.isLive) follow(app, opened[0]!.source);
  } finally {
    window.clearInterval(poll);
  }
}

/** The traces are in the page: see ../embed.ts. */
async function startEmbedded(text: string): Promise<void> {
  const packed = Uint8Array.from(atob(text.trim()), (letter) => letter.charCodeAt(0));
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
  const opened = decodeEmbedded(await new Response(unpacked).arrayBuffer());
  const info = await opened[0]!.source.ask('info', {});
  document.title = `${info.name} - projections`;
  new App(opened, info);
}

const followMs = 2000;

/** Asks for what is new of a trace that is being written, until it is complete. */
function follow(app: App, source: TraceSource): void {
  const look = async (): Promise<void> => {
    try {
      const info = await source.ask('info', {});
      app.refresh(info);
      if (!info.isLive) return;
    } catch (error) {
      app.report(error);
    }
    window.setTimeout(() => void look(), followMs);
  };
  window.setTimeout(() => void look(), followMs);
}

function infoWithoutTrace(program: string): ViewInfo {
  return {
    name: program,
    run: {},
    pes: [],
    nodeOf: [],
    begin: 0,
    end: 1,
    collections: [],
    entries: [],
    executed: new Int32Array(0),
    userEvents: [],
    userStats: [],
    records: 0,
    problems: [],
    isLoading: false,
    isLive: true,
  };
}

async function showProgress(): Promise<void> {
  const [first] = (await listTraces()).traces;
  const found = document.getElementById('progress');
  if (first !== undefined && found !== null && first.files > 0)
    found.textContent = `reading ${first.name}: ${first.done} of ${first.files} files`;
}

start().catch((error: unknown) => {
  const text = error instanceof Error ? error.message : String(error);
  byId('app').replaceChildren(el('p', { class: 'message', role: 'alert' }, text));
});
