/** The device file: what is in it, and reading it with a clear refusal of what makes no sense. README.md explains it. */
import { readFileSync } from 'node:fs';
import { dopingAt } from './doping.ts';
import { DeviceFileError, JsonField, type NumberRange } from './json-field.ts';
import { meshLines, slicesMax } from './mesh.ts';

export { DeviceFileError };

export interface Device {
  readonly title: string;
  readonly geometry: { readonly depthUm: number; readonly widthUm: number };
  readonly contacts: { readonly anode: Contact; readonly cathode: Contact };
  readonly doping: readonly DopingRegion[];
  readonly lifetimesUs: { readonly electron: number; readonly hole: number };
  readonly mesh: { readonly depth: readonly MeshPoint[]; readonly lateral: readonly MeshPoint[] };
  readonly sweep: { readonly reverse: Leg; readonly forward: Leg };
  /** Strips that the mesh is cut into: equal slices of the depth. */
  readonly strips: number;
}

export interface Contact {
  readonly side: 'top' | 'bottom';
  readonly fromUm: number;
  readonly toUm: number;
}

/** A box of constant doping, with a Gaussian fall-off over `edgeUm` outside. */
export interface DopingRegion {
  readonly dopant: 'donor' | 'acceptor';
  readonly concentrationPerCm3: number;
  readonly depthUm: readonly [number, number];
  readonly lateralUm: readonly [number, number];
  readonly edgeUm: number;
}

export interface MeshPoint {
  readonly atUm: number;
  readonly spacingUm: number;
}

/** Bias points `stepVolts` apart, from equilibrium (not included) to `toVolts`. */
export interface Leg {
  readonly toVolts: number;
  readonly stepVolts: number;
}

const lengthRange: NumberRange = { min: 0.01, max: 1000, unit: 'um' };
/** Boltzmann statistics fail above, and a doping below the intrinsic density is none. */
const concentrationRange: NumberRange = { min: 1e11, max: 1e20, unit: 'cm^-3' };
const lifetimeRange: NumberRange = { min: 1e-6, max: 1e5, unit: 'us' };
/** The carriers' unknowns grow as exp(q V / kT); below, the linear solver loses its way in some devices. */
const reverseRange: NumberRange = { min: -5, max: 0, unit: 'V (0: no reverse bias)' };
/** Above the built-in potential the device is a resistor, and Gummel's iteration slow. */
const forwardRange: NumberRange = { min: 0, max: 1, unit: 'V (0: no forward bias)' };
const stepRange: NumberRange = { min: 0.001, max: 10, unit: 'V' };

const meshLinesMax = 2000;
const regionsMax = 100;
const meshPointsMax = 100;

/** Reads and checks a device file. */
export function readDevice(file: string): Device {
  return parseDevice(readFileSync(file, 'utf8'), file);
}

/** @param file the name that errors give */
export function parseDevice(json: string, file: string): Device {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new DeviceFileError(`${file}: not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
  const root = new JsonField(file, '$', value);
  const fields = root.object(
    ['title', 'geometry', 'contacts', 'doping', 'lifetimesUs', 'mesh', 'sweep', 'strips'],
    ['description'],
  );
  fields.description?.text(2000);
  const geometry = parseGeometry(fields.geometry);
  const mesh = parseMesh(fields.mesh, geometry);
  const device: Device = {
    title: fields.title.text(200),
    geometry,
    mesh,
    contacts: parseContacts(fields.contacts, meshLines(mesh.lateral)),
    doping: fields.doping.array(1, regionsMax).map((region) => parseRegion(region, geometry)),
    lifetimesUs: parseLifetimes(fields.lifetimesUs),
    sweep: parseSweep(fields.sweep),
    strips: fields.strips.number(stripsRange(mesh)),
  };
  checkContactDoping(device, fields.contacts);
  return device;
}

/** Thinner slices would hold no row of their own, and make the linear solver slow. */
export function stripsRange(mesh: Device['mesh']): NumberRange {
  const max = slicesMax(meshLines(mesh.depth));
  return { min: 1, max, unit: '(slices of the depth no thinner than its mesh)', isInteger: true };
}

type Geometry = Device['geometry'];

function parseGeometry(field: JsonField): Geometry {
  const { depthUm, widthUm } = field.object(['depthUm', 'widthUm']);
  return { depthUm: depthUm.number(lengthRange), widthUm: widthUm.number(lengthRange) };
}

function parseContacts(field: JsonField, lateralLines: Float64Array): Device['contacts'] {
  const fields = field.object(['anode', 'cathode']);
  const anode = parseContact(fields.anode, lateralLines);
  const cathode = parseContact(fields.cathode, lateralLines);
  if (anode.side === cathode.side) {
    const { side } = fields.cathode.object(['side', 'fromUm', 'toUm']);
    throw side.error(`"${anode.side === 'top' ? 'bottom' : 'top'}", opposite to the anode`);
  }
  return { anode, cathode };
}

function parseContact(field: JsonField, lateralLines: Float64Array): Contact {
  const widthUm = lateralLines.at(-1)!;
  const fields = field.object(['side', 'fromUm', 'toUm']);
  const side = fields.side.oneOf(['top', 'bottom']);
  const fromUm = fields.fromUm.number({ min: 0, max: widthUm, unit: 'um' });
  const toUm = fields.toUm.number({ min: fromUm, max: widthUm, unit: 'um' });
  if (!lateralLines.some((at) => at >= fromUm && at <= toUm))
    throw field.error('as wide as to hold a lateral mesh line');
  return { side, fromUm, toUm };
}

function parseRegion(field: JsonField, { depthUm, widthUm }: Geometry): DopingRegion {
  const fields = field.object(['dopant', 'concentrationPerCm3', 'depthUm', 'lateralUm'], ['edgeUm']);
  return {
    dopant: fields.dopant.oneOf(['donor', 'acceptor']),
    concentrationPerCm3: fields.concentrationPerCm3.number(concentrationRange),
    depthUm: fields.depthUm.interval({ min: 0, max: depthUm, unit: 'um' }),
    lateralUm: fields.lateralUm.interval({ min: 0, max: widthUm, unit: 'um' }),
    edgeUm: fields.edgeUm?.number({ min: 0, max: Math.max(depthUm, widthUm), unit: 'um' }) ?? 0,
  };
}

function parseLifetimes(field: JsonField): Device['lifetimesUs'] {
  const { electron, hole } = field.object(['electron', 'hole']);
  return { electron: electron.number(lifetimeRange), hole: hole.number(lifetimeRange) };
}

function parseMesh(field: JsonField, { depthUm, widthUm }: Geometry): Device['mesh'] {
  const { depth, lateral } = field.object(['depth', 'lateral']);
  return { depth: parseAxis(depth, depthUm), lateral: parseAxis(lateral, widthUm) };
}

function parseAxis(field: JsonField, lengthUm: number): MeshPoint[] {
  const points = field.array(2, meshPointsMax).map((element) => {
    const { atUm, spacingUm } = element.object(['atUm', 'spacingUm']);
    return {
      atUm: atUm.number({ min: 0, max: lengthUm, unit: 'um' }),
      spacingUm: spacingUm.number({ min: lengthUm / meshLinesMax, max: lengthUm, unit: 'um' }),
    };
  });
  const isAscending = points.every(({ atUm }, i) => i === 0 || atUm > points[i - 1]!.atUm);
  if (!isAscending || points[0]!.atUm !== 0 || points[points.length - 1]!.atUm !== lengthUm) {
    throw field.error(`points with "atUm" rising from 0 to ${lengthUm} um`);
  }
  if (meshLines(points).length > meshLinesMax) throw field.error(`a mesh of at most ${meshLinesMax} lines`);
  return points;
}

function parseSweep(field: JsonField): Device['sweep'] {
  const { reverse, forward } = field.object(['reverse', 'forward']);
  return { reverse: parseLeg(reverse, reverseRange), forward: parseLeg(forward, forwardRange) };
}

function parseLeg(field: JsonField, voltage: NumberRange): Leg {
  const { toVolts, stepVolts } = field.object(['toVolts', 'stepVolts']);
  return { toVolts: toVolts.number(voltage), stepVolts: stepVolts.number(stepRange) };
}

/** The unknowns are chosen for holes being the majority at the anode and electrons at the cathode (see strip.ts). */
function checkContactDoping(device: Device, field: JsonField): void {
  const fields = field.object(['anode', 'cathode']);
  const samples = 101;
  for (const [name, sign, kind] of [
    ['anode', -1, 'p-type'],
    ['cathode', 1, 'n-type'],
  ] as const) {
    const { side, fromUm, toUm } = device.contacts[name];
    const depthUm = side === 'top' ? 0 : device.geometry.depthUm;
    for (let i = 0; i < samples; i++) {
      const lateralUm = fromUm + ((toUm - fromUm) * i) / (samples - 1);
      const { net } = dopingAt(device, depthUm, lateralUm);
      if (net * sign > 0) continue;
      throw fields[name].error(
        `all on ${kind} silicon; at ${lateralUm} um "doping" gives donors - acceptors = ${net.toExponential(2)} cm^-3`,
      );
    }
  }
}

/** Anode voltages to solve for after equilibrium, lowest first. */
export function biasPoints({ reverse, forward }: Device['sweep']): number[] {
  return [...legPoints(reverse).reverse(), ...legPoints(forward)];
}

function legPoints({ toVolts, stepVolts }: Leg): number[] {
  // A multiple of a step like 0.05 is a rounding off the end of the leg; the slack is far below any step allowed.
  const count = Math.floor(Math.abs(toVolts) / stepVolts + 1e-9);
  return Array.from({ length: count }, (_, i) => roundVolts(Math.sign(toVolts) * (i + 1) * stepVolts));
}

/** Drops what binary fractions add to decimal steps, so that 3 * 0.1 is reported as 0.3. */
function roundVolts(volts: number): number {
  return Number(volts.toFixed(6));
}
