/** The shipped devices, made small enough to test with: the physics does not need their fine meshes. */
import { readFileSync } from 'node:fs';
import { type Device, parseDevice } from '../../../examples/device/device-file.ts';
import { SequentialStrips } from '../../../examples/device/sequential.ts';
import { createGrid, runSweep, type Sweep } from '../../../examples/device/sweep.ts';

export type ShippedName = 'abrupt' | 'one-sided' | 'fine-mesh';

export function shippedText(name: ShippedName): string {
  return readFileSync(new URL(`../../../examples/device/devices/${name}.json`, import.meta.url), 'utf8');
}

export function shipped(name: ShippedName): Device {
  return parseDevice(shippedText(name), name);
}

export interface Reduction {
  /** Mesh spacing, as a multiple of the shipped one. */
  readonly coarser: number;
  readonly strips: number;
  readonly sweep: Device['sweep'];
}

export function reduced(name: ShippedName, { coarser, strips, sweep }: Reduction): Device {
  const device = shipped(name);
  const coarse = (points: Device['mesh']['depth']) =>
    points.map(({ atUm, spacingUm }) => ({ atUm, spacingUm: spacingUm * coarser }));
  const mesh = { depth: coarse(device.mesh.depth), lateral: coarse(device.mesh.lateral) };
  return { ...device, mesh, strips, sweep };
}

/** Solves a device without the runtime. */
export function solveSequentially(device: Device): Promise<Sweep> {
  return runSweep(device, new SequentialStrips(device), createGrid(device), { now: () => 0, onProgress: () => {} });
}
