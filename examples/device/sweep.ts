/** The whole computation: equilibrium, then every bias point of the device's sweep, with what was observed at each. */
import { biasPoints, type Device } from './device-file.ts';
import { type Convergence, Gummel } from './gummel.ts';
import { ConvergenceError, type Strips } from './linear-solver.ts';
import { cutEvenly, meshLines } from './mesh.ts';
import { type Observed, observedNames } from './observation.ts';
import { intrinsicDensityPerCm3, thermalVoltageV } from './silicon.ts';
import type { Share } from './step.ts';

const cmPerUm = 1e-4;

/** The mesh as files and plots need it. */
export interface Grid {
  readonly depthUm: Float64Array;
  readonly lateralUm: Float64Array;
  /** First row of each strip, and the number of rows at the end. */
  readonly stripStarts: readonly number[];
  /** Column of the cut along the depth: the middle of the anode. */
  readonly cutColumn: number;
}

/** What is known along the cut; one value per row. */
export interface Cut {
  readonly potentialVolts: Float64Array;
  readonly electronsPerCm3: Float64Array;
  readonly holesPerCm3: Float64Array;
  /** Quasi-Fermi potentials. */
  readonly electronLevelVolts: Float64Array;
  readonly holeLevelVolts: Float64Array;
}

export interface BiasPoint {
  readonly volts: number;
  /** Current from anode to cathode over the width of the device, A/cm^2: mean over all rows. */
  readonly currentPerCm2: number;
  /** Electron and hole current through the faces between the rows, A/cm^2. */
  readonly electronCurrentPerCm2: Float64Array;
  readonly holeCurrentPerCm2: Float64Array;
  /** Largest less smallest total current through a row, relative to the mean; 0 in equilibrium, where nothing flows. */
  readonly currentSpread: number;
  readonly cut: Cut;
  readonly convergence: Convergence;
  readonly seconds: number;
}

/** Fields on all nodes, row after row. */
export interface FieldMap {
  readonly volts: number;
  readonly potentialVolts: Float64Array;
  readonly electronsPerCm3: Float64Array;
  readonly holesPerCm3: Float64Array;
}

export interface Sweep {
  readonly device: Device;
  readonly grid: Grid;
  /** In order of the voltage. */
  readonly points: readonly BiasPoint[];
  /** At the ends of the sweep and in equilibrium, in order of the voltage. */
  readonly maps: readonly FieldMap[];
}

export interface SweepOptions {
  /** Seconds from some moment on. */
  readonly now: () => number;
  /** Called before the first point and after each. */
  readonly onProgress: (done: number, total: number, last: BiasPoint | undefined) => void;
  /** Waited for between two points. */
  readonly betweenPoints?: (done: number) => Promise<void>;
}

export function createGrid(device: Device): Grid {
  const depthUm = meshLines(device.mesh.depth);
  const lateralUm = meshLines(device.mesh.lateral);
  const { fromUm, toUm } = device.contacts.anode;
  return {
    depthUm,
    lateralUm,
    stripStarts: cutEvenly(depthUm, device.strips),
    cutColumn: nearestIndex(lateralUm, (fromUm + toUm) / 2),
  };
}

export async function runSweep(device: Device, strips: Strips, grid: Grid, options: SweepOptions): Promise<Sweep> {
  const { now, onProgress } = options;
  const voltages = [0, ...biasPoints(device.sweep)];
  const mapped = new Set([Math.min(...voltages), 0, Math.max(...voltages)]);
  const gummel = new Gummel(strips);
  const points: BiasPoint[] = [];
  const maps: FieldMap[] = [];
  onProgress(0, voltages.length, undefined);
  for (const volts of voltages) {
    const started = now();
    const convergence = await solvePoint(gummel, volts);
    const observed = foldObservation(await strips.step({ kind: 'observe', column: grid.cutColumn }), grid);
    points.push({ volts, convergence, seconds: now() - started, ...describe(observed, device) });
    if (mapped.has(volts)) maps.push(foldMap(await strips.step({ kind: 'map' }), volts));
    onProgress(points.length, voltages.length, points.at(-1));
    if (points.length < voltages.length) await options.betweenPoints?.(points.length);
  }
  const byVoltage = (a: { volts: number }, b: { volts: number }) => a.volts - b.volts;
  return { device, grid, points: points.sort(byVoltage), maps: maps.sort(byVoltage) };
}

async function solvePoint(gummel: Gummel, volts: number): Promise<Convergence> {
  try {
    return await (volts === 0 ? gummel.solveEquilibrium() : gummel.solveBias(volts / thermalVoltageV));
  } catch (cause) {
    if (!(cause instanceof ConvergenceError)) throw cause;
    throw new ConvergenceError(`at ${volts} V: ${cause.message}; try a smaller "stepVolts" or a finer mesh`, { cause });
  }
}

/** The strips' shares of an observation, joined to one vector of all rows per quantity. */
function foldObservation(shares: readonly Share[], { depthUm, stripStarts }: Grid): Record<Observed, Float64Array> {
  const joined = Object.fromEntries(observedNames.map((name) => [name, new Float64Array(depthUm.length)]));
  shares.forEach((share, strip) => {
    const first = stripStarts[strip]!;
    const rows = stripStarts[strip + 1]! - first;
    observedNames.forEach((name, i) => {
      joined[name]!.set(share.subarray(i * rows, (i + 1) * rows), first);
    });
  });
  return joined as Record<Observed, Float64Array>;
}

type Description = Pick<
  BiasPoint,
  'currentPerCm2' | 'electronCurrentPerCm2' | 'holeCurrentPerCm2' | 'currentSpread' | 'cut'
>;

function describe(observed: Record<Observed, Float64Array>, device: Device): Description {
  // The anode may be at the top or at the bottom; a positive current flows out of it.
  const direction = device.contacts.anode.side === 'top' ? 1 : -1;
  const perArea = (current: number) => (direction * current) / (device.geometry.widthUm * cmPerUm);
  // The last row has no face below it.
  const electronCurrentPerCm2 = observed.electronCurrent.slice(0, -1).map(perArea);
  const holeCurrentPerCm2 = observed.holeCurrent.slice(0, -1).map(perArea);
  const total = electronCurrentPerCm2.map((current, row) => current + holeCurrentPerCm2[row]!);
  const currentPerCm2 = total.reduce((sum, current) => sum + current, 0) / total.length;
  const spread = total.reduce((a, b) => Math.max(a, b)) - total.reduce((a, b) => Math.min(a, b));
  return {
    currentPerCm2,
    electronCurrentPerCm2,
    holeCurrentPerCm2,
    currentSpread: currentPerCm2 === 0 ? 0 : spread / Math.abs(currentPerCm2),
    cut: {
      potentialVolts: observed.potential.map(toVolts),
      electronsPerCm3: observed.electronDensity.map(toPerCm3),
      holesPerCm3: observed.holeDensity.map(toPerCm3),
      electronLevelVolts: observed.electronLevel.map(toVolts),
      holeLevelVolts: observed.holeLevel.map(toVolts),
    },
  };
}

function foldMap(shares: readonly Share[], volts: number): FieldMap {
  const part = (i: number) =>
    Float64Array.from(
      shares.flatMap((share) => [...share.subarray((i * share.length) / 3, ((i + 1) * share.length) / 3)]),
    );
  return {
    volts,
    potentialVolts: part(0).map(toVolts),
    electronsPerCm3: part(1).map(toPerCm3),
    holesPerCm3: part(2).map(toPerCm3),
  };
}

export function nearestIndex(lines: Float64Array, at: number): number {
  let best = 0;
  for (let i = 1; i < lines.length; i++) if (Math.abs(lines[i]! - at) < Math.abs(lines[best]! - at)) best = i;
  return best;
}

function toVolts(potential: number): number {
  return potential * thermalVoltageV;
}

function toPerCm3(density: number): number {
  return density * intrinsicDensityPerCm3;
}
