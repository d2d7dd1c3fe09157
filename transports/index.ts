/** The carriers of jobs on several nodes, by name. */

import { pipeCarrier } from './pipe/pipe-carrier.ts';
import type { MakeCarrier } from './sockets/carrier.ts';
import { tcpCarrier } from './tcp/tcp-carrier.ts';
import { udpCarrier } from './udp/udp-carrier.ts';
import { unixCarrier } from './unix/unix-carrier.ts';
import { wsCarrier } from './ws/ws-carrier.ts';

const carriers: Readonly<Record<string, MakeCarrier>> = {
  unix: unixCarrier,
  tcp: tcpCarrier,
  ws: wsCarrier,
  udp: udpCarrier,
  pipe: pipeCarrier,
};

export const carrierNames: readonly string[] = Object.keys(carriers);

/** Undefined if there is none of this name. */
export function carrierNamed(name: string): MakeCarrier | undefined {
  return Object.hasOwn(carriers, name) ? carriers[name] : undefined;
}
