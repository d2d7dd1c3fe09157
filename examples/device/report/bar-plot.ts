/** Columns over a row of numbered things, as SVG; each tells its value to the pointer. */
import { scaleLinear } from 'd3-scale';
import { escapeHtml } from './html.ts';

export interface Column {
  /** What the pointer shows. */
  readonly text: string;
  readonly value: number;
  readonly color: 0 | 1 | 2 | 3 | 4 | 5 | 6;
}

export interface BarPlot {
  readonly columns: readonly Column[];
  readonly xLabel: string;
  readonly yLabel: string;
  /** Below the columns; without them the columns are numbered from 0. */
  readonly names?: readonly string[];
  /** A horizontal line across. */
  readonly line?: { readonly value: number; readonly text: string };
}

const width = 560;
const height = 340;
const margin = { top: 14, right: 16, bottom: 44, left: 64 };
const labelsMax = 16;

export function barPlot({ columns, xLabel, yLabel, names, line }: BarPlot): string {
  const bottom = height - margin.bottom;
  const largest = Math.max(...columns.map(({ value }) => value), line?.value ?? 0);
  const up = scaleLinear([0, largest === 0 ? 1 : largest], [bottom, margin.top]).nice();
  const pitch = (width - margin.left - margin.right) / columns.length;
  const gap = Math.min(4, pitch * 0.2);
  const left = (i: number) => margin.left + i * pitch;
  const format = up.tickFormat(5);
  const ticks = up
    .ticks(5)
    .map(
      (at) =>
        `<path class="grid" d="M${margin.left},${px(up(at))}H${width - margin.right}"/>` +
        `<text class="tick" x="${margin.left - 6}" y="${px(up(at))}" dy="0.32em" text-anchor="end">${format(at)}</text>`,
    );
  const bars = columns.map(
    ({ text, value, color }, i) =>
      `<rect class="bar s${color}" x="${px(left(i) + gap / 2)}" y="${px(up(value))}" width="${px(pitch - gap)}" ` +
      `height="${px(bottom - up(value))}"><title>${escapeHtml(text)}</title></rect>`,
  );
  const every = Math.ceil(columns.length / labelsMax);
  const labels = columns.map((_, i) =>
    i % every === 0
      ? `<text class="tick" x="${px(left(i) + pitch / 2)}" y="${bottom + 16}" text-anchor="middle">${escapeHtml(names?.[i] ?? `${i}`)}</text>`
      : '',
  );
  const rule =
    line === undefined
      ? ''
      : `<path class="line s6 dashed" d="M${margin.left},${px(up(line.value))}H${width - margin.right}"/>` +
        `<text class="tick" x="${width - margin.right}" y="${px(up(line.value)) - 5}" text-anchor="end">${escapeHtml(line.text)}</text>`;
  const middle = (margin.left + width - margin.right) / 2;
  return `<figure class="plot">
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(`${yLabel} by ${xLabel}`)}">
${ticks.join('')}${bars.join('')}${labels.join('')}${rule}
<text class="label" x="${middle}" y="${height - 6}" text-anchor="middle">${escapeHtml(xLabel)}</text>
<text class="label" transform="translate(14,${(margin.top + bottom) / 2}) rotate(-90)" text-anchor="middle">${escapeHtml(yLabel)}</text>
</svg>
</figure>`;
}

function px(value: number): number {
  return Math.round(value * 10) / 10;
}
