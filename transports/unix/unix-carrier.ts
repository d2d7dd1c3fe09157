/** Node runtimes of one machine talk over its local sockets, in a folder that only this user can enter. Addresses: paths. */
import { join } from 'node:path';
import type { MakeCarrier } from '../sockets/carrier.ts';
import { netCarrier } from '../sockets/net-carrier.ts';

export const unixCarrier: MakeCarrier = ({ folder, node }) => {
  const path = join(folder, `node-${node}`);
  return netCarrier({ listen: { path }, address: () => path, options: (address) => ({ path: address }) });
};
