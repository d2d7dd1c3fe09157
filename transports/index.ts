/** Transports between node runtimes, by name; and what a transport of one's own is made of: `charm4ts/transports`. */
import type { MakeCarrier } from './sockets/carrier.ts';

export type { CarriedStream, Carrier, CarrierOptions, MakeCarrier, Secured, TlsIdentity } from './sockets/carrier.ts';
export { type NetWays, netCarrier } from './sockets/net-carrier.ts';

/** Each is loaded only when it is used. */
const carriers: Readonly<Record<string, () => Promise<MakeCarrier>>> = {
  unix: async () => (await import('./unix/unix-carrier.ts')).unixCarrier,
  tcp: async () => (await import('./tcp/tcp-carrier.ts')).tcpCarrier,
  ws: async () => (await import('./ws/ws-carrier.ts')).wsCarrier,
  udp: async () => (await import('./udp/udp-carrier.ts')).udpCarrier,
  pipe: async () => (await import('./pipe/pipe-carrier.ts')).pipeCarrier,
};

export const carrierNames: readonly string[] = Object.keys(carriers);

/** It is a file with a carrier as its default export, and not one of the names. */
export function isCarrierFile(name: string): boolean {
  return !Object.hasOwn(carriers, name) && /[/\\]|\.[cm]?[jt]s$/.test(name);
}

/** `name` is one of `carrierNames`, or the address of a module whose default export makes carriers. @throws Error */
export async function loadCarrier(name: string): Promise<MakeCarrier> {
  if (Object.hasOwn(carriers, name)) return carriers[name]!();
  if (!isCarrierFile(name)) throw new Error(`there is no transport ${name}; there are ${carrierNames.join(', ')}`);
  const { default: make } = (await import(name)) as { readonly default?: unknown };
  if (typeof make !== 'function')
    throw new Error(`the transport ${name} must have a function as its default export, which makes carriers`);
  return make as MakeCarrier;
}
