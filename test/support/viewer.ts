/** For tests of the viewer: traces to show, requests by hand, and a browser. */
import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { Trace } from '../../projections/model/trace.ts';
import { HostedTrace, serveTraces, type ViewerServer } from '../../projections/viewer/server/index.ts';
import { TraceStore } from '../../projections/viewer/store.ts';
import { info, madeTrace } from './traces.ts';

/** A ring of messages over 4 PEs, with sends, idle time, user events and a note. */
export function ringTrace(rounds = 100): Trace {
  return madeTrace(4, rounds * 1000, (recorders) => {
    const elements = recorders.map((recorder, pe) => recorder.defineElement(1, [pe]));
    const sent = recorders.map(() => 0);
    for (let i = 0; i < rounds; i++) {
      const pe = i % 4;
      const begin = i * 1000;
      const recorder = recorders[pe]!;
      const before = (pe + 3) % 4;
      const isFirst = i === 0;
      recorder.endIdle(begin);
      recorder.beginExecution(
        begin,
        isFirst ? 0 : 1,
        elements[pe]!,
        isFirst ? -1 : before,
        isFirst ? -1 : sent[before]! - 1,
        64 + i,
        0,
        isFirst ? Number.NaN : begin - 50,
        0,
      );
      recorder.send(begin + 600, 1, -1, (pe + 1) % 4, sent[pe]!++, 64 + i + 1, 0);
      if (i % 10 === 0) recorder.point('userEvent', begin + 300, 10, Number.NaN);
      if (i === 8) recorder.note(begin + 100, 'halfway <b>there</b>');
      recorder.endExecution(begin + 700 + (pe === 2 ? 250 : 0));
      recorder.beginIdle(begin + 960);
    }
  });
}

/** A copy in which every name is made to do harm if it is taken for markup. */
export function hostile(trace: Trace): Trace {
  const evil = `<img src=x onerror="document.documentElement.dataset.owned='yes'">`;
  const long = `${evil}${'a'.repeat(5000)}`;
  return {
    ...trace,
    name: evil,
    info: {
      ...trace.info,
      run: { ...trace.info.run, host: evil, commandLine: evil },
      collections: trace.info.collections.map((one) => ({ ...one, name: evil })),
      entries: trace.info.entries.map((one, i) => ({ ...one, name: i === 1 ? long : `${evil}${i}` })),
      userEvents: info.userEvents.map((one) => ({ ...one, name: evil })),
    },
    problems: [{ file: evil, problem: evil }],
  };
}

export function serve(...traces: readonly Trace[]): Promise<ViewerServer> {
  return serveTraces(traces.map((trace) => new HostedTrace(trace.name, async () => new TraceStore(trace))));
}

export interface Reply {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** A request with exactly these headers; the path goes out as it is. */
export function ask(
  port: number,
  path: string,
  {
    method = 'GET',
    headers = {},
    body = '',
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers, setHost: false }, (response) => {
      let text = '';
      response.setEncoding('latin1');
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const browserPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);

/**
 * Why tests in a browser are left out, or false. Where `CHARM4TS_BROWSER_TESTS` is set they are never left out.
 */
export const noBrowser: string | false =
  browserPath !== undefined || process.env['CHARM4TS_BROWSER_TESTS'] !== undefined
    ? false
    : 'there is no Chromium on this machine: install the chromium package of your system';

export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: browserPath ?? 'chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export interface OpenPage {
  readonly page: Page;
  /** What went to the console as a warning or an error, and what was thrown. */
  readonly complaints: readonly string[];
}

/** The page of a server, when the first picture has been drawn completely. */
export async function openPage(
  browser: Browser,
  url: string,
  { hash = '', colorScheme = 'light' }: { hash?: string; colorScheme?: 'light' | 'dark' } = {},
): Promise<OpenPage> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme });
  // Other work on the machine is no failure.
  page.setDefaultTimeout(120_000);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(url);
  await drawn(page);
  if (hash !== '') await goTo(page, hash);
  return { page, complaints };
}

/** Until an expression holds, looked at in every frame. Playwright's own way needs `eval`, which the page forbids. */
export async function until(page: Page, expression: string): Promise<void> {
  await page.evaluate(`new Promise((resolve, reject) => {
    const end = performance.now() + 120000;
    const look = () => {
      if (${expression}) resolve();
      else if (performance.now() > end) reject(new Error('never came true: ' + ${JSON.stringify(expression)}));
      else requestAnimationFrame(look);
    };
    look();
  })`);
}

/** Changes the address, and waits until what it says has been drawn. */
export async function goTo(page: Page, hash: string): Promise<void> {
  await page.evaluate(`new Promise((resolve) => {
    const before = location.hash;
    addEventListener('hashchange', resolve, { once: true });
    location.hash = ${JSON.stringify(hash)};
    if (location.hash === before) resolve();
  })`);
  await drawn(page);
}

/** Until everything that is seen has been drawn. */
export async function drawn(page: Page): Promise<void> {
  await until(page, `document.documentElement.dataset.drawn === 'all'`);
  await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))');
}

/** How many different colours a canvas has: one means that nothing was drawn. */
export function colorsOf(page: Page, selector: string): Promise<number> {
  return page.evaluate(`(() => {
    const canvas = document.querySelector(${JSON.stringify(selector)});
    // A copy: browsers complain of canvases that are read again and again.
    const copy = Object.assign(document.createElement('canvas'), { width: canvas.width, height: canvas.height });
    const context = copy.getContext('2d', { willReadFrequently: true });
    context.drawImage(canvas, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size;
  })()`);
}
