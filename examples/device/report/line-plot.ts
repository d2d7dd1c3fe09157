/** Lines and points over two axes, as SVG. The numbers go along as JSON, for page-script.js to show at the pointer. */
import { scaleLinear, scaleLog } from 'd3-scale';
import { line } from 'd3-shape';
import { embedJson, escapeHtml, roundForPage } from './html.ts';

export interface Axis {
  readonly label: string;
  /** Ends of the axis; `fit` gives round ones. */
  readonly from: number;
  readonly to: number;
  readonly isLog?: boolean;
}

export interface Series {
  readonly label: string;
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** One of the page's colours. */
  readonly color: 0 | 1 | 2 | 3 | 4 | 5 | 6;
  readonly shape?: 'line' | 'dashed' | 'points';
}

export interface LinePlot {
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  /** Shaded ranges of x. */
  readonly bands?: readonly { readonly from: number; readonly to: number; readonly label: string }[];
}

const width = 560;
const height = 340;
const margin = { top: 12, right: 16, bottom: 44, left: 64 };
const plotWidth = width - margin.left - margin.right;
const plotHeight = height - margin.top - margin.bottom;
const ticksAcross = 7;
const ticksUp = 6;

/** An axis around all values, with round ends. */
export function fit(label: string, values: Iterable<number>, options: { isLog?: boolean; from?: number } = {}): Axis {
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (!Number.isFinite(value) || (options.isLog === true && value <= 0)) continue;
    from = Math.min(from, value);
    to = Math.max(to, value);
  }
  if (options.from !== undefined) from = options.from;
  if (from === to) to = from + 1;
  const [low, high] = scaleOf({ from, to, ...options })
    .nice()
    .domain();
  return { label, from: options.from ?? low!, to: high!, isLog: options.isLog === true };
}

function scaleOf({ from, to, isLog }: { from: number; to: number; isLog?: boolean }) {
  return isLog === true ? scaleLog([from, to], [0, 1]) : scaleLinear([from, to], [0, 1]);
}

export function linePlot({ x, y, series, bands = [] }: LinePlot): string {
  const across = scaleOf(x).range([margin.left, width - margin.right]);
  const up = scaleOf(y).range([height - margin.bottom, margin.top]);
  const shapes = series.map((one) => seriesShape(one, across, up));
  const shades = bands.map(({ from, to, label }) => {
    const left = across(Math.max(from, x.from));
    const size = Math.max(0, across(Math.min(to, x.to)) - left);
    return (
      `<rect class="band" x="${px(left)}" y="${margin.top}" width="${px(size)}" ` +
      `height="${plotHeight}"><title>${escapeHtml(label)}</title></rect>`
    );
  });
  // A nested picture clips what lies outside the axes.
  const inner = `x="${margin.left}" y="${margin.top}" width="${plotWidth}" height="${plotHeight}"`;
  return `<figure class="plot">
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(`${y.label} against ${x.label}`)}">
${shades.join('')}${axisAcross(x, across)}${axisUp(y, up)}
<svg ${inner} viewBox="${margin.left} ${margin.top} ${plotWidth} ${plotHeight}">${shapes.join('\n')}</svg>
<g class="pointer"></g>
</svg>${legend(series)}
<script type="application/json">${embedJson(pointerData({ x, y, series }))}</script>
</figure>`;
}

type Scale = ReturnType<typeof scaleOf>;

function seriesShape({ x, y, color, shape = 'line' }: Series, across: Scale, up: Scale): string {
  const points = Array.from(x, (at, i) => [across(at), up(y[i]!)] as [number, number]);
  const visible = points.filter((point) => point.every(Number.isFinite));
  if (shape === 'points') {
    return visible.map(([left, top]) => `<circle class="s${color}" cx="${px(left)}" cy="${px(top)}" r="3"/>`).join('');
  }
  const path = line()
    .defined((point) => point.every(Number.isFinite))
    .digits(1)(points);
  return `<path class="line s${color}${shape === 'dashed' ? ' dashed' : ''}" d="${path ?? ''}"/>`;
}

function axisAcross(axis: Axis, scale: Scale): string {
  const bottom = height - margin.bottom;
  const ticks = tickValues(axis, scale, ticksAcross).map(({ at, text }) => {
    const left = px(scale(at));
    return (
      `<path class="grid" d="M${left},${margin.top}V${bottom}"/>` +
      `<text class="tick" x="${left}" y="${bottom + 16}" text-anchor="middle">${text}</text>`
    );
  });
  const middle = (margin.left + width - margin.right) / 2;
  return `${ticks.join('')}<text class="label" x="${middle}" y="${height - 6}" text-anchor="middle">${escapeHtml(axis.label)}</text>`;
}

function axisUp(axis: Axis, scale: Scale): string {
  const ticks = tickValues(axis, scale, ticksUp).map(({ at, text }) => {
    const top = px(scale(at));
    return (
      `<path class="grid" d="M${margin.left},${top}H${width - margin.right}"/>` +
      `<text class="tick" x="${margin.left - 6}" y="${top}" dy="0.32em" text-anchor="end">${text}</text>`
    );
  });
  const middle = (margin.top + height - margin.bottom) / 2;
  return `${ticks.join('')}<text class="label" transform="translate(14,${middle}) rotate(-90)" text-anchor="middle">${escapeHtml(axis.label)}</text>`;
}

/** On a log axis whole decades only, and of these so many that their labels fit. */
function tickValues(axis: Axis, scale: Scale, count: number): { at: number; text: string }[] {
  if (axis.isLog !== true) {
    const format = scale.tickFormat(count);
    return scale.ticks(count).map((at) => ({ at, text: format(at) }));
  }
  const first = Math.ceil(Math.log10(axis.from) - 1e-9);
  const last = Math.floor(Math.log10(axis.to) + 1e-9);
  const step = Math.max(1, Math.ceil((last - first) / (count + 1)));
  const ticks: { at: number; text: string }[] = [];
  for (let decade = first; decade <= last; decade += step) {
    ticks.push({ at: 10 ** decade, text: `10<tspan class="exponent" dy="-0.5em">${decade}</tspan>` });
  }
  return ticks;
}

function legend(series: readonly Series[]): string {
  if (series.length < 2) return '';
  const items = series.map(({ label, color, shape = 'line' }) => {
    const mark =
      shape === 'points'
        ? `<circle class="s${color}" cx="11" cy="5" r="3"/>`
        : `<path class="line s${color}${shape === 'dashed' ? ' dashed' : ''}" d="M0,5H22"/>`;
    return `<li><svg width="22" height="10" aria-hidden="true">${mark}</svg>${label}</li>`;
  });
  return `<ul class="legend">${items.join('')}</ul>`;
}

function pointerData({ x, y, series }: LinePlot): unknown {
  const box = { left: margin.left, right: width - margin.right, top: margin.top, bottom: height - margin.bottom };
  return {
    box,
    x,
    y,
    series: series.map(({ label, color, x: xs, y: ys }) => ({
      label,
      color,
      x: Array.from(xs, (value) => roundForPage(value)),
      y: Array.from(ys, (value) => roundForPage(value)),
    })),
  };
}

function px(value: number): number {
  return Math.round(value * 10) / 10;
}
