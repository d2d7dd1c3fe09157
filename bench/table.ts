/** Results for people: one aligned line a case. */
import type { Unit } from './bench.ts';
import { isFloor, type Result } from './result.ts';

const widths = [18, 22, 12, 26, 26, 8, 20] as const;

export function tableHead(): string {
  const names = ['bench', 'case', 'median', 'min .. max', 'calibration', 'ratio', 'target', 'verdict'];
  return `${columns(names)}\n${'-'.repeat(columns(names).length + 2)}`;
}

export function tableLine(result: Result): string {
  const { unit, calibration, ratio } = result;
  return columns([
    result.bench,
    result.case,
    `${quantity(result.median, unit)}`,
    `${amount(result.min, unit)} .. ${quantity(result.max, unit)}`,
    calibration === null ? '-' : `${calibration.name} ${quantity(calibration.median, unit)}`,
    ratio === null ? '-' : `${digits(ratio)}x`,
    describeTarget(result),
    result.verdict,
  ]);
}

function columns(texts: readonly string[]): string {
  return texts.map((text, i) => text.padEnd(widths[i] ?? 0)).join(' ');
}

function describeTarget({ unit, target, targetRatio }: Result): string {
  const sign = isFloor(unit) ? '>=' : '<=';
  const parts: string[] = [];
  if (target !== null) parts.push(quantity(target, unit));
  if (targetRatio !== null) parts.push(`${digits(targetRatio)}x`);
  return parts.length === 0 ? '-' : `${sign} ${parts.join(' / ')}`;
}

/** A figure with its unit; rates in millions. */
function quantity(value: number, unit: Unit): string {
  return unit === 'msg/s' ? `${amount(value, unit)} M/s` : `${amount(value, unit)} ${unit}`;
}

function amount(value: number, unit: Unit): string {
  return digits(unit === 'msg/s' ? value / 1e6 : value);
}

/** Three digits, and no exponents. */
function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
