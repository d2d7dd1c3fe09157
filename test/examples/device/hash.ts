/** A fingerprint of all numbers of a sweep. */
import { createHash } from 'node:crypto';
import type { Sweep } from '../../../examples/device/sweep.ts';

export function hashSweep({ points, maps }: Sweep): string {
  const hash = createHash('sha256');
  for (const { volts, electronCurrentPerCm2, holeCurrentPerCm2, cut } of points) {
    hash.update(`${volts}`);
    for (const field of [electronCurrentPerCm2, holeCurrentPerCm2, ...Object.values(cut)]) hash.update(field);
  }
  for (const { potentialVolts, electronsPerCm3, holesPerCm3 } of maps) {
    for (const field of [potentialVolts, electronsPerCm3, holesPerCm3]) hash.update(field);
  }
  return hash.digest('hex');
}
