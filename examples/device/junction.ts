/**
 * The textbook's abrupt junction, to hold the simulation against: closed formulas in the doping of the device file,
 * nothing of the solver (Sze and Ng, Physics of Semiconductor Devices, 3rd ed., chapter 2).
 *
 * Distances along the cut are counted from the anode, whichever side of the device it is on.
 *
 * Not handled: graded junctions, and cuts with more than one junction; a device may have them, but no theory.
 */
import type { Device } from './device-file.ts';
import { dopingAt } from './doping.ts';
import {
  diffusivity,
  elementaryChargeC,
  intrinsicDensityPerCm3,
  permittivityFPerCm,
  thermalVoltageV,
} from './silicon.ts';
import type { BiasPoint, Grid } from './sweep.ts';

const cmPerUm = 1e-4;
const secondsPerUs = 1e-6;

/** An abrupt junction between two uniformly doped layers, on the cut. */
export interface Junction {
  readonly acceptorsPerCm3: number;
  readonly donorsPerCm3: number;
  /** Where the uniform p layer begins, meets the uniform n layer, and that one ends. */
  readonly fromUm: number;
  readonly atUm: number;
  readonly toUm: number;
  /** True if the device is the same at all lateral positions, and the layers reach from contact to contact. */
  readonly isPlanar: boolean;
}

/** @returns undefined if the doping along the cut is not of this kind */
export function findJunction(device: Device, grid: Grid): Junction | undefined {
  const { depthUm: lines, lateralUm, cutColumn } = grid;
  const lateral = lateralUm[cutColumn]!;
  const isAnodeTop = device.contacts.anode.side === 'top';
  const depth = (fromAnode: number) => (isAnodeTop ? fromAnode : device.geometry.depthUm - fromAnode);
  const edges = isAnodeTop ? lines : lines.toReversed().map((at) => device.geometry.depthUm - at);
  const net = Array.from(edges.subarray(1), (edge, i) => dopingAt(device, depth((edges[i]! + edge) / 2), lateral).net);
  const first = net.findIndex((doping) => doping > 0);
  if (first <= 0 || net.slice(first).some((doping) => doping < 0)) return undefined;
  const acceptorsPerCm3 = -net[first - 1]!;
  const donorsPerCm3 = net[first]!;
  let from = first - 1;
  while (from > 0 && net[from - 1] === -acceptorsPerCm3) from -= 1;
  let to = first + 1;
  while (to < net.length && net[to] === donorsPerCm3) to += 1;
  const junction = { acceptorsPerCm3, donorsPerCm3, fromUm: edges[from]!, atUm: edges[first]!, toUm: edges[to]! };
  const { fromUm, toUm } = depletionEdges(junction, Math.min(0, device.sweep.reverse.toVolts), 0);
  // A layer that is depleted through is not the textbook's any more.
  if (fromUm <= junction.fromUm || toUm >= junction.toUm) return undefined;
  const isThrough = from === 0 && to === net.length;
  return { ...junction, isPlanar: isThrough && isLaterallyUniform(device) };
}

function isLaterallyUniform({ geometry, contacts, doping }: Device): boolean {
  const { anode, cathode } = contacts;
  const spans = [...doping.map(({ lateralUm }) => lateralUm), ...[anode, cathode].map((c) => [c.fromUm, c.toUm])];
  return spans.every(([from, to]) => from === 0 && to === geometry.widthUm);
}

type Layers = Omit<Junction, 'isPlanar'>;

/** kT/q ln(Na Nd / ni^2). */
export function builtInVolts({ acceptorsPerCm3, donorsPerCm3 }: Layers): number {
  return thermalVoltageV * Math.log((acceptorsPerCm3 * donorsPerCm3) / intrinsicDensityPerCm3 ** 2);
}

/**
 * sqrt(2 eps (Vbi - V - correction) / q (1/Na + 1/Nd)), um.
 *
 * @param correctionVolts 0 in the depletion approximation; 2kT/q accounts for the majority carriers' tails
 */
export function depletionWidthUm(junction: Layers, volts: number, correctionVolts: number): number {
  const { acceptorsPerCm3, donorsPerCm3 } = junction;
  const drop = Math.max(0, builtInVolts(junction) - volts - correctionVolts);
  const perDoping = 1 / acceptorsPerCm3 + 1 / donorsPerCm3;
  return Math.sqrt(((2 * permittivityFPerCm * drop) / elementaryChargeC) * perDoping) / cmPerUm;
}

/** The two sides carry the same charge. */
function depletionEdges(junction: Layers, volts: number, correctionVolts: number): { fromUm: number; toUm: number } {
  const { acceptorsPerCm3, donorsPerCm3, atUm } = junction;
  const widthUm = depletionWidthUm(junction, volts, correctionVolts);
  const pShare = donorsPerCm3 / (acceptorsPerCm3 + donorsPerCm3);
  return { fromUm: atUm - widthUm * pShare, toUm: atUm + widthUm * (1 - pShare) };
}

/**
 * Shockley's saturation current of a short diode, q ni^2 (Dn / (Na Wp) + Dp / (Nd Wn)), A/cm^2, where Wp and Wn are
 * what the depletion layer leaves of the two layers. Exact for a planar device in which little recombines.
 */
export function saturationCurrentPerCm2(junction: Junction, volts: number): number {
  const { acceptorsPerCm3, donorsPerCm3, fromUm, toUm } = junction;
  const edges = depletionEdges(junction, volts, 2 * thermalVoltageV);
  const electrons = diffusivity('electron', acceptorsPerCm3) / (acceptorsPerCm3 * (edges.fromUm - fromUm) * cmPerUm);
  const holes = diffusivity('hole', donorsPerCm3) / (donorsPerCm3 * (toUm - edges.toUm) * cmPerUm);
  return elementaryChargeC * intrinsicDensityPerCm3 ** 2 * (electrons + holes);
}

/**
 * Forward voltages between which the current should be diffusion limited: above, recombination in the depletion
 * layer, q ni W / 2 tau exp(V / 2kT), is less than 3 % of it; below, the minority carriers injected into the lighter
 * doped side are fewer than 2 % of its majority carriers.
 */
export function diffusionLimitedVolts(junction: Junction, { lifetimesUs }: Device): readonly [number, number] {
  const lifetimeS = Math.sqrt(lifetimesUs.electron * lifetimesUs.hole) * secondsPerUs;
  const widthCm = depletionWidthUm(junction, 0, 0) * cmPerUm;
  const recombination = (elementaryChargeC * intrinsicDensityPerCm3 * widthCm) / (2 * lifetimeS);
  const diffusion = saturationCurrentPerCm2(junction, 0);
  const lighter = Math.min(junction.acceptorsPerCm3, junction.donorsPerCm3);
  return [
    2 * thermalVoltageV * Math.log(recombination / (0.03 * diffusion)),
    thermalVoltageV * Math.log(0.02 * (lighter / intrinsicDensityPerCm3) ** 2),
  ];
}

/** The cut, from the anode on. */
interface CutProfile {
  readonly atUm: Float64Array;
  readonly potentialVolts: Float64Array;
  readonly electronsPerCm3: Float64Array;
  readonly holesPerCm3: Float64Array;
}

function fromAnode(device: Device, { depthUm }: Grid, { cut }: BiasPoint): CutProfile {
  const { potentialVolts, electronsPerCm3, holesPerCm3 } = cut;
  if (device.contacts.anode.side === 'top') return { atUm: depthUm, potentialVolts, electronsPerCm3, holesPerCm3 };
  return {
    atUm: depthUm.toReversed().map((at) => device.geometry.depthUm - at),
    potentialVolts: potentialVolts.toReversed(),
    electronsPerCm3: electronsPerCm3.toReversed(),
    holesPerCm3: holesPerCm3.toReversed(),
  };
}

/** Simulated potential difference between the middles of the two neutral layers, V. */
export function simulatedStepVolts(junction: Junction, device: Device, grid: Grid, point: BiasPoint): number {
  const { atUm, potentialVolts } = fromAnode(device, grid, point);
  const { fromUm, toUm } = neutralMiddles(junction, point.volts);
  return interpolate(atUm, potentialVolts, toUm) - interpolate(atUm, potentialVolts, fromUm);
}

/**
 * Simulated width of the depletion layer, um: on either side of the junction, the thickness that the missing majority
 * carriers would fill, integral of 1 - n / N from the junction to the middle of the neutral layer. Unlike the field at
 * the junction, this is not misled by the holes that a heavily doped side spills over into the other.
 */
export function simulatedWidthUm(junction: Junction, device: Device, grid: Grid, point: BiasPoint): number {
  const cut = fromAnode(device, grid, point);
  const { fromUm, toUm } = neutralMiddles(junction, point.volts);
  const { atUm } = junction;
  return (
    missing(cut.atUm, cut.holesPerCm3, { fromUm, toUm: atUm, doping: junction.acceptorsPerCm3 }) +
    missing(cut.atUm, cut.electronsPerCm3, { fromUm: atUm, toUm, doping: junction.donorsPerCm3 })
  );
}

/** Halfway between the depletion layer and the end of the uniform layer, on both sides. */
function neutralMiddles(junction: Junction, volts: number): { fromUm: number; toUm: number } {
  const edges = depletionEdges(junction, volts, 0);
  return { fromUm: (edges.fromUm + junction.fromUm) / 2, toUm: (edges.toUm + junction.toUm) / 2 };
}

/** Points of the midpoint rule per mesh interval; between nodes densities are exponential. */
const samplesPerInterval = 16;

function missing(
  lines: Float64Array,
  carriers: Float64Array,
  { fromUm, toUm, doping }: { fromUm: number; toUm: number; doping: number },
): number {
  const logs = carriers.map((density) => Math.log(density / doping));
  let width = 0;
  for (let i = 0; i < lines.length - 1; i++) {
    const step = (lines[i + 1]! - lines[i]!) / samplesPerInterval;
    for (let sample = 0; sample < samplesPerInterval; sample++) {
      const part = (sample + 0.5) / samplesPerInterval;
      const at = lines[i]! + part * (lines[i + 1]! - lines[i]!);
      if (at < fromUm || at > toUm) continue;
      width += step * (1 - Math.exp(logs[i]! * (1 - part) + logs[i + 1]! * part));
    }
  }
  return width;
}

function interpolate(lines: Float64Array, values: Float64Array, at: number): number {
  const i = Math.max(
    1,
    lines.findIndex((line) => line >= at),
  );
  const part = (at - lines[i - 1]!) / (lines[i]! - lines[i - 1]!);
  return values[i - 1]! * (1 - part) + values[i]! * part;
}
