/** Starts the page: finds the trace, waits until it can be asked, and shows it. */
import { decodeEmbedded } from '../embed.ts';
import type { ViewInfo } from '../protocol.ts';
import { App } from './app.ts';
import { byId, el } from './dom.ts';
import { HttpSource, listTraces } from './source.ts';

async function start(): Promise<void> {
  const embedded = document.getElementById('traces');
  if (embedded !== null) return startEmbedded(embedded.textContent ?? '');
  const listed = await listTraces();
  const opened = listed.map(({ name }, number) => ({ name, source: new HttpSource(number) }));
  const poll = window.setInterval(() => void showProgress(), 300);
  try {
    const info: ViewInfo = await opened[0]!.source.ask('info', {});
    window.clearInterval(poll);
    document.title = `${info.name} - projections`;
    new App(opened, info);
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

async function showProgress(): Promise<void> {
  const [first] = await listTraces();
  const found = document.getElementById('progress');
  if (first !== undefined && found !== null && first.files > 0)
    found.textContent = `reading ${first.name}: ${first.done} of ${first.files} files`;
}

start().catch((error: unknown) => {
  const text = error instanceof Error ? error.message : String(error);
  byId('app').replaceChildren(el('p', { class: 'message', role: 'alert' }, text));
});
