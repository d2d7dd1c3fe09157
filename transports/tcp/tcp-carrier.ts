/** Node runtimes talk over TCP, with TLS if asked. Addresses: `host:port`. */
import type { MakeCarrier } from '../sockets/carrier.ts';
import { netCarrier } from '../sockets/net-carrier.ts';

export const tcpCarrier: MakeCarrier = ({ host, tls }) => {
  const ways = {
    listen: { host, port: 0 },
    address: (port: number) => `${host}:${port}`,
    options: (address: string) => {
      const colon = address.lastIndexOf(':');
      return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
    },
  };
  return netCarrier(ways, tls);
};
