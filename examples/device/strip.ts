/**
 * One strip of the device: consecutive mesh rows, everything known on them, and one halo row on either side.
 *
 * Plain data only, so that the chare that owns a strip can be packed and moved between PEs.
 *
 * Unknowns of a node: the potential psi, and for either carrier how far its quasi-Fermi level lies off that of the
 * contact where the carrier is in the majority, as
 *   n = exp(psi) (1 + electrons)            p = exp(bias - psi) (1 + holes)
 * (densities in units of the intrinsic one, the cathode grounded). `electrons` and `holes` are Slotboom's variables
 * less 1. The fluxes are proportional to their differences, so that a majority quasi-Fermi level that is flat to one
 * part in 10^12 still carries the right current. Differences of densities would lose it to rounding.
 */
import type { Device } from './device-file.ts';
import { type Doping, dopingAt } from './doping.ts';
import { createLinearSystem, type LinearSystem } from './linear-system.ts';
import { boxes, cutEvenly, gaps, meshLines } from './mesh.ts';
import { diffusivity, intrinsicDensityPerCm3 } from './silicon.ts';

const cmPerUm = 1e-4;
const secondsPerUs = 1e-6;

/**
 * Width of a block of the coarse problem (see coarse.ts), as a multiple of a strip's depth. Measured: with half of it the
 * linear solver needs a tenth fewer iterations, which the larger coarse problem costs again.
 */
const blockAspect = 4;

/** What touches a node. */
export const Touch = { nothing: 0, anode: 1, cathode: 2 } as const;

export type Equation = 'potential' | 'electrons' | 'holes';

export interface Strip {
  readonly index: number;
  readonly strips: number;
  readonly rows: number;
  readonly columns: number;
  /** Number of blocks this strip has in the coarse problem, the same in every strip. */
  readonly blocks: number;
  /** First column of each block, and the number of columns at the end. */
  readonly blockStarts: Int32Array;

  /** Distance from each row to the one above, `rows + 1` values, cm; 0 where the device ends. */
  readonly depthGaps: Float64Array;
  /** Extent of each row's boxes along the depth, cm. */
  readonly boxDepths: Float64Array;
  /** Distance from each column to the next, cm. */
  readonly lateralGaps: Float64Array;
  /** Extent of each column's boxes across the device, cm. */
  readonly boxWidths: Float64Array;
  readonly electronLifetimeS: number;
  readonly holeLifetimeS: number;

  // Of every node, with halo rows.
  readonly contact: Uint8Array;
  /** Donors minus acceptors in units of the intrinsic density. */
  readonly doping: Float64Array;
  /** Diffusivities, cm^2/s. */
  readonly electronDiffusivity: Float64Array;
  readonly holeDiffusivity: Float64Array;
  readonly potential: Float64Array;
  readonly electrons: Float64Array;
  readonly holes: Float64Array;

  /** Anode voltage in units of kT/q. */
  bias: number;
  /** The equation whose system is assembled. */
  equation: Equation;
  readonly system: LinearSystem;
  readonly search: SearchState;
}

/** Vectors of the conjugate gradients (see search.ts). */
export interface SearchState {
  /** What is to be added to the unknowns of the equation. */
  readonly correction: Float64Array;
  /** The residual after the preconditioner, haloed, and its product with A. */
  readonly preconditioned: Float64Array;
  readonly preconditionedImage: Float64Array;
  /** Search direction and its product with A. */
  readonly direction: Float64Array;
  readonly directionImage: Float64Array;
  /** Scratch for a vector that is constant in each block, haloed. */
  readonly coarse: Float64Array;
  readonly coarseImage: Float64Array;
}

export function createStrip(device: Device, index: number): Strip {
  const { strips } = device;
  const depthUm = meshLines(device.mesh.depth);
  const lateralUm = meshLines(device.mesh.lateral);
  const starts = cutEvenly(depthUm, strips);
  const rowFirst = starts[index]!;
  const rows = starts[index + 1]! - rowFirst;
  const columns = lateralUm.length;
  const blocks = countBlocks(device, columns);
  const haloed = () => new Float64Array((rows + 2) * columns);
  const plain = () => new Float64Array(rows * columns);
  const depthCm = depthUm.map(toCm);
  const lateralCm = lateralUm.map(toCm);
  const strip: Strip = {
    index,
    strips,
    rows,
    columns,
    blocks,
    blockStarts: Int32Array.from(cutEvenly(lateralUm, blocks)),
    depthGaps: Float64Array.of(0, ...gaps(depthCm), 0).slice(rowFirst, rowFirst + rows + 1),
    boxDepths: boxes(depthCm).slice(rowFirst, rowFirst + rows),
    lateralGaps: gaps(lateralCm),
    boxWidths: boxes(lateralCm),
    electronLifetimeS: device.lifetimesUs.electron * secondsPerUs,
    holeLifetimeS: device.lifetimesUs.hole * secondsPerUs,
    contact: new Uint8Array((rows + 2) * columns),
    doping: haloed(),
    electronDiffusivity: haloed(),
    holeDiffusivity: haloed(),
    potential: haloed(),
    electrons: haloed(),
    holes: haloed(),
    bias: 0,
    equation: 'potential',
    system: createLinearSystem(rows, columns),
    search: {
      correction: plain(),
      preconditioned: haloed(),
      preconditionedImage: plain(),
      direction: plain(),
      directionImage: plain(),
      coarse: haloed(),
      coarseImage: plain(),
    },
  };
  for (let row = -1; row <= rows; row++) fillMaterial(strip, device, { depthUm, lateralUm }, row, rowFirst + row);
  return strip;
}

function countBlocks({ geometry, strips }: Device, columns: number): number {
  const blockWidthUm = (blockAspect * geometry.depthUm) / strips;
  return Math.min(columns, Math.ceil(geometry.widthUm / blockWidthUm));
}

interface Lines {
  readonly depthUm: Float64Array;
  readonly lateralUm: Float64Array;
}

/** Doping, diffusivities and contacts of one row of the strip, which is row `line` of the device. */
function fillMaterial(strip: Strip, device: Device, lines: Lines, row: number, line: number): void {
  if (line < 0 || line >= lines.depthUm.length) return;
  for (let column = 0; column < strip.columns; column++) {
    const node = (row + 1) * strip.columns + column;
    const { net, total } = boxDoping(device, lines, line, column);
    strip.doping[node] = net / intrinsicDensityPerCm3;
    strip.electronDiffusivity[node] = diffusivity('electron', total);
    strip.holeDiffusivity[node] = diffusivity('hole', total);
    strip.contact[node] = contactAt(device, lines, line, column);
  }
}

/**
 * Mean doping of a node's box, taken at the middle of its four quarters: a junction that lies on a mesh line then
 * lies exactly there in the discrete device too, and not half a box to one side.
 */
function boxDoping(device: Device, { depthUm, lateralUm }: Lines, line: number, column: number): Doping {
  let net = 0;
  let total = 0;
  let area = 0;
  for (const depthNeighbour of [depthUm[line - 1], depthUm[line + 1]]) {
    for (const lateralNeighbour of [lateralUm[column - 1], lateralUm[column + 1]]) {
      if (depthNeighbour === undefined || lateralNeighbour === undefined) continue;
      const depthStep = depthNeighbour - depthUm[line]!;
      const lateralStep = lateralNeighbour - lateralUm[column]!;
      const quarter = Math.abs(depthStep * lateralStep);
      const doping = dopingAt(device, depthUm[line]! + depthStep / 4, lateralUm[column]! + lateralStep / 4);
      net += quarter * doping.net;
      total += quarter * doping.total;
      area += quarter;
    }
  }
  return { net: net / area, total: total / area };
}

function contactAt(device: Device, { depthUm, lateralUm }: Lines, line: number, column: number): number {
  const side = line === 0 ? 'top' : line === depthUm.length - 1 ? 'bottom' : undefined;
  const { anode, cathode } = device.contacts;
  // Mesh lines are computed, so an end of a contact is hit to within rounding only.
  const slack = 1e-9 * device.geometry.widthUm;
  const lateral = lateralUm[column]!;
  if (anode.side === side && lateral >= anode.fromUm - slack && lateral <= anode.toUm + slack) return Touch.anode;
  if (cathode.side === side && lateral >= cathode.fromUm - slack && lateral <= cathode.toUm + slack)
    return Touch.cathode;
  return Touch.nothing;
}

function toCm(um: number): number {
  return um * cmPerUm;
}
