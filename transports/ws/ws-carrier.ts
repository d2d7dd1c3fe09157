/**
 * Node runtimes talk over WebSockets, which pass where only HTTP does. Addresses: `ws://host:port/charm4ts`, with TLS `wss:`.
 *
 * Each write is a binary message; where one ends means nothing. Nothing is compressed, above all not before the other side
 * has proved who it is. A request from a web page (it has an Origin) is refused.
 */
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { createWebSocketStream, WebSocket, WebSocketServer } from 'ws';
import type { CarriedStream, MakeCarrier, Secured } from '../sockets/carrier.ts';
import { callerOptions, listenerOptions, securedBy } from '../sockets/tls.ts';
import { proxyAgent } from './proxy.ts';

const path = '/charm4ts';
/** Larger than any write of a record stream. */
const maxPayload = 4 << 20;
const headersTimeoutMs = 5000;
const plain = { perMessageDeflate: false, maxPayload };

export const wsCarrier: MakeCarrier = ({ host, tls, proxy }) => {
  const refuse: RequestListener = (_, response) => void response.writeHead(426).end();
  const limits = { headersTimeout: headersTimeoutMs };
  const server =
    tls === undefined ? createServer(limits, refuse) : createTlsServer({ ...limits, ...listenerOptions(tls) }, refuse);
  const upgrades = new WebSocketServer({ noServer: true, ...plain });
  const scheme = tls === undefined ? 'ws' : 'wss';
  return {
    listen: (onStream) =>
      new Promise((resolve, reject) => {
        server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
          socket.setNoDelay(true);
          if (request.url !== path || request.headers.origin !== undefined) return void socket.destroy();
          upgrades.handleUpgrade(request, socket, head, (webSocket) => {
            const ends = { stream: createWebSocketStream(webSocket), unref: () => void socket.unref() };
            if (tls === undefined) onStream(ends);
            else onStream({ ...ends, secured: Promise.resolve(securedBy(socket as TLSSocket)) });
          });
        });
        server.once('error', reject);
        server.listen({ host, port: 0 }, () =>
          resolve(`${scheme}://${host}:${(server.address() as AddressInfo).port}${path}`),
        );
      }),
    connect: (address) => {
      const agent = proxyAgent(address, proxy);
      const through = agent === undefined ? {} : { agent };
      const secure = tls === undefined ? {} : callerOptions(tls);
      return carriedBy(new WebSocket(address, { ...plain, ...through, ...secure }), tls !== undefined);
    },
    unref: () => void server.unref(),
    close: () => void server.close(),
  };
};

function carriedBy(webSocket: WebSocket, isSecure: boolean): CarriedStream {
  let socket: Socket | undefined;
  let isUnref = false;
  webSocket.once('upgrade', (response: IncomingMessage) => {
    socket = response.socket;
    socket.setNoDelay(true);
    if (isUnref) socket.unref();
  });
  const ends = {
    stream: createWebSocketStream(webSocket),
    unref: () => {
      isUnref = true;
      socket?.unref();
    },
  };
  return isSecure ? { ...ends, secured: whenOpen(webSocket, () => securedBy(socket as TLSSocket)) } : ends;
}

function whenOpen(webSocket: WebSocket, secured: () => Secured): Promise<Secured> {
  const open = new Promise<Secured>((resolve, reject) => {
    webSocket
      .once('open', () => resolve(secured()))
      .once('error', reject)
      .once('close', () => reject(new Error('the connection was closed')));
  });
  // It may be that nobody asks any more.
  open.catch(() => undefined);
  return open;
}
