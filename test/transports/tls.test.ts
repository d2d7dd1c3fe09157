/** TLS between nodes: who is refused; and WebSockets through a proxy. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, it } from 'node:test';
import { generate } from 'selfsigned';
import { identitiesOf } from '../../launch/nodes/certificates.ts';
import { loadCarrier } from '../../transports/index.ts';
import type { TlsIdentity } from '../../transports/sockets/carrier.ts';
import { SocketMesh } from '../../transports/sockets/socket-mesh.ts';

const secret = randomBytes(32);
const makers = new Map([
  ['tcp', await loadCarrier('tcp')],
  ['ws', await loadCarrier('ws')],
]);

function mesh(transport: string, node: number, tls: TlsIdentity | undefined, proxy?: string): SocketMesh {
  const carrier = makers.get(transport)!({ node, secret, folder: '', host: '127.0.0.1', tls, proxy });
  return new SocketMesh({
    node,
    nodes: 2,
    secret,
    carrier,
    events: { received: () => undefined, lost: () => undefined },
  });
}

/** Resolves if node 1 gets in, or with why it does not. */
async function meets(
  transport: string,
  listener: TlsIdentity | undefined,
  caller: TlsIdentity | undefined,
  proxy?: string,
): Promise<string> {
  const a = mesh(transport, 0, listener);
  const b = mesh(transport, 1, caller, proxy);
  const address = await a.listen();
  void a.connect([address, '']);
  try {
    await b.connect([address, '']);
    return 'in';
  } catch (error) {
    return (error as Error).message;
  } finally {
    a.close();
    b.close();
  }
}

async function expired(): Promise<TlsIdentity> {
  const common = { keyType: 'ec', algorithm: 'sha256', notBeforeDate: new Date(Date.now() - 2e8) } as const;
  const name = [{ name: 'commonName', value: 'charm4ts job' }];
  const extensions = [{ name: 'basicConstraints' as const, cA: true, critical: true }];
  const authority = await generate(name, { ...common, extensions, notAfterDate: new Date(Date.now() + 1e8) });
  const made = await generate([{ name: 'commonName', value: 'charm4ts node 1' }], {
    ...common,
    ca: { key: authority.private, cert: authority.cert },
    notAfterDate: new Date(Date.now() - 1e8),
  });
  return { ca: authority.cert, cert: made.cert, key: made.private };
}

for (const transport of ['tcp', 'ws']) {
  describe(`TLS over ${transport}`, { timeout: 60_000 }, () => {
    it('lets in who has a certificate of the job', async () => {
      const [a, b] = await identitiesOf({ nodes: 2, transport, tls: true });
      assert.equal(await meets(transport, a, b), 'in');
    });

    it('refuses another authority, at either end', async () => {
      const [a] = await identitiesOf({ nodes: 2, transport, tls: true });
      const [, b] = await identitiesOf({ nodes: 2, transport, tls: true });
      assert.match(
        await meets(transport, a, b),
        /node 0 at .*: certificate signature failure|self-signed|unable to verify/,
      );
      // A caller that would take any certificate.
      assert.notEqual(await meets(transport, a, { ...b!, ca: a!.ca }), 'in');
    });

    it('refuses the certificate of another node', async () => {
      const [a] = await identitiesOf({ nodes: 2, transport, tls: true });
      assert.match(await meets(transport, a, a), /node 0 at .*: /);
      const [c, d] = await identitiesOf({ nodes: 2, transport, tls: true });
      assert.match(await meets(transport, d, c), /its certificate is that of node 1/);
    });

    it('refuses a certificate that has expired', async () => {
      const old = await expired();
      const [a] = await identitiesOf({ nodes: 2, transport, tls: true });
      assert.match(await meets(transport, old, { ...a!, ca: old.ca }), /certificate has expired/);
      assert.notEqual(await meets(transport, { ...a!, ca: old.ca }, { ...old, ca: a!.ca }), 'in');
    });

    it('refuses who comes without', async () => {
      const [a] = await identitiesOf({ nodes: 2, transport, tls: true });
      assert.notEqual(await meets(transport, a, undefined), 'in');
    });
  });
}

describe('a job of several nodes with TLS', () => {
  it('is refused for transports that have none', async () => {
    await assert.rejects(identitiesOf({ nodes: 2, transport: 'udp', tls: true }), /udp seals every datagram/);
  });
});

describe('WebSockets through a proxy', { timeout: 60_000 }, () => {
  const passed: string[] = [];

  /** A proxy that asks for a password, if there is one. */
  async function openProxy(password?: string): Promise<Server> {
    const server = createServer().on('connect', (request, socket) => {
      const given = Buffer.from(request.headers['proxy-authorization']?.slice(6) ?? '', 'base64').toString();
      if (password !== undefined && given !== password) {
        socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
        return;
      }
      passed.push(request.url!);
      const [host, port] = request.url!.split(':');
      const far = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        far.pipe(socket).pipe(far);
      });
      for (const end of [far, socket]) end.on('error', () => undefined);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
  }
  const urlOf = (server: Server, user = ''): string =>
    `http://${user}127.0.0.1:${(server.address() as AddressInfo).port}`;

  it('goes by way of CONNECT, also with TLS to the other end', async () => {
    const proxy = await openProxy();
    assert.equal(await meets('ws', undefined, undefined, urlOf(proxy)), 'in');
    const [a, b] = await identitiesOf({ nodes: 2, transport: 'ws', tls: true });
    assert.equal(await meets('ws', a, b, urlOf(proxy)), 'in');
    assert.equal(passed.length, 2);
    proxy.close();
  });

  it('shows the proxy the name and the password of its URL, and says when it is refused', async () => {
    const proxy = await openProxy('me:secret');
    assert.equal(await meets('ws', undefined, undefined, urlOf(proxy, 'me:secret@')), 'in');
    assert.match(await meets('ws', undefined, undefined, urlOf(proxy)), /407/);
    proxy.close();
  });
});
