/** Doping at a point, from the regions of the device file: each is a box with a Gaussian fall-off outside. */
import type { Device, DopingRegion } from './device-file.ts';

export interface Doping {
  /** Donors minus acceptors, cm^-3. */
  readonly net: number;
  /** Donors plus acceptors, cm^-3; the mobility falls with it. */
  readonly total: number;
}

export function dopingAt(device: Device, depthUm: number, lateralUm: number): Doping {
  let net = 0;
  let total = 0;
  for (const region of device.doping) {
    const concentration = concentrationAt(region, depthUm, lateralUm);
    net += region.dopant === 'donor' ? concentration : -concentration;
    total += concentration;
  }
  return { net, total };
}

function concentrationAt(region: DopingRegion, depthUm: number, lateralUm: number): number {
  const distance = Math.hypot(outside(depthUm, region.depthUm), outside(lateralUm, region.lateralUm));
  if (distance === 0) return region.concentrationPerCm3;
  if (region.edgeUm === 0) return 0;
  return region.concentrationPerCm3 * Math.exp(-((distance / region.edgeUm) ** 2));
}

function outside(at: number, [from, to]: readonly [number, number]): number {
  return Math.max(from - at, 0, at - to);
}
