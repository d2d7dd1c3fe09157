/** Who may talk to the viewer's server, and what it opens: rules S11 and S12, without a browser. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { readBytes } from '../../projections/format/bytes.ts';
import { headText } from '../../projections/format/own/head.ts';
import { checkFolder, type ViewerServer } from '../../projections/viewer/server/index.ts';
import { info } from '../support/traces.ts';
import { ask, type Reply, ringTrace, serve } from '../support/viewer.ts';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'];

describe('the server of the viewer', () => {
  let server: ViewerServer;
  let token: string;
  let host: string;
  let cookie: string;

  before(async () => {
    server = await serve(ringTrace());
    token = new URL(server.url).searchParams.get('token')!;
    host = `127.0.0.1:${server.port}`;
    const first = await ask(server.port, `/?token=${token}`, { headers: { host } });
    cookie = String(first.headers['set-cookie']).split(';')[0]!;
  });
  after(() => server.close());

  const question = (headers: Record<string, string>, path = '/trace/0/info', body = '{}'): Promise<Reply> =>
    ask(server.port, path, { method: 'POST', headers: { host, origin: `http://${host}`, cookie, ...headers }, body });

  it('exchanges the token for a cookie that scripts and other sites do not get', async () => {
    const { status, headers } = await ask(server.port, `/?token=${token}`, { headers: { host } });
    assert.equal(status, 303);
    assert.equal(headers['location'], '/');
    assert.match(String(headers['set-cookie']), /; HttpOnly; SameSite=Strict$/);
    assert((token ?? '').length >= 43, 'at least 256 random bits');
  });

  it('answers with the cookie, and sends no CORS header', async () => {
    const page = await ask(server.port, '/', { headers: { host, cookie } });
    assert.equal(page.status, 200);
    const answer = await question({});
    assert.equal(answer.status, 200);
    for (const { headers } of [page, answer]) {
      assert.equal(headers['access-control-allow-origin'], undefined);
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['referrer-policy'], 'no-referrer');
      assert.equal(
        headers['content-security-policy'],
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
          "frame-ancestors 'none'; base-uri 'none'",
      );
    }
  });

  it('has no inline script and no inline style in its page', async () => {
    const { body } = await ask(server.port, '/', { headers: { host, cookie } });
    assert.doesNotMatch(body, /<script(?![^>]* src=)|<style|\son\w+=|\sstyle=/);
    const script = await ask(server.port, '/viewer.js', { headers: { host, cookie } });
    assert.equal(script.status, 200);
    assert.doesNotMatch(script.body, /\beval\(|new Function\(|\.innerHTML|insertAdjacentHTML|document\.write/);
  });

  for (const method of methods) {
    it(`refuses ${method} without the token or the cookie`, async () => {
      for (const path of ['/', '/viewer.js', '/traces', '/trace/0/info', '/?token=', `/?token=${token.slice(1)}x`]) {
        const { status } = await ask(server.port, path, { method, headers: { host, origin: `http://${host}` } });
        assert(status === 403 || status === 405, `${method} ${path}: ${status}`);
      }
    });

    it(`refuses ${method} for a foreign Host, as after DNS rebinding`, async () => {
      for (const foreign of [
        'evil.example',
        `evil.example:${server.port}`,
        '127.0.0.1',
        `127.0.0.1:${server.port + 1}`,
        '',
      ]) {
        const headers = { host: foreign, cookie, origin: `http://${foreign}` };
        const { status } = await ask(server.port, '/', { method, headers });
        assert(status === 403 || status === 405 || status === 400, `${method} for ${foreign}: ${status}`);
      }
    });

    it(`refuses ${method} with a foreign Origin`, async () => {
      for (const origin of ['http://evil.example', 'null', `https://${host}`, `http://127.0.0.1:${server.port + 1}`]) {
        const { status } = await ask(server.port, '/', { method, headers: { host, cookie, origin } });
        assert(status === 403 || status === 405, `${method} from ${origin}: ${status}`);
      }
    });
  }

  it('refuses a POST without an Origin', async () => {
    const { status } = await ask(server.port, '/trace/0/info', {
      method: 'POST',
      headers: { host, cookie },
      body: '{}',
    });
    assert.equal(status, 403);
  });

  it('opens nothing by a path', async () => {
    const escapes = [
      '/../package.json',
      '/%2e%2e/package.json',
      '/..%2fpackage.json',
      '/..\\package.json',
      '//etc/passwd',
    ];
    const more = [
      '/viewer.js%00.html',
      '/./../../etc/passwd',
      '/%5c..%5cetc',
      '/dist/viewer/viewer.js',
      '/constructor',
    ];
    for (const path of [...escapes, ...more]) {
      const { status } = await ask(server.port, path, { headers: { host, cookie } });
      assert(status === 404 || status === 400, `${path}: ${status}`);
    }
    for (const path of [
      '/trace/1/info',
      '/trace/-1/info',
      '/trace/..%2f/info',
      '/trace/0/../../x',
      '/trace/0/constructor',
    ])
      assert.notEqual((await question({}, path)).status, 200, path);
  });

  it('refuses questions that are none, or too long', async () => {
    const wrong = ['', '{', '[]', 'null', '{"x":1}', '{"__proto__":1}'];
    for (const body of wrong) assert.equal((await question({}, '/trace/0/info', body)).status, 400, body);
    const tiles = [{ level: 1e9, index: 0, block: 0 }];
    assert.equal((await question({}, '/trace/0/tiles', JSON.stringify({ tiles }))).status, 400);
    assert.equal((await question({}, '/trace/0/overview', '{"columns":1e9}')).status, 400);
    const long = `{"x":"${'a'.repeat(5_000_000)}"}`;
    const status = await question({}, '/trace/0/info', long).then(
      (reply) => reply.status,
      () => 413, // The connection may be gone before everything was sent.
    );
    assert.equal(status, 413);
  });
});

describe('the folder of a trace', () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'charm4ts-viewer-'));
  });
  after(() => rm(root, { recursive: true, force: true }));

  async function folder(name: string): Promise<string> {
    const path = join(root, name);
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'run.trace.json'), headText(info));
    return path;
  }

  it('may be given itself, by its head, or over a link', async () => {
    const path = await folder('plain');
    assert.equal((await checkFolder(path)).name, 'plain');
    assert.equal((await checkFolder(join(path, 'run.trace.json'))).name, 'run');
    await symlink(path, join(root, 'link'));
    assert.equal((await checkFolder(join(root, 'link'))).folder, (await checkFolder(path)).folder);
  });

  it('may hold no link: it could lead to any file', async () => {
    const path = await folder('linked');
    await symlink('/etc/hostname', join(path, 'run.0.trace'));
    await assert.rejects(checkFolder(path), /run\.0\.trace: is a symbolic link/);
    const deep = await folder('deep');
    await symlink(root, join(deep, 'run.projdir.0'));
    await assert.rejects(checkFolder(deep), /is a symbolic link/);
  });

  it('may hold no file that unpacks to a thousand times its size', async () => {
    const path = join(root, 'b.0.log.gz');
    await writeFile(path, gzipSync(Buffer.alloc(130 << 20)));
    let bytes = 0;
    const problem = await readBytes(path, (chunk) => {
      bytes += chunk.length;
      return true;
    });
    assert.match(problem ?? '', /unpacks to more than 250 times its size/);
    assert(bytes < 100 << 20, `${bytes} bytes were handed out`);
  });

  it('must be there', async () => {
    await assert.rejects(checkFolder(join(root, 'nowhere')), /there is no such file or directory/);
    await assert.rejects(checkFolder('a\0b'), /there is no such file|null bytes/);
  });
});
