/** A program that solves the device in its first argument and prints a hash of every field, bit for bit. */
import type { Charm } from 'charm4ts';
import { Balancing } from '../../../examples/device/balancing.ts';
import { ChareStrips } from '../../../examples/device/chare-strips.ts';
import { parseDevice } from '../../../examples/device/device-file.ts';
import { DeviceStrip } from '../../../examples/device/device-strip.ts';
import { createGrid, runSweep } from '../../../examples/device/sweep.ts';
import { hashSweep } from './hash.ts';

export { DeviceStrip };

export default async function main(charm: Charm): Promise<void> {
  const device = parseDevice(charm.args[0]!, 'argument');
  const array = await charm.array(DeviceStrip, { size: device.strips, args: [device] });
  const balancing = new Balancing(charm);
  const options = {
    now: () => charm.now(),
    onProgress: () => {},
    betweenPoints: (done: number) => balancing.afterPoint(done),
  };
  const sweep = await runSweep(device, new ChareStrips(charm, array), createGrid(device), options);
  const moves = balancing.steps.reduce((sum, { migrations }) => sum + migrations, 0);
  console.log(JSON.stringify({ hash: hashSweep(sweep), steps: balancing.steps.length, moves }));
  charm.exit();
}
