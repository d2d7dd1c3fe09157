/** Numbers for people. */
const units: readonly (readonly [ns: number, name: string])[] = [
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'µs'],
  [1, 'ns'],
];

/** Three significant digits: `12.3 ms`. */
export function formatTime(ns: number): string {
  if (!Number.isFinite(ns)) return '-';
  const size = Math.abs(ns);
  const [scale, name] = units.find(([unit]) => size >= unit) ?? units[3]!;
  return `${digits(ns / scale)} ${name}`;
}

/** A moment, as exact as the distance between two that are to be told apart: `1.234 567 ms` at steps of a nanosecond. */
export function formatMoment(ns: number, step: number): string {
  const [scale, name] = units.find(([unit]) => Math.abs(ns) >= unit) ?? units[3]!;
  const places = Math.max(0, Math.min(9, Math.ceil(Math.log10(scale / Math.max(step, 1)))));
  return `${(ns / scale).toFixed(places)} ${name}`;
}

const sizes = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return '-';
  let at = 0;
  let value = bytes;
  for (; value >= 1024 && at < sizes.length - 1; at++) value /= 1024;
  return `${at === 0 ? Math.round(value) : digits(value)} ${sizes[at]}`;
}

export function formatCount(count: number): string {
  if (!Number.isFinite(count)) return '-';
  if (Math.abs(count) < 1e4) return digits(count, 4);
  return Math.round(count).toLocaleString('en-US').replaceAll(',', ' ');
}

/** `12.3 %` of a share of 0.123. */
export function formatShare(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(1)} %` : '-';
}

function digits(value: number, count = 3): string {
  const text = value.toPrecision(count);
  return text.includes('e') ? String(Number(text)) : text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** `0-7,9` of PEs in order. */
export function formatRanges(numbers: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < numbers.length; ) {
    let last = i;
    while (last + 1 < numbers.length && numbers[last + 1] === numbers[last]! + 1) last++;
    parts.push(last === i ? String(numbers[i]) : `${numbers[i]}-${numbers[last]}`);
    i = last + 1;
  }
  return parts.join(',');
}

/** As the original viewer takes them: `0-7,16-31:2,40`. @returns undefined if it is no such list. */
export function parseRanges(text: string, max: number): number[] | undefined {
  const numbers = new Set<number>();
  for (const part of text.split(',')) {
    const found = /^\s*(\d+)(?:-(\d+)(?::(\d+))?)?\s*$/.exec(part);
    if (found === null) return undefined;
    const first = Number(found[1]);
    const last = Math.min(max, found[2] === undefined ? first : Number(found[2]));
    const step = Math.max(1, Number(found[3] ?? 1));
    for (let n = first; n <= last; n += step) numbers.add(n);
  }
  return [...numbers].sort((a, b) => a - b);
}

/** `1.5ms`, `20 us`, `3 s`; without a unit microseconds. @returns nanoseconds, or undefined. */
export function parseTime(text: string): number | undefined {
  const found = /^\s*(\d+(?:\.\d+)?)\s*(ns|us|µs|ms|s)?\s*$/.exec(text);
  if (found === null) return undefined;
  const scale = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9 }[found[2] ?? 'us'] ?? 1e3;
  return Number(found[1]) * scale;
}
