/** The real page in a real browser. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { readOriginal } from '../../projections/format/original/read.ts';
import { htmlPage, type ViewerServer } from '../../projections/viewer/server/index.ts';
import {
  colorsOf,
  drawn,
  goTo,
  hostile,
  noBrowser,
  openPage,
  ringTrace,
  serve,
  startBrowser,
  until,
} from '../support/viewer.ts';

const stencil = new URL('../projections/traces/stencil3d', import.meta.url).pathname;

interface Shown {
  readonly begin: number;
  readonly end: number;
}

async function hashOf(page: Page): Promise<URLSearchParams> {
  return new URLSearchParams(String(await page.evaluate('location.hash.slice(1)')));
}

/** Waits until the address says it. */
async function waitForHash(page: Page, pattern: RegExp): Promise<URLSearchParams> {
  await until(page, `${String(pattern)}.test(decodeURIComponent(location.hash))`);
  return hashOf(page);
}

function windowIn(hash: URLSearchParams): Shown {
  const [begin, end] = hash.get('t')!.split('-').map(Number);
  return { begin: begin!, end: end! };
}

describe('the page of the viewer', { skip: noBrowser }, () => {
  let browser: Browser;
  let server: ViewerServer;

  before(async () => {
    browser = await startBrowser();
    server = await serve(ringTrace());
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  it('shows a trace of Charm++ without a complaint, in light and in dark', async () => {
    const other = await serve(await readOriginal(stencil));
    try {
      for (const colorScheme of ['light', 'dark'] as const) {
        const { page, complaints } = await openPage(browser, other.url, { colorScheme });
        assert((await colorsOf(page, 'canvas.timeline')) > 50, 'the timeline has colours');
        assert((await colorsOf(page, 'canvas.overview')) > 3, 'the overview has colours');
        assert.equal(await page.evaluate('document.documentElement.dataset.theme'), colorScheme);
        await page.waitForSelector('.entries li');
        assert.match(await page.innerText('.entries'), /Stencil::/);
        assert.deepEqual(complaints, []);
        await page.close();
      }
    } finally {
      await other.close();
    }
  });

  it('zooms with the wheel and the keys, and keeps the window in the address', async () => {
    const { page, complaints } = await openPage(browser, server.url);
    const box = (await page.locator('canvas.timeline').boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + 100);
    await page.mouse.wheel(0, -600);
    const zoomed = windowIn(await waitForHash(page, /t=\d+-\d+/));
    assert(zoomed.end - zoomed.begin < 50_000);
    await page.keyboard.press('d');
    await until(page, `!location.hash.includes('${zoomed.begin}-')`);
    const moved = windowIn(await hashOf(page));
    assert(moved.begin > zoomed.begin);
    assert(Math.abs(moved.end - moved.begin - (zoomed.end - zoomed.begin)) <= 2);
    await page.keyboard.press('f');
    await until(page, `!location.hash.includes('t=')`);
    assert.deepEqual(complaints, []);
    await page.close();
  });

  it('leads from a message back to its sender', async () => {
    const { page, complaints } = await openPage(browser, server.url, { hash: '#view=timeline&t=40000-48000&x=1.11' });
    await page.waitForSelector('.details');
    // Execution 11 of PE 1 is round 45; the message came from round 44 on PE 0.
    assert.match(await page.innerText('.details'), /sent by\s+Ring::pass\(int hops\) on PE 0, Ring\[0\]/);
    await page.keyboard.press('g');
    await waitForHash(page, /x=0\.11/);
    await until(page, `document.querySelector('.details dd').textContent === '0'`);
    await page.keyboard.press('b');
    assert.equal((await waitForHash(page, /t=0-/)).get('x'), '0.11');
    assert.deepEqual(complaints, []);
    await page.close();
  });

  it('shows the execution that is clicked', async () => {
    const { page, complaints } = await openPage(browser, server.url, { hash: '#view=timeline&t=40000-48000' });
    const box = (await page.locator('canvas.timeline').boundingBox())!;
    // PE 0 works from 40,000 to 40,700 ns; the first 76 pixels are labels, the first 26 the axis.
    const x = box.x + 76 + ((box.width - 76) * 300) / 8000;
    await page.mouse.click(x, box.y + 26 + 10);
    await waitForHash(page, /x=0\.10/);
    await page.waitForSelector('.details');
    await page.keyboard.press('Escape');
    await until(page, `!location.hash.includes('x=')`);
    assert.deepEqual(complaints, []);
    await page.close();
  });

  it('filters by PE, entry method and chare', async () => {
    const { page, complaints } = await openPage(browser, server.url);
    const field = page.getByLabel('PEs', { exact: true });
    await field.fill('0-3:2');
    await field.press('Enter');
    assert.equal((await waitForHash(page, /pes=/)).get('pes'), '0,2');
    await field.press('Tab');
    await page.click('.entries li:first-child button');
    assert.equal((await waitForHash(page, /entries=/)).get('entries'), '1');
    await page.click('text=show all');
    await until(page, `!location.hash.includes('pes=')`);
    assert.deepEqual(complaints, []);
    await page.close();
  });

  it('shows one chare in all views, by its name in the address', async () => {
    const { page, complaints } = await openPage(browser, server.url, { hash: '#view=timeline&t=40000-48000' });
    const before = await colorsOf(page, 'canvas.timeline');
    await goTo(page, '#view=timeline&t=40000-48000&chare=Ring[2]');
    await page.keyboard.press('t');
    await page.waitForSelector('.view tbody tr');
    assert.equal(await page.locator('.view tbody tr').count(), 2);
    await page.keyboard.press('t');
    await until(page, `document.querySelector('canvas.timeline')?.isConnected === true`);
    await drawn(page);
    assert(before > 3 && (await colorsOf(page, 'canvas.timeline')) > 3);
    await goTo(page, '#view=heat&chare=Ring[2]');
    await goTo(page, '#view=usage&chare=Nobody');
    assert.deepEqual(complaints, []);
    await page.close();
  });

  it('shows names as text, whatever they are', async () => {
    const evil = await serve(hostile(ringTrace()));
    try {
      const { page, complaints } = await openPage(browser, evil.url, { hash: '#view=timeline&t=40000-48000&x=2.10' });
      await page.waitForSelector('.details');
      for (const tab of await page.locator('.tabs button').all()) {
        await tab.click();
        await drawn(page);
        await page.keyboard.press('t');
        await page.waitForSelector('.view table');
        await page.keyboard.press('t');
      }
      assert.equal(await page.locator('img').count(), 0);
      assert.equal(await page.evaluate('document.documentElement.dataset.owned ?? ""'), '');
      assert.match(await page.innerText('.details'), /<img src=x onerror/);
      assert((await page.innerText('body')).length < 300_000, 'long names are cut');
      assert.deepEqual(complaints, []);
      await page.close();
    } finally {
      await evil.close();
    }
  });

  it('draws every view, and has a table behind it', async () => {
    const two = await serve(await readOriginal(stencil), ringTrace());
    try {
      const { page, complaints } = await openPage(browser, two.url);
      const views: string[] = await page.evaluate(
        `[...document.querySelectorAll('.tabs button')].map((tab) => tab.dataset.view)`,
      );
      assert.equal(views.length, 13);
      for (const view of views.filter((name) => name !== 'timeline')) {
        await goTo(page, `#view=${view}`);
        if (view !== 'search') assert((await colorsOf(page, '.view canvas')) > 8, `${view} has a picture`);
        await page.keyboard.press('t');
        await page.waitForSelector('.view table tbody tr');
        await page.keyboard.press('t');
      }
      assert.deepEqual(complaints, []);
      await page.close();
    } finally {
      await two.close();
    }
  });

  it('compares two runs', async () => {
    const two = await serve(ringTrace(100), ringTrace(60));
    try {
      const { page, complaints } = await openPage(browser, two.url, { hash: '#view=compare' });
      await page.keyboard.press('t');
      await page.waitForSelector('.view table tbody tr');
      assert.match(await page.innerText('.view table tbody'), /Ring::pass\(int hops\)\s+75.* µs\s+45/);
      for (const [rows, row] of [
        ['pes', /PE 2\s+23\.8 µs\s+14\.3 µs\s+-9\.5 µs\s+25\s+15/],
        ['totals', /messages sent\s+0 ns\s+0 ns\s+0 ns\s+100\s+60/],
        ['phases', /phase 1\s+100 µs\s+60 µs/],
        ['time', /0\.0 %\s+\d+\.\d %/],
      ] as const) {
        await page.keyboard.press('t');
        await goTo(page, `#view=compare&o.compare.rows=${rows}`);
        assert((await colorsOf(page, '.view canvas')) > 4, `${rows} has a picture`);
        await page.keyboard.press('t');
        await page.waitForSelector('.view table tbody tr');
        assert.match(await page.innerText('.view table tbody'), row);
      }
      assert.deepEqual(complaints, []);
      await page.close();
    } finally {
      await two.close();
    }
  });

  it('is one file with everything in it, if wanted', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'charm4ts-page-'));
    try {
      const file = join(folder, 'run.html');
      await writeFile(file, await htmlPage([hostile(ringTrace(400)), ringTrace(60)], { recordsMax: 1500 }));
      const { page, complaints } = await openPage(browser, `file://${file}`, { hash: '#view=timeline&x=2.20' });
      await page.waitForSelector('.details');
      assert((await colorsOf(page, 'canvas.timeline')) > 3);
      assert.match(await page.innerText('.notes'), /This page has the run from/);
      await page.keyboard.press('3');
      await page.keyboard.press('t');
      await page.waitForSelector('.view table tbody tr');
      assert.equal(await page.evaluate('document.documentElement.dataset.owned ?? ""'), '');
      assert.deepEqual(complaints, []);
      await page.close();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('finds executions by name', async () => {
    const { page, complaints } = await openPage(browser, server.url);
    await page.keyboard.press('/');
    await page.keyboard.type('ring[2]');
    await page.waitForSelector('.view caption:has-text("25 executions")');
    await page.locator('.view tbody tr').first().click();
    await page.waitForSelector('.details');
    assert.match(await page.innerText('.details'), /Ring\[2\]/);
    assert.deepEqual(complaints, []);
    await page.close();
  });

  it('has a table behind the picture', async () => {
    const { page, complaints } = await openPage(browser, server.url, { hash: '#view=timeline&t=40000-48000' });
    await page.keyboard.press('t');
    await page.waitForSelector('.view table');
    assert.equal(await page.locator('.view tbody tr').count(), 8);
    await page.locator('.view tbody tr').first().click();
    await waitForHash(page, /x=\d/);
    assert.deepEqual(complaints, []);
    await page.close();
  });

  it('saves pictures and tables', async () => {
    const { page, complaints } = await openPage(browser, server.url);
    for (const [label, ending] of [
      ['PNG', '.png'],
      ['SVG', '.svg'],
      ['CSV', '.csv'],
    ] as const) {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: label, exact: true }).click(),
      ]);
      assert(download.suggestedFilename().endsWith(ending));
    }
    assert.deepEqual(complaints, []);
    await page.close();
  });
});
