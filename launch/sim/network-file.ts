/** From what a user names to a network description: one that ships, or a JSON file. */
import { readFile } from 'node:fs/promises';
import { UsageError } from '../../core/base/errors.ts';
import { checkNetwork, type NetworkDescription } from '../../transports/sim/network-description.ts';
import { shippedNetworks } from '../../transports/sim/shipped-networks.ts';

/** @throws UsageError that says what is wrong, and where. */
export async function resolveNetwork(network: string | NetworkDescription): Promise<NetworkDescription> {
  if (typeof network !== 'string') return checkNetwork(network, 'the network given');
  const shipped = shippedNetworks.find(({ name }) => name === network);
  if (shipped !== undefined) return shipped;
  const names = shippedNetworks.map(({ name }) => name).join(', ');
  let text: string;
  try {
    text = await readFile(network, 'utf8');
  } catch (cause) {
    const message = `there is no network ${network}: neither one that ships (${names}) nor a file that can be read`;
    throw new UsageError(message, 'ERR_USAGE', undefined, { cause });
  }
  try {
    return checkNetwork(JSON.parse(text), network);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new UsageError(`${network} is not JSON: ${cause.message}`, 'ERR_USAGE', undefined, { cause });
  }
}
