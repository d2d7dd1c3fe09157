/** Node runtimes talk over TCP. Addresses: `host:port`. */
import type { MakeCarrier } from '../sockets/carrier.ts';
import { netCarrier } from '../sockets/net-carrier.ts';

export const tcpCarrier: MakeCarrier = ({ host }) =>
  netCarrier({
    listen: { host, port: 0 },
    address: (port) => `${host}:${port}`,
    options: (address) => {
      const colon = address.lastIndexOf(':');
      return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
    },
  });
