/** A program that solves the device in its first argument and prints a hash of every field, bit for bit. */
import type { Charm } from 'charm4ts';
import { ChareStrips } from '../../../examples/device/chare-strips.ts';
import { parseDevice } from '../../../examples/device/device-file.ts';
import { DeviceStrip } from '../../../examples/device/device-strip.ts';
import { createGrid, runSweep } from '../../../examples/device/sweep.ts';
import { hashSweep } from './hash.ts';

export { DeviceStrip };

export default async function main(charm: Charm): Promise<void> {
  const device = parseDevice(charm.args[0]!, 'argument');
  const array = await charm.array(DeviceStrip, { size: device.strips, args: [device] });
  const options = { now: () => charm.now(), onProgress: () => {} };
  const sweep = await runSweep(device, new ChareStrips(charm, array), createGrid(device), options);
  console.log(hashSweep(sweep));
  charm.exit();
}
