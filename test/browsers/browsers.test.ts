/** Tabs of a real browser as nodes of real jobs. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { WebSocket } from 'ws';
import { CharmError } from '../../core/base/errors.ts';
import { runJob } from '../../launch/job.ts';
import type { JobOptions, JobResult } from '../../launch/job-options.ts';
import { formatReport } from '../../launch/report.ts';
import { ask, noBrowser, startBrowser } from '../support/viewer.ts';

const program = (name: string): string => fileURLToPath(new URL(`./programs/${name}.ts`, import.meta.url));

/** Waits until a tab shows a text. */
async function says(page: Page, text: string): Promise<void> {
  await page.getByText(text).waitFor();
}

interface Tabs {
  readonly address: string;
  readonly pages: readonly Page[];
}

describe('browser tabs as nodes', { skip: noBrowser, timeout: 300_000 }, () => {
  let browser: Browser;

  before(async () => {
    browser = await startBrowser();
  });
  after(() => browser?.close());

  /** Runs a job whose tabs are opened as soon as it wants them; `then` is called once they are open. */
  async function run(
    options: Partial<JobOptions> & { readonly browsers: number },
    then: (tabs: Tabs) => Promise<void> = async () => undefined,
  ): Promise<JobResult> {
    let opened: Promise<void> = Promise.resolve();
    const failed = new AbortController();
    const pages: Page[] = [];
    const onBrowserAddress = (address: string): void => {
      opened = (async () => {
        for (let tab = 0; tab < options.browsers; tab++) {
          const page = await browser.newPage();
          pages.push(page);
          await page.goto(address);
        }
        await then({ address, pages });
      })();
      opened.catch(() => failed.abort());
    };
    const signal = options.signal === undefined ? failed.signal : AbortSignal.any([failed.signal, options.signal]);
    const result = await runJob({
      program: program('wanderers'),
      pes: 1,
      stdout: 'capture',
      onBrowserAddress,
      ...options,
      signal,
    });
    await opened;
    for (const page of pages) await page.close();
    return result;
  }

  function assertFailed({ exitCode, error }: JobResult, code: string, ...patterns: readonly RegExp[]): void {
    assert(error instanceof CharmError, String(error));
    assert.equal(error.code, code);
    assert.equal(exitCode, 1);
    for (const pattern of patterns) assert.match(formatReport(error), pattern);
  }

  for (const { nodes, browsers, pes, places } of [
    { nodes: 1, browsers: 1, pes: 1, places: 'process 0, tab 1' },
    { nodes: 2, browsers: 2, pes: 2, places: 'process 0, process 1, process 2, process 3, tab 4, tab 5, tab 6, tab 7' },
  ]) {
    for (const transport of ['unix', 'ws']) {
      it(`are gone into and left by chares (${nodes} processes and ${browsers} tabs of ${pes}, ${transport})`, async () => {
        const { error, stdout } = await run({ nodes, browsers, pes, transport, args: ['wander'] });
        assert.equal(error, undefined);
        assert.equal(stdout, `${places}\n`);
      });
    }
  }

  it('join jobs with TLS between the processes', async () => {
    const options = { nodes: 2, browsers: 1, transport: 'tcp', tls: true, args: ['wander'] };
    const { error, stdout } = await run(options);
    assert.equal(error, undefined);
    assert.equal(stdout, 'process 0, process 1, tab 2\n');
  });

  it('take part in load balancing, with strategies from files', async () => {
    const { error, stdout } = await run({
      program: program('moved-by-balancer'),
      browsers: 1,
      balancer: program('exchange'),
    });
    assert.equal(error, undefined);
    assert.equal(stdout, '8 of 8 cells have gone to the other side and back\n');
  });

  it('show what they print where the job was started, and in their console', async () => {
    const seen: string[] = [];
    const { exitCode, stdout, stderr } = await run({ browsers: 1, pes: 2, args: ['say'], isPrefixed: true });
    assert.equal(exitCode, 3);
    assert.equal(stdout, '[node 1] hello from PE 3 {"answer":42}\n');
    assert.equal(stderr, '[node 1] and a warning\n');
    assert.deepEqual(seen, []);
  });

  it('end the job with one report when they are closed', async () => {
    const result = await run({ nodes: 2, browsers: 1, args: ['wait'] }, async ({ pages }) => {
      await says(pages[0]!, 'node 2');
      await pages[0]!.close();
    });
    assertFailed(result, 'ERR_NODE_LOST', /node 2, a browser tab, is lost: it was closed/);
  });

  it('end the job when they say nothing any more', async () => {
    const result = await run({ browsers: 1, args: ['wait'] }, async ({ pages }) => {
      await says(pages[0]!, 'node 1');
      // The page is busy for longer than a node may be silent. It can't answer this call either.
      void pages[0]!.evaluate('for (const end = Date.now() + 20000; Date.now() < end; );').catch(() => undefined);
    });
    assertFailed(result, 'ERR_NODE_LOST', /node 1 has not been heard of for 5 s/);
  });

  it('name the chare, the entry method and the line of what fails there', async () => {
    const result = await run({ browsers: 1, args: ['fail'] });
    assertFailed(result, 'ERR_ENTRY_FAILED', /Wanderer\[1\]\.fail on PE 1: RangeError: a tab may fail too/);
  });

  it('say so when a program uses there what only Node.js has', async () => {
    const called = await run({ browsers: 1, args: ['read'] });
    assertFailed(called, 'ERR_MAIN_FAILED', /node:fs\.readFileSync is of Node\.js, and was used in a browser/);
    const loaded = await run({ browsers: 1, program: program('node-only') });
    assertFailed(loaded, 'ERR_PROGRAM', /process is of Node\.js, and there is none in a browser/);
    const imported = await run({
      browsers: 1,
      program: fileURLToPath(new URL('../../launch/index.ts', import.meta.url)),
    });
    assert(imported.error instanceof CharmError);
  });

  it('learn how the job has ended, and that it has all its tabs', async () => {
    let extra: Page | undefined;
    const abort = new AbortController();
    const result = await run({ browsers: 1, args: ['wait'], signal: abort.signal }, async ({ address, pages }) => {
      const [page] = pages;
      await says(page!, 'node 1');
      assert.equal(await page!.evaluate('crossOriginIsolated'), true);
      extra = await browser.newPage();
      await extra.goto(address);
      await says(extra, 'has its 1 browsers already');
      abort.abort();
      await says(page!, 'the job has ended');
    });
    await extra?.close();
    assert.equal(result.exitCode, 130);
  });

  it('are let in with the token of their job, from its own page, and else not at all', async () => {
    const abort = new AbortController();
    await run({ browsers: 1, args: ['wait'], signal: abort.signal }, async ({ address }) => {
      const { port, searchParams, host } = new URL(address);
      const token = searchParams.get('token')!;
      const get = (path: string, headers: Record<string, string>, method = 'GET') =>
        ask(Number(port), path, { method, headers: { host, ...headers } });
      const cookie = String((await get(`/?token=${token}`, {})).headers['set-cookie']).split(';')[0]!;
      assert.equal((await get('/', {})).status, 403);
      assert.equal((await get('/program.js', {})).status, 403);
      assert.equal((await get('/?token=guess', {})).status, 403);
      assert.equal((await get('/', { cookie, host: 'evil.example' })).status, 403);
      assert.equal((await get('/', { cookie }, 'POST')).status, 403);
      assert.equal((await get('/runtime/../../package.json', { cookie })).status, 404);
      const page = await get('/', { cookie });
      assert.equal(page.status, 200);
      assert.equal(page.headers['cross-origin-embedder-policy'], 'require-corp');
      assert.match(String(page.headers['content-security-policy']), /default-src 'none'; script-src 'self'/);
      const origin = `http://${host}`;
      for (const [name, headers] of [
        ['no cookie', { origin }],
        ['no origin', { cookie }],
        ['another origin', { cookie, origin: 'http://evil.example' }],
        ['another token', { cookie: `${cookie}x`, origin }],
      ] as const) {
        const socket = new WebSocket(`ws://${host}/join`, { headers });
        const [error] = (await once(socket, 'error')) as [Error];
        assert.match(error.message, /403/, name);
      }
      abort.abort();
    });
  });

  it('are refused where a job would need their files', async () => {
    await assert.rejects(runJob({ program: program('wanderers'), browsers: 1, trace: 'none' }), /takes no trace/);
    await assert.rejects(runJob({ program: program('wanderers'), browsers: -1 }), /browsers must be an integer/);
  });
});
