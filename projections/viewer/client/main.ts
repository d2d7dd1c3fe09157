/** Starts the page: finds the trace, waits until it can be asked, and shows it. */
import type { ViewInfo } from '../protocol.ts';
import { App } from './app.ts';
import { byId, el } from './dom.ts';
import { HttpSource, listTraces } from './source.ts';

async function start(): Promise<void> {
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
