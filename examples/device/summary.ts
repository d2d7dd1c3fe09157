/** What is printed at the end, as text or as JSON. */
import type { LbStepReport } from 'charm4ts';
import { describeBalancing, type Savings } from './balancing.ts';
import type { Check, Physics } from './checks.ts';
import type { StripUsage } from './device-strip.ts';
import type { Sweep } from './sweep.ts';

export interface Run {
  readonly sweep: Sweep;
  readonly physics: Physics;
  readonly usage: readonly StripUsage[];
  /** Load-balancing steps. */
  readonly balancing: readonly LbStepReport[];
  /** Where a step has moved anything. */
  readonly savings?: Savings;
  /** Wall-clock time of the sweep. */
  readonly seconds: number;
}

/** Seconds that each PE worked on strips. */
export function busySecondsByPe(usage: readonly StripUsage[]): number[] {
  return Array.from(usage[0]!.busySeconds, (_, pe) => usage.reduce((sum, strip) => sum + strip.busySeconds[pe]!, 0));
}

/** Seconds that each PE would have worked if all strips had stayed where they were made. */
export function unmovedSecondsByPe(usage: readonly StripUsage[]): number[] {
  const seconds = new Array<number>(usage[0]!.busySeconds.length).fill(0);
  const byStrip = busySecondsByStrip(usage);
  for (const [strip, { madeOn }] of usage.entries()) seconds[madeOn]! += byStrip[strip]!;
  return seconds;
}

/** Seconds that each strip took, on whatever PE. */
export function busySecondsByStrip(usage: readonly StripUsage[]): number[] {
  return usage.map(({ busySeconds }) => busySeconds.reduce((a, b) => a + b, 0));
}

export function linearIterations({ points }: Sweep): number {
  return points.reduce((sum, { convergence }) => sum + convergence.linearIterations, 0);
}

export function textSummary(run: Run, folder: string, files: readonly string[]): string {
  const { sweep, physics, usage, seconds } = run;
  const { device, grid, points } = sweep;
  const pes = usage[0]!.busySeconds.length;
  const lines = [
    '',
    device.title,
    `  ${grid.depthUm.length} x ${grid.lateralUm.length} nodes in ${device.strips} strips on ${pes} PEs`,
    `  ${points.length} bias points from ${points[0]!.volts} V to ${points.at(-1)!.volts} V, ` +
      `${linearIterations(sweep)} linear iterations, ${seconds.toFixed(1)} s`,
    '',
    'Against theory',
    ...physics.checks.map(checkLine),
    ...(physics.junction === undefined
      ? ['  (the cut is no abrupt junction of uniform layers: no closed theory)']
      : []),
    '',
    'Work',
    ...workLines(run),
    '',
    `Written to ${folder}: ${files.join(', ')}`,
    '',
  ];
  return lines.join('\n');
}

function workLines({ usage, balancing, savings, seconds }: Run): string[] {
  const perPe = busySecondsByPe(usage);
  const busiest = Math.max(...perPe);
  const average = perPe.reduce((a, b) => a + b, 0) / perPe.length;
  const strips = busySecondsByStrip(usage);
  // In the simulator computing takes no time, unless it is measured.
  if (busiest === 0) return ['  took no time on the clock of this run'];
  return [
    ...perPe.map(
      (busy, pe) => `  PE ${pe}  ${busy.toFixed(1)} s busy (${((100 * busy) / seconds).toFixed(0)} % of the time)`,
    ),
    `  busiest PE to average ${(busiest / average).toFixed(2)}; ` +
      `heaviest strip to lightest ${(Math.max(...strips) / Math.min(...strips)).toFixed(0)}`,
    ...describeBalancing(balancing, seconds, savings),
  ];
}

function checkLine(check: Check): string {
  const { name, unit, simulated, expected, isPassed } = check;
  const values = expected === 0 ? format(simulated) : `${format(simulated)} ${unit}`.trim();
  const theory = expected === 0 ? `at most ${format(check.high)}` : `theory ${format(expected)}`;
  return `  ${isPassed ? 'ok  ' : 'FAIL'}  ${name.padEnd(44)} ${values.padEnd(18)} ${theory}`;
}

function format(value: number): string {
  return value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5) ? value.toExponential(3) : value.toFixed(4);
}

export function jsonSummary(run: Run, folder: string, files: readonly string[]): string {
  const { sweep, physics, usage, seconds } = run;
  const { device, grid, points } = sweep;
  return JSON.stringify(
    {
      device: device.title,
      nodes: { depth: grid.depthUm.length, lateral: grid.lateralUm.length },
      strips: device.strips,
      seconds,
      linearIterations: linearIterations(sweep),
      checks: physics.checks,
      ideality: physics.ideality ?? null,
      points: points.map(({ volts, currentPerCm2, currentSpread }) => ({ volts, currentPerCm2, currentSpread })),
      busySecondsByPe: busySecondsByPe(usage),
      busySecondsByStrip: busySecondsByStrip(usage),
      unmovedSecondsByPe: unmovedSecondsByPe(usage),
      balancing: run.balancing.map(({ strategy, before, after, migrations, seconds: stepSeconds }) => ({
        strategy,
        before,
        after,
        migrations,
        seconds: stepSeconds,
      })),
      savings: run.savings ?? null,
      folder,
      files,
    },
    undefined,
    2,
  );
}
