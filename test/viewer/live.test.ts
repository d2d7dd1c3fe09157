/** A running job in the viewer: its looks as server-sent events, the page that shows them, and a trace that grows. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { sampleOf } from '../../cli/live/feed.ts';
import { ratesOf } from '../../cli/live/rates.ts';
import type { WholeView } from '../../launch/live/job-client.ts';
import { writeOwn } from '../../projections/format/own/write.ts';
import type { LiveSample } from '../../projections/viewer/live.ts';
import { checkFolder } from '../../projections/viewer/server/folder.ts';
import { HostedTrace, LiveFeed, serveTraces } from '../../projections/viewer/server/index.ts';
import { TraceStore } from '../../projections/viewer/store.ts';
import { ask, colorsOf, drawn, goTo, noBrowser, openPage, ringTrace, startBrowser, until } from '../support/viewer.ts';

const evil = `<img src=x onerror="document.documentElement.dataset.owned='yes'">`;

/** The job after `seconds`: PE 1 is busy half of the time, PE 0 all of it. */
function viewAt(seconds: number): WholeView {
  const pe = (id: number): WholeView['pes'][number] => ({
    pe: id,
    node: 0,
    seconds,
    idleSeconds: id === 0 ? 0 : seconds / 2,
    created: 1000 * seconds,
    processed: 1000 * seconds,
    queue: 5,
    heapBytes: 1e6,
    collections: [{ name: evil, kind: 'array', elements: 4, load: 1 }],
    elements: [{ name: `${evil}[${id}]`, load: 0.5 + id }],
    lastStep:
      id === 0
        ? {
            step: 3,
            strategy: 'Greedy',
            trigger: 'atSync',
            objects: 8,
            before: 1.5,
            after: 1.1,
            migrations: 2,
            seconds: 1e-3,
          }
        : null,
  });
  return { job: 4711, program: evil, nodes: 1, startedAt: '', pes: [pe(0), pe(1)], silent: [{ pe: 2, running: evil }] };
}

function sampleAt(seconds: number): LiveSample {
  return sampleOf(ratesOf(viewAt(seconds), viewAt(seconds - 1)));
}

interface Event {
  readonly event: string;
  readonly data: unknown;
}

/** The events, up to the end of the connection. */
function eventsOf(port: number, cookie: string, onEvent: (event: Event) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { host: `127.0.0.1:${port}`, ...(cookie === '' ? {} : { cookie }) };
    get({ host: '127.0.0.1', port, path: '/live', headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        const parts = text.split('\n\n');
        text = parts.pop()!;
        for (const one of parts) {
          const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(one) ?? [];
          if (event !== undefined) onEvent({ event, data: JSON.parse(data!) });
        }
      });
      response.on('end', () => resolve(response.statusCode ?? 0));
    }).on('error', reject);
  });
}

async function cookieOf(url: string, port: number): Promise<string> {
  const { headers } = await ask(port, url.slice(url.indexOf('/?')), { headers: { host: `127.0.0.1:${port}` } });
  return String(headers['set-cookie']).split(';')[0]!;
}

describe('a running job', () => {
  it('is told from its first look on to whoever has the token, and its end', async () => {
    const feed = new LiveFeed();
    const server = await serveTraces([], { live: { program: evil, feed } });
    try {
      assert.equal(await eventsOf(server.port, '', () => assert.fail('told without a cookie')), 403);
      feed.push(sampleAt(1));
      feed.push(sampleAt(2));
      const cookie = await cookieOf(server.url, server.port);
      const told: Event[] = [];
      const status = await eventsOf(server.port, cookie, (event) => {
        told.push(event);
        if (event.event === 'history') feed.push(sampleAt(3));
        if (event.event === 'sample') feed.end('the job has ended');
      });
      assert.equal(status, 200);
      assert.deepEqual(told, [
        { event: 'history', data: [sampleAt(1), sampleAt(2)] },
        { event: 'sample', data: sampleAt(3) },
        { event: 'end', data: 'the job has ended' },
      ]);
    } finally {
      await server.close();
    }
  });

  it('keeps no more looks than fit', () => {
    const feed = new LiveFeed();
    for (let second = 1; second < 1000; second++) feed.push(sampleAt(second));
    assert.equal(feed.kept, 600);
  });
});

describe('a trace that is being written', () => {
  it('is read anew when its files have changed, until it is whole', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'charm4ts-growing-'));
    try {
      const whole = join(folder, 'whole');
      const growing = join(folder, 'growing');
      await writeOwn(ringTrace(), whole);
      await writeOwn(ringTrace(), growing);
      const files = readdirSync(whole).filter((name) => name.endsWith('.trace'));
      // The last chunk, which says where the trace ends, is not there yet.
      for (const file of files) truncateSync(join(growing, file), 500);
      const trace = HostedTrace.following(await checkFolder(growing));
      const info = async (): Promise<{ records: number; isLive: boolean }> =>
        (await trace.answer({ name: 'info', ask: {} })) as { records: number; isLive: boolean };
      const first = await info();
      assert(first.isLive);
      for (const file of files) copyFileSync(join(whole, file), join(growing, file));
      // Between two looks passes a multiple of what a look takes.
      let now = first;
      for (const end = Date.now() + 60_000; now.isLive && Date.now() < end; ) now = await info();
      assert(!now.isLive);
      assert(now.records > first.records);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the page of a running job', { skip: noBrowser }, () => {
  let browser: Browser;
  before(async () => {
    browser = await startBrowser();
  });
  after(() => browser?.close());

  it('shows PEs, chares and the last step as they come, and says when the job has ended', async () => {
    const feed = new LiveFeed();
    const server = await serveTraces([], { live: { program: evil, feed } });
    try {
      for (let second = 1; second < 10; second++) feed.push(sampleAt(second));
      const { page, complaints } = await openPage(browser, server.url);
      assert((await colorsOf(page, '.view canvas')) > 8);
      await page.keyboard.press('t');
      await page.waitForSelector('.view tbody tr');
      assert.match(await page.innerText('.view tbody'), /0\s+0\s+100\.0 %\s+1000\s+5\s+/);
      assert.match(await page.innerText('.view tbody'), /1\s+0\s+50\.0 %/);
      feed.end('the job has ended');
      await until(page, `document.querySelector('.view').textContent.includes('the job has ended')`);
      assert.equal(await page.locator('img').count(), 0);
      assert.equal(await page.evaluate('document.documentElement.dataset.owned ?? ""'), '');
      assert.deepEqual(complaints, []);
      await page.close();
    } finally {
      await server.close();
    }
  });

  it('stands beside the views of a trace', async () => {
    const feed = new LiveFeed();
    feed.push(sampleAt(1));
    const trace = new HostedTrace('ring', async () => new TraceStore(ringTrace()));
    const server = await serveTraces([trace], { live: { program: 'ring', feed } });
    try {
      const { page, complaints } = await openPage(browser, server.url);
      assert.equal(await page.locator('.tabs button').count(), 14);
      await goTo(page, '#view=live');
      assert((await colorsOf(page, '.view canvas')) > 8);
      await goTo(page, '#view=usage');
      await drawn(page);
      assert.deepEqual(complaints, []);
      await page.close();
    } finally {
      await server.close();
    }
  });
});
