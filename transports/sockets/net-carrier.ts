/** What carriers over Node's own sockets have in common. */
import { connect, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { CarriedStream, Carrier, Secured, TlsIdentity } from './carrier.ts';
import { callerOptions, listenerOptions, securedBy } from './tls.ts';

export interface NetWays {
  /** What to listen on. */
  readonly listen: { readonly path: string } | { readonly host: string; readonly port: number };
  /** The address that others are told, once `port` is known. */
  readonly address: (port: number) => string;
  readonly options: (address: string) => NetConnectOpts;
}

/** Connections that may wait for their handshakes, and all others. */
const connectionsMax = 1024;

export function netCarrier({ listen, address, options }: NetWays, tls?: TlsIdentity): Carrier {
  let onStream: (carried: CarriedStream) => void = () => undefined;
  const server: Server =
    tls === undefined
      ? createServer({ noDelay: true, pauseOnConnect: true }, (socket) => onStream(carried(socket)))
      : createTlsServer({ ...listenerOptions(tls), noDelay: true }, (socket) =>
          onStream(carried(socket.pause(), Promise.resolve(securedBy(socket)))),
        );
  server.maxConnections = connectionsMax;
  return {
    listen: (handler) =>
      new Promise((resolve, reject) => {
        onStream = handler;
        server.once('error', reject);
        server.listen(listen, () => {
          const bound = server.address();
          resolve(address(typeof bound === 'object' && bound !== null ? bound.port : 0));
        });
      }),
    connect: (to) => {
      const socket = tls === undefined ? connect(options(to)) : connectTls({ ...options(to), ...callerOptions(tls) });
      socket.setNoDelay(true);
      socket.pause();
      return carried(socket, tls === undefined ? undefined : whenSecure(socket as TLSSocket));
    },
    unref: () => void server.unref(),
    close: () => void server.close(),
  };
}

/** @throws Error if the other side has no certificate that we take */
export function whenSecure(socket: TLSSocket): Promise<Secured> {
  const secured = new Promise<Secured>((resolve, reject) => {
    socket
      .once('secureConnect', () => resolve(securedBy(socket)))
      .once('error', reject)
      .once('close', () => reject(new Error('the connection was closed')));
  });
  // It may be that nobody asks any more.
  secured.catch(() => undefined);
  return secured;
}

function carried(socket: Socket, secured?: Promise<Secured>): CarriedStream {
  const ends = { stream: socket, unref: () => void socket.unref() };
  return secured === undefined ? ends : { ...ends, secured };
}
