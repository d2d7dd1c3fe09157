/** What a strip reports of its state: currents, a cut along the depth, and maps. */
import { conductance, electronDensity, holeDensity } from './assembly.ts';
import { elementaryChargeC, intrinsicDensityPerCm3 } from './silicon.ts';
import type { Share } from './step.ts';
import type { Strip } from './strip.ts';

/** Quantities that `observe` reports of each row, one after the other, `rows` values each. */
export const observedNames = [
  /** Electron and hole current through the face to the next row, A per cm of the third dimension; 0 below the last. */
  'electronCurrent',
  'holeCurrent',
  // On the cut:
  /** Potential, kT/q. */
  'potential',
  /** Densities, in units of the intrinsic one. */
  'electronDensity',
  'holeDensity',
  /** Quasi-Fermi potentials, kT/q. */
  'electronLevel',
  'holeLevel',
] as const;

export type Observed = (typeof observedNames)[number];

export function observe(strip: Strip, column: number): Share {
  const { rows, columns, potential, electrons, holes, bias } = strip;
  const share = new Float64Array(observedNames.length * rows);
  for (let row = 0; row < rows; row++) {
    const cut = (row + 1) * columns + column;
    const values: Record<Observed, number> = {
      ...rowCurrents(strip, row),
      potential: potential[cut]!,
      electronDensity: electronDensity(strip, cut),
      holeDensity: holeDensity(strip, cut),
      electronLevel: -Math.log1p(electrons[cut]!),
      holeLevel: bias + Math.log1p(holes[cut]!),
    };
    observedNames.forEach((name, i) => {
      share[i * rows + row] = values[name];
    });
  }
  return share;
}

/** Current through the face below each row, as in `observe`. */
export function totalCurrents(strip: Strip): Share {
  return Float64Array.from({ length: strip.rows }, (_, row) => {
    const { electronCurrent, holeCurrent } = rowCurrents(strip, row);
    return electronCurrent + holeCurrent;
  });
}

function rowCurrents(strip: Strip, row: number): { electronCurrent: number; holeCurrent: number } {
  const { columns, depthGaps, boxWidths, electrons, holes } = strip;
  const gap = depthGaps[row + 1]!;
  let electronCurrent = 0;
  let holeCurrent = 0;
  if (gap > 0) {
    const unit = (elementaryChargeC * intrinsicDensityPerCm3) / gap;
    for (let column = 0; column < columns; column++) {
      const from = (row + 1) * columns + column;
      const to = from + columns;
      const face = unit * boxWidths[column]!;
      electronCurrent += face * conductance(strip, 'electrons', from, to) * (electrons[to]! - electrons[from]!);
      holeCurrent -= face * conductance(strip, 'holes', from, to) * (holes[to]! - holes[from]!);
    }
  }
  return { electronCurrent, holeCurrent };
}

/** Potential, electron and hole density of all own nodes, one after the other, in the solver's units. */
export function mapFields(strip: Strip): Share {
  const { rows, columns, potential } = strip;
  const size = rows * columns;
  const share = new Float64Array(3 * size);
  for (let node = 0; node < size; node++) {
    share[node] = potential[node + columns]!;
    share[size + node] = electronDensity(strip, node + columns);
    share[2 * size + node] = holeDensity(strip, node + columns);
  }
  return share;
}
