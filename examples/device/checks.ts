/** The simulation against theory: what is compared, how well it must agree, and how it does. */
import {
  builtInVolts,
  depletionWidthUm,
  diffusionLimitedVolts,
  findJunction,
  type Junction,
  saturationCurrentPerCm2,
  simulatedStepVolts,
  simulatedWidthUm,
} from './junction.ts';
import { thermalVoltageV } from './silicon.ts';
import type { BiasPoint, Sweep } from './sweep.ts';

export interface Check {
  readonly name: string;
  readonly unit: string;
  readonly simulated: number;
  /** What theory says; the check is passed if `simulated` is within `low` and `high`. */
  readonly expected: number;
  readonly low: number;
  readonly high: number;
  readonly isPassed: boolean;
}

export interface Physics {
  /** Undefined if the device is not the textbook's; then only the current is checked. */
  readonly junction: Junction | undefined;
  /** Voltages of the diffusion-limited range that were computed, and the ideality factor fitted to them. */
  readonly ideality: { readonly fromVolts: number; readonly toVolts: number; readonly factor: number } | undefined;
  readonly checks: readonly Check[];
}

export function checkPhysics(sweep: Sweep): Physics {
  const junction = findJunction(sweep.device, sweep.grid);
  const ideality = junction === undefined ? undefined : fitIdeality(sweep, junction);
  return {
    junction,
    ideality,
    checks: [
      ...(junction === undefined ? [] : junctionChecks(sweep, junction)),
      ...(ideality === undefined
        ? []
        : [within('ideality factor, diffusion limited', '', ideality.factor, 1, { low: 1, high: 1.1 })]),
      ...(junction?.isPlanar === true && ideality !== undefined ? [saturationCheck(sweep, junction, ideality)] : []),
      currentCheck(sweep.points),
    ],
  };
}

function junctionChecks(sweep: Sweep, junction: Junction): Check[] {
  const { device, grid, points } = sweep;
  const equilibrium = points.find(({ volts }) => volts === 0)!;
  const reverse = points[0]!;
  const widthCheck = (point: BiasPoint) =>
    relative(
      `depletion width at ${point.volts} V`,
      'um',
      simulatedWidthUm(junction, device, grid, point),
      depletionWidthUm(junction, point.volts, 0),
      0.05,
    );
  return [
    relative(
      'built-in potential',
      'V',
      simulatedStepVolts(junction, device, grid, equilibrium),
      builtInVolts(junction),
      0.01,
    ),
    widthCheck(equilibrium),
    ...(reverse === equilibrium ? [] : [widthCheck(reverse)]),
  ];
}

type Ideality = NonNullable<Physics['ideality']>;

/** Least squares of ln J against V. */
function fitIdeality({ device, points }: Sweep, junction: Junction): Ideality | undefined {
  const [low, high] = diffusionLimitedVolts(junction, device);
  const used = points.filter(({ volts }) => volts >= low && volts <= high);
  if (used.length < 3) return undefined;
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const volts = used.map((point) => point.volts);
  const logs = used.map((point) => Math.log(point.currentPerCm2));
  const voltsMean = mean(volts);
  const logsMean = mean(logs);
  const slope =
    mean(volts.map((v, i) => (v - voltsMean) * (logs[i]! - logsMean))) / mean(volts.map((v) => (v - voltsMean) ** 2));
  return { fromVolts: volts[0]!, toVolts: volts.at(-1)!, factor: 1 / (slope * thermalVoltageV) };
}

/** In the middle of the diffusion-limited range. */
function saturationCheck({ points }: Sweep, junction: Junction, { fromVolts, toVolts }: Ideality): Check {
  const middle = (fromVolts + toVolts) / 2;
  const point = points.reduce((a, b) => (Math.abs(b.volts - middle) < Math.abs(a.volts - middle) ? b : a));
  const simulated = point.currentPerCm2 / Math.expm1(point.volts / thermalVoltageV);
  return relative(
    `saturation current, from ${point.volts} V`,
    'A/cm2',
    simulated,
    saturationCurrentPerCm2(junction, point.volts),
    0.05,
  );
}

function currentCheck(points: readonly BiasPoint[]): Check {
  const worst = Math.max(...points.map(({ currentSpread }) => currentSpread));
  return within('largest variation of the current with depth', '', worst, 0, { low: 0, high: 0.01 });
}

function relative(name: string, unit: string, simulated: number, expected: number, tolerance: number): Check {
  const range = { low: expected * (1 - tolerance), high: expected * (1 + tolerance) };
  return within(name, unit, simulated, expected, range);
}

function within(
  name: string,
  unit: string,
  simulated: number,
  expected: number,
  { low, high }: { low: number; high: number },
): Check {
  return { name, unit, simulated, expected, low, high, isPassed: simulated >= low && simulated <= high };
}

/** Slope of the current between neighbouring forward points, as an ideality factor, at their middle. */
export function localIdeality(points: readonly BiasPoint[]): { volts: number; factor: number }[] {
  const forward = points.filter(({ volts }) => volts > 0);
  return forward.slice(1).map((point, i) => {
    const before = forward[i]!;
    const logs = Math.log(point.currentPerCm2 / before.currentPerCm2);
    return {
      volts: (point.volts + before.volts) / 2,
      factor: (point.volts - before.volts) / (thermalVoltageV * logs),
    };
  });
}
