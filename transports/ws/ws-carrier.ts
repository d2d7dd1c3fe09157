/**
 * Node runtimes talk over WebSockets, which pass where only HTTP does. Addresses: `ws://host:port/charm4ts`.
 *
 * Each write is a binary message; where one ends means nothing. Nothing is compressed, above all not before the other side
 * has proved who it is. A request from a web page (it has an Origin) is refused.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createWebSocketStream, WebSocket, WebSocketServer } from 'ws';
import type { CarriedStream, MakeCarrier } from '../sockets/carrier.ts';

const path = '/charm4ts';
/** Larger than any write of a record stream. */
const maxPayload = 4 << 20;
const headersTimeoutMs = 5000;

export const wsCarrier: MakeCarrier = ({ host }) => {
  const server = createServer({ headersTimeout: headersTimeoutMs }, (_, response) => response.writeHead(426).end());
  const upgrades = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload });
  return {
    listen: (onStream) =>
      new Promise((resolve, reject) => {
        server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
          socket.setNoDelay(true);
          if (request.url !== path || request.headers.origin !== undefined) return void socket.destroy();
          upgrades.handleUpgrade(request, socket, head, (webSocket) => {
            onStream({ stream: createWebSocketStream(webSocket), unref: () => void socket.unref() });
          });
        });
        server.once('error', reject);
        server.listen({ host, port: 0 }, () =>
          resolve(`ws://${host}:${(server.address() as AddressInfo).port}${path}`),
        );
      }),
    connect: (address) => carriedBy(new WebSocket(address, { perMessageDeflate: false, maxPayload })),
    unref: () => void server.unref(),
    close: () => void server.close(),
  };
};

function carriedBy(webSocket: WebSocket): CarriedStream {
  let socket: Socket | undefined;
  let isUnref = false;
  webSocket.once('upgrade', (response: IncomingMessage) => {
    socket = response.socket;
    socket.setNoDelay(true);
    if (isUnref) socket.unref();
  });
  return {
    stream: createWebSocketStream(webSocket),
    unref: () => {
      isUnref = true;
      socket?.unref();
    },
  };
}
