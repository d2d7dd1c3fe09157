/** Chromium looking at the viewer: how long until the first picture, and how long frames take. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { distUrl } from '../../launch/package-root.ts';

const command = fileURLToPath(distUrl('cli/main.js'));
const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
const pictureMsMax = 120_000;

/** @throws if there is no browser, or nothing to drive it with. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));
  if (executablePath === undefined) throw new Error('needs Chromium: install the package chromium of your system');
  const { chromium } = await import('playwright-core').catch(() => {
    throw new Error('needs playwright-core: npm install playwright-core');
  });
  return chromium.launch({ executablePath, args: [...flags, ...quiet] });
}

/** A Node.js process that does nothing, and a page with nothing in it. */
export async function measureBare(browser: Browser): Promise<{ readonly startMs: number; readonly frameMs: number }> {
  const page = await browser.newPage();
  const begin = performance.now();
  await once(spawn(process.execPath, ['-e', '0']), 'exit');
  await page.goto('data:text/html,<canvas></canvas>');
  const startMs = performance.now() - begin;
  const frames = await framesWhile(page, () => page.waitForTimeout(500));
  await page.close();
  return { startMs, frameMs: frames[frames.length >> 1] ?? Number.NaN };
}

export interface ViewerFigures {
  readonly pictureMs: number;
  readonly frameMs: number;
  readonly frame95Ms: number;
  /** JavaScript heap of the page, and the pixels of its canvases. */
  readonly memoryBytes: number;
}

export async function measureViewer(browser: Browser, path: string, hasMoves: boolean): Promise<ViewerFigures> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 860 } });
  const begin = performance.now();
  const child = spawn(process.execPath, [command, 'projections', path], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await page.goto(await firstLine(child));
    await page.evaluate(`new Promise((resolve) => {
      const look = () => (/coarse|all/.test(document.documentElement.dataset.drawn) ? resolve() : requestAnimationFrame(look));
      look();
      setTimeout(resolve, ${pictureMsMax});
    })`);
    const pictureMs = performance.now() - begin;
    // Until everything has been read, so that reading is not measured with the frames, and a prepared file is written.
    await page.waitForSelector('.entries li', { timeout: pictureMsMax });
    const frames = hasMoves ? await framesWhile(page, () => move(page)) : [];
    return {
      pictureMs,
      frameMs: frames[frames.length >> 1] ?? Number.NaN,
      frame95Ms: frames[Math.floor(frames.length * 0.95)] ?? Number.NaN,
      memoryBytes: await memoryOf(page),
    };
  } finally {
    child.kill();
    await page.close();
  }
}

async function firstLine(child: ChildProcess): Promise<string> {
  const [text] = (await once(child.stdout!, 'data')) as [Buffer];
  return String(text).trim();
}

/** Zooms in by the wheel, pans, and zooms out. */
async function move(page: Page): Promise<void> {
  await page.mouse.move(800, 500);
  for (let i = 0; i < 30; i++) await page.mouse.wheel(0, -60);
  await page.mouse.down();
  for (let i = 0; i < 60; i++) await page.mouse.move(800 - i * 4, 500);
  await page.mouse.up();
  for (let i = 0; i < 30; i++) await page.mouse.wheel(0, 60);
}

/** Milliseconds between frames, ascending. */
async function framesWhile(page: Page, work: () => Promise<void>): Promise<number[]> {
  await page.evaluate(`(() => {
    window.frames_ = [];
    let last = performance.now();
    const next = (now) => {
      window.frames_.push(now - last);
      last = now;
      if (window.frames_.isOver !== true) requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  })()`);
  await work();
  const frames: number[] = await page.evaluate('(window.frames_.isOver = true, window.frames_.slice(2))');
  return frames.sort((a, b) => a - b);
}

async function memoryOf(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const { metrics } = await session.send('Performance.getMetrics');
  const heap = metrics.find(({ name }) => name === 'JSHeapTotalSize')?.value ?? 0;
  const pixels: number = await page.evaluate(
    `[...document.querySelectorAll('canvas')].reduce((sum, { width, height }) => sum + 4 * width * height, 0)`,
  );
  return heap + pixels;
}
