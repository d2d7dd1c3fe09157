/** The report's figures: each takes a run and returns HTML. */
import { bandEdges } from '../bands.ts';
import { localIdeality } from '../checks.ts';
import { dopingAt } from '../doping.ts';
import { builtInVolts, depletionWidthUm, type Junction, simulatedWidthUm } from '../junction.ts';
import { thermalVoltageV } from '../silicon.ts';
import { busySecondsByPe, busySecondsByStrip, type Run } from '../summary.ts';
import type { BiasPoint, FieldMap, Sweep } from '../sweep.ts';
import { barPlot } from './bar-plot.ts';
import { fit, linePlot, type Series } from './line-plot.ts';
import { colorBar, mapPlot, type Quantity } from './map-plot.ts';

const cmPerUm = 1e-4;
const biasLabel = 'bias, V';
const depthLabel = 'depth, µm';
/** Fewer points are no line. */
const pointsMin = 3;

type Color = Series['color'];

/** The three biases shown in detail: the ends of the sweep, or the end of the diffusion-limited range, and none. */
export function shownPoints({ sweep, physics }: Run): BiasPoint[] {
  const { points } = sweep;
  const forward = physics.ideality?.toVolts ?? points.at(-1)!.volts;
  const shown = [points[0]!.volts, 0, forward];
  return points.filter(({ volts }) => shown.includes(volts));
}

export function currentFigure({ sweep }: Run): string {
  const points = sweep.points.filter(({ volts }) => volts !== 0);
  const volts = points.map((point) => point.volts);
  const current = points.map((point) => Math.abs(point.currentPerCm2));
  return linePlot({
    x: fit(biasLabel, volts),
    y: fit('|current|, A/cm²', current, { isLog: true }),
    series: [{ label: 'simulated', x: volts, y: current, color: 0 }],
  });
}

/** @returns undefined if the sweep has too few forward points for a line */
export function forwardFigure({ sweep, physics }: Run): string | undefined {
  const points = sweep.points.filter(({ volts }) => volts > 0);
  if (points.length < pointsMin) return undefined;
  const volts = points.map((point) => point.volts);
  const current = points.map((point) => point.currentPerCm2);
  const series: Series[] = [{ label: 'simulated', x: volts, y: current, color: 0 }];
  if (physics.ideality !== undefined) series.push(idealDiode(points, physics.ideality));
  return linePlot({
    x: fit(biasLabel, volts, { from: 0 }),
    y: fit('current, A/cm²', current, { isLog: true }),
    series,
    bands: diffusionBand(physics),
  });
}

function diffusionBand({ ideality }: Run['physics']): { from: number; to: number; label: string }[] {
  if (ideality === undefined) return [];
  return [{ from: ideality.fromVolts, to: ideality.toVolts, label: 'diffusion limited' }];
}

/** J0 (exp(qV / kT) - 1) through the point in the middle of the diffusion-limited range. */
function idealDiode(
  points: readonly BiasPoint[],
  { fromVolts, toVolts }: { fromVolts: number; toVolts: number },
): Series {
  const middle = (fromVolts + toVolts) / 2;
  const anchor = points.reduce((a, b) => (Math.abs(b.volts - middle) < Math.abs(a.volts - middle) ? b : a));
  const saturation = anchor.currentPerCm2 / Math.expm1(anchor.volts / thermalVoltageV);
  const x = points.map(({ volts }) => volts);
  const y = x.map((volts) => Math.abs(saturation * Math.expm1(volts / thermalVoltageV)));
  return { label: 'ideal diode, <i>J</i>₀(e<sup>qV/kT</sup> − 1)', x, y, color: 1, shape: 'dashed' };
}

export function idealityFigure({ sweep, physics }: Run): string | undefined {
  const local = localIdeality(sweep.points);
  if (local.length < pointsMin) return undefined;
  const volts = local.map((slope) => slope.volts);
  const factors = local.map(({ factor }) => factor);
  return linePlot({
    x: fit(biasLabel, volts, { from: 0 }),
    y: fit('ideality factor', [...factors, 0.9, 1.2]),
    series: [{ label: 'between neighbouring points', x: volts, y: factors, color: 0 }],
    bands: diffusionBand(physics),
  });
}

export function reverseFigure({ sweep }: Run): string | undefined {
  const points = sweep.points.filter(({ volts }) => volts <= 0);
  if (points.length < pointsMin) return undefined;
  const volts = points.map((point) => point.volts);
  const nanoamperes = points.map(({ currentPerCm2 }) => -currentPerCm2 * 1e9);
  return linePlot({
    x: fit(biasLabel, volts),
    y: fit('reverse current, nA/cm²', nanoamperes, { from: 0 }),
    series: [{ label: 'simulated', x: volts, y: nanoamperes, color: 0 }],
  });
}

/** The square of the width is linear in the bias, and vanishes 2kT/q before the built-in potential. */
export function widthFigure({ sweep }: Run, junction: Junction): string {
  const points = sweep.points.filter(({ volts }) => volts <= 0.3);
  const theoryVolts = [points[0]!.volts, builtInVolts(junction) - 2 * thermalVoltageV];
  const square = (width: number) => width ** 2;
  const y = points.map((point) => square(simulatedWidthUm(junction, sweep.device, sweep.grid, point)));
  const theory = theoryVolts.map((volts) => square(depletionWidthUm(junction, volts, 2 * thermalVoltageV)));
  return linePlot({
    x: fit(biasLabel, theoryVolts),
    y: fit('(depletion width)², µm²', [...y, ...theory], { from: 0 }),
    series: [
      {
        label:
          'theory, 2ε(<i>V</i><sub>bi</sub> − 2kT/q − <i>V</i>)/q · (1/<i>N</i><sub>A</sub> + 1/<i>N</i><sub>D</sub>)',
        x: theoryVolts,
        y: theory,
        color: 1,
        shape: 'dashed',
      },
      { label: 'simulated', x: points.map(({ volts }) => volts), y, color: 0, shape: 'points' },
    ],
  });
}

export function bandFigure(sweep: Sweep, point: BiasPoint): string {
  const x = sweep.grid.depthUm;
  const bands = bandEdges(point.cut);
  const series: Series[] = [
    { label: '<i>E</i><sub>c</sub>', x, y: bands.conductionEv, color: 6 },
    { label: '<i>E</i><sub>v</sub>', x, y: bands.valenceEv, color: 6 },
    { label: '<i>E</i><sub>Fn</sub>', x, y: bands.electronLevelEv, color: 0, shape: 'dashed' },
    { label: '<i>E</i><sub>Fp</sub>', x, y: bands.holeLevelEv, color: 1, shape: 'dashed' },
  ];
  return linePlot({
    x: { label: depthLabel, ...ends(x) },
    y: fit(
      'energy, eV',
      series.flatMap(({ y }) => Array.from(y)),
    ),
    series,
  });
}

export function carrierFigure({ device, grid }: Sweep, { cut }: BiasPoint): string {
  const x = grid.depthUm;
  const doping = x.map((depth) => Math.abs(dopingAt(device, depth, grid.lateralUm[grid.cutColumn]!).net));
  return linePlot({
    x: { label: depthLabel, ...ends(x) },
    y: { label: 'density, cm⁻³', from: 1e2, to: 1e19, isLog: true },
    series: [
      { label: '|<i>N</i><sub>D</sub> − <i>N</i><sub>A</sub>|', x, y: doping, color: 6, shape: 'dashed' },
      { label: 'electrons', x, y: cut.electronsPerCm3, color: 0 },
      { label: 'holes', x, y: cut.holesPerCm3, color: 1 },
    ],
  });
}

/** Charge density: the doping less what the carriers make up for, in units of the lighter side's doping. */
export function chargeFigure({ device, grid }: Sweep, points: readonly BiasPoint[], junction: Junction): string {
  const x = grid.depthUm;
  const unit = Math.min(junction.acceptorsPerCm3, junction.donorsPerCm3);
  const doping = x.map((depth) => dopingAt(device, depth, grid.lateralUm[grid.cutColumn]!).net);
  const series = points.map(({ volts, cut }, i): Series => {
    const y = doping.map((net, row) => (net + cut.holesPerCm3[row]! - cut.electronsPerCm3[row]!) / unit);
    return { label: `${volts} V`, x, y, color: i as Color };
  });
  return linePlot({
    x: { label: depthLabel, ...ends(x) },
    y: { label: `charge density, q × ${unit.toExponential(2)} cm⁻³`, from: -1.6, to: 1.6 },
    series,
  });
}

export function fieldFigure(sweep: Sweep, points: readonly BiasPoint[]): string {
  const { depthUm } = sweep.grid;
  const middles = depthUm.slice(1).map((at, i) => (at + depthUm[i]!) / 2);
  const series = points.map(({ volts, cut }, i): Series => {
    const psi = cut.potentialVolts;
    const y = middles.map(
      (_, row) => Math.abs(psi[row + 1]! - psi[row]!) / ((depthUm[row + 1]! - depthUm[row]!) * cmPerUm) / 1e3,
    );
    return { label: `${volts} V`, x: middles, y, color: i as Color };
  });
  return linePlot({
    x: { label: depthLabel, ...ends(depthUm) },
    y: fit(
      'field, kV/cm',
      series.flatMap(({ y }) => Array.from(y)),
      { from: 0 },
    ),
    series,
  });
}

export function continuityFigure({ grid }: Sweep, point: BiasPoint): string {
  const x = grid.depthUm.slice(1).map((at, i) => (at + grid.depthUm[i]!) / 2);
  const { electronCurrentPerCm2: electrons, holeCurrentPerCm2: holes } = point;
  const total = electrons.map((current, i) => current + holes[i]!);
  return linePlot({
    x: { label: depthLabel, ...ends(grid.depthUm) },
    y: fit(`current at ${point.volts} V, A/cm²`, [...electrons, ...holes, ...total, 0]),
    series: [
      { label: 'total', x, y: total, color: 6 },
      { label: 'electrons', x, y: electrons, color: 0 },
      { label: 'holes', x, y: holes, color: 1 },
    ],
  });
}

/** Rows of maps, one per bias, columns of one colour scale each. */
export function mapFigures({ device, grid, maps }: Sweep): string {
  const columns: { quantity: Quantity; valuesOf: (map: FieldMap) => Float64Array }[] = [
    { quantity: potentialQuantity(maps), valuesOf: (map) => map.potentialVolts },
    { quantity: densityQuantity('electrons', maps), valuesOf: (map) => map.electronsPerCm3.map(decades) },
    { quantity: densityQuantity('holes', maps), valuesOf: (map) => map.holesPerCm3.map(decades) },
  ];
  const rows = maps.map((map) => {
    const cells = columns.map(
      ({ quantity, valuesOf }) =>
        `<div class="card"><h3>${quantity.name} at ${map.volts} V</h3>${colorBar(quantity)}${mapPlot(device, grid, valuesOf(map), quantity)}</div>`,
    );
    return `<div class="grid3">${cells.join('')}</div>`;
  });
  return rows.join('<p></p>');
}

function potentialQuantity(maps: readonly FieldMap[]): Quantity {
  const { from, to } = fit(
    '',
    maps.flatMap(({ potentialVolts }) => Array.from(potentialVolts)),
  );
  return { name: 'potential', unit: 'V', from, to, isLog: false };
}

/** Densities below are nowhere the majority, nor near it. */
const decadeMin = 0;

function densityQuantity(name: string, maps: readonly FieldMap[]): Quantity {
  const most = maps.reduce((max, map) => {
    const densities = name === 'electrons' ? map.electronsPerCm3 : map.holesPerCm3;
    return densities.reduce((a, b) => Math.max(a, b), max);
  }, 1);
  return { name, unit: 'cm⁻³', from: decadeMin, to: Math.ceil(Math.log10(most)), isLog: true };
}

function decades(density: number): number {
  return Math.max(decadeMin, Math.log10(density));
}

export function convergenceFigure({ sweep }: Run): string {
  const { points } = sweep;
  const count = 6;
  const shown = points.filter(
    (_, i) => i % Math.ceil(points.length / count) === (points.length - 1) % Math.ceil(points.length / count),
  );
  const series = shown.map(({ volts, convergence }, i): Series => {
    const y = convergence.potentialChanges;
    return { label: `${volts} V`, x: y.map((_, step) => step + 1), y, color: (i % 7) as Color };
  });
  return linePlot({
    x: fit(
      "step of Gummel's iteration",
      series.flatMap(({ x }) => Array.from(x)),
      { from: 1 },
    ),
    y: fit(
      'change of the potential, kT/q',
      series.flatMap(({ y }) => Array.from(y)),
      { isLog: true },
    ),
    series,
  });
}

export function iterationFigure({ sweep }: Run): string {
  return barPlot({
    xLabel: biasLabel,
    yLabel: 'linear iterations',
    names: sweep.points.map(({ volts }) => `${volts}`),
    columns: sweep.points.map(({ volts, convergence, seconds }) => ({
      value: convergence.linearIterations,
      color: 0,
      text: `${volts} V: ${convergence.linearIterations} iterations in ${convergence.linearSystems} systems, ${seconds.toFixed(2)} s`,
    })),
  });
}

export function peFigure({ usage, seconds }: Run): string {
  return barPlot({
    xLabel: 'PE',
    yLabel: 'seconds of work',
    line: { value: seconds, text: `sweep ${seconds.toFixed(1)} s` },
    columns: busySecondsByPe(usage).map((value, pe) => ({
      value,
      color: peColor(pe),
      text: `PE ${pe}: ${value.toFixed(2)} s, ${((100 * value) / seconds).toFixed(0)} % of the time`,
    })),
  });
}

export function stripFigure({ sweep, usage }: Run): string {
  const { stripStarts } = sweep.grid;
  return barPlot({
    xLabel: 'strip, from the top down',
    yLabel: 'seconds of work',
    columns: busySecondsByStrip(usage).map((value, strip) => ({
      value,
      color: peColor(usage[strip]!.pe),
      text: `strip ${strip} on PE ${usage[strip]!.pe}: ${stripStarts[strip + 1]! - stripStarts[strip]!} rows, ${value.toFixed(2)} s`,
    })),
  });
}

function peColor(pe: number): Color {
  return (pe % 6) as Color;
}

function ends(values: Float64Array): { from: number; to: number } {
  return { from: values[0]!, to: values.at(-1)! };
}
