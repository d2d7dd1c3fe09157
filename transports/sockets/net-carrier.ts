/** What carriers over Node's own sockets have in common. */
import { connect, createServer, type NetConnectOpts, type Socket } from 'node:net';
import type { CarriedStream, Carrier } from './carrier.ts';

export interface NetWays {
  /** What to listen on. */
  readonly listen: { readonly path: string } | { readonly host: string; readonly port: number };
  /** The address that others are told, once `port` is known. */
  readonly address: (port: number) => string;
  readonly options: (address: string) => NetConnectOpts;
}

export function netCarrier({ listen, address, options }: NetWays): Carrier {
  let onStream: (carried: CarriedStream) => void = () => undefined;
  const server = createServer({ noDelay: true, pauseOnConnect: true }, (socket) => onStream(carried(socket)));
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
      const socket = connect(options(to));
      socket.setNoDelay(true);
      socket.pause();
      return carried(socket);
    },
    unref: () => void server.unref(),
    close: () => void server.close(),
  };
}

function carried(socket: Socket): CarriedStream {
  return { stream: socket, unref: () => void socket.unref() };
}
