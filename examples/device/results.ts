/** The results folder: tables as CSV, everything else in one report. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bandEdges } from './bands.ts';
import type { FieldMap, Sweep } from './sweep.ts';

/** Enough to see rounding, short enough to read. */
const significantDigits = 10;

/** Writes the folder, made if needed; returns the names of the files. */
export function writeResults(folder: string, sweep: Sweep, reportHtml: string | undefined): string[] {
  const files: Record<string, string> = {
    'iv.csv': currentTable(sweep),
    'bands.csv': bandTable(sweep),
    'potential.csv': mapTable(sweep, 'potential_V', (map) => map.potentialVolts),
    'electrons.csv': mapTable(sweep, 'n_per_cm3', (map) => map.electronsPerCm3),
    'holes.csv': mapTable(sweep, 'p_per_cm3', (map) => map.holesPerCm3),
    ...(reportHtml === undefined ? {} : { 'report.html': reportHtml }),
  };
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return Object.keys(files);
}

function currentTable({ points }: Sweep): string {
  const header = [
    'voltage_V',
    'current_A_per_cm2',
    'variation_with_depth',
    'gummel_steps',
    'linear_iterations',
    'seconds',
  ];
  const rows = points.map(({ volts, currentPerCm2, currentSpread, convergence, seconds }) => [
    volts,
    currentPerCm2,
    currentSpread,
    convergence.potentialChanges.length,
    convergence.linearIterations,
    seconds,
  ]);
  return csv(header, rows);
}

/** Band edges and quasi-Fermi levels along the cut, at the biases that have maps. */
function bandTable({ grid, points, maps }: Sweep): string {
  const header = ['voltage_V', 'depth_um', 'Ec_eV', 'Ev_eV', 'EFn_eV', 'EFp_eV', 'n_per_cm3', 'p_per_cm3'];
  const mapped = points.filter(({ volts }) => maps.some((map) => map.volts === volts));
  const rows = mapped.flatMap(({ volts, cut }) => {
    const bands = bandEdges(cut);
    return Array.from(grid.depthUm, (depth, i) => [
      volts,
      depth,
      ...[bands.conductionEv, bands.valenceEv, bands.electronLevelEv, bands.holeLevelEv].map((level) => level[i]!),
      cut.electronsPerCm3[i]!,
      cut.holesPerCm3[i]!,
    ]);
  });
  return csv(header, rows);
}

function mapTable({ grid, maps }: Sweep, quantity: string, valuesOf: (map: FieldMap) => Float64Array): string {
  const { depthUm, lateralUm } = grid;
  const header = ['depth_um', 'lateral_um', ...maps.map(({ volts }) => `${quantity}_at_${volts}_V`)];
  const columns = maps.map(valuesOf);
  const rows = Array.from(columns[0]!, (_, node) => [
    depthUm[Math.floor(node / lateralUm.length)]!,
    lateralUm[node % lateralUm.length]!,
    ...columns.map((values) => values[node]!),
  ]);
  return csv(header, rows);
}

function csv(header: readonly string[], rows: readonly (readonly number[])[]): string {
  const lines = rows.map((row) => row.map((value) => String(Number(value.toPrecision(significantDigits)))).join(','));
  return `${[header.join(','), ...lines].join('\n')}\n`;
}
