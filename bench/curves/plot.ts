/** A panel as an SVG file that stands alone: axes, lines with marks, a legend; readable without colours. */
import { scaleLinear, scaleLog } from 'd3-scale';
import {
  line,
  symbol,
  symbolCircle,
  symbolCross,
  symbolDiamond,
  symbolSquare,
  symbolTriangle,
  symbolWye,
} from 'd3-shape';
import type { Panel, PanelAxis, Series } from './curve.ts';

const width = 820;
const height = 460;
const margin = { top: 44, right: 310, bottom: 52, left: 70 };
const right = width - margin.right;
const bottom = height - margin.bottom;

/** Okabe and Ito's colours, which people of all kinds of colour vision can tell apart. */
const colors = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#5b5b5b', '#000000'];
const marks = [symbolCircle, symbolSquare, symbolTriangle, symbolDiamond, symbolCross, symbolWye];

export function panelSvg(panel: Panel): string {
  const points = panel.series.flatMap((series) => series.points);
  const across = scaleOf(
    panel.x,
    points.map(({ x }) => x),
  ).range([margin.left, right]);
  const up = scaleOf(
    panel.y,
    points.map(({ y }) => y),
  ).range([bottom, margin.top]);
  const body = [
    ...ticksOf(panel.x, across).map(({ at, text }) => {
      const x = px(across(at));
      return `<path d="M${x},${margin.top}V${bottom}" class="grid"/><text x="${x}" y="${bottom + 18}" text-anchor="middle">${text}</text>`;
    }),
    ...ticksOf(panel.y, up).map(({ at, text }) => {
      const y = px(up(at));
      return `<path d="M${margin.left},${y}H${right}" class="grid"/><text x="${margin.left - 8}" y="${y}" dy="0.32em" text-anchor="end">${text}</text>`;
    }),
    `<text x="${(margin.left + right) / 2}" y="${height - 12}" text-anchor="middle">${escapeXml(panel.x.label)}</text>`,
    `<text transform="translate(18,${(margin.top + bottom) / 2}) rotate(-90)" text-anchor="middle">${escapeXml(panel.y.label)}</text>`,
    `<text x="${margin.left}" y="24" class="title">${escapeXml(panel.title)}</text>`,
    ...panel.series.map((series, i) => seriesSvg(series, i, across, up)),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<title>${escapeXml(panel.title)}</title>
<style>.grid{stroke:#ddd;fill:none}.title{font-size:15px;font-weight:bold}</style>
<rect width="${width}" height="${height}" fill="#fff"/>
${body.join('\n')}
</svg>
`;
}

type Scale = ReturnType<typeof scaleOf>;

function scaleOf(axis: PanelAxis, values: readonly number[]) {
  const finite = values.filter((value) => Number.isFinite(value) && (axis.isLog !== true || value > 0));
  const most = finite.reduce((a, b) => Math.max(a, b), axis.isLog === true ? 1e-12 : 0);
  const least = axis.isLog === true ? finite.reduce((a, b) => Math.min(a, b), most) : 0;
  return axis.isLog === true
    ? scaleLog([least, most > least ? most : least * 10], [0, 1]).nice()
    : scaleLinear([least, most > least ? most : least + 1], [0, 1]).nice();
}

function ticksOf(axis: PanelAxis, scale: Scale): { readonly at: number; readonly text: string }[] {
  const count = axis.isLog === true ? 6 : 8;
  const format = scale.tickFormat(count, '~s');
  return scale
    .ticks(count)
    .map((at) => ({ at, text: format(at) }))
    .filter(({ text }) => text !== '');
}

function seriesSvg({ name, points, isReference = false }: Series, i: number, across: Scale, up: Scale): string {
  const color = colors[i % colors.length]!;
  const drawn = points
    .map(({ x, y }) => [across(x), up(y)] as [number, number])
    .filter((at) => at.every(Number.isFinite));
  const mark = symbol(marks[i % marks.length]!, 40)() ?? '';
  const dash = isReference ? ' stroke-dasharray="6 4"' : '';
  const shapes = isReference
    ? []
    : drawn.map(([x, y]) => `<path d="${mark}" transform="translate(${px(x)},${px(y)})" fill="${color}"/>`);
  const y = margin.top + 10 + 20 * i;
  const x = right + 14;
  return (
    `<path d="${line().digits(1)(drawn) ?? ''}" fill="none" stroke="${color}" stroke-width="1.8"${dash}/>${shapes.join('')}` +
    `<path d="M${x},${y}h26" stroke="${color}" stroke-width="1.8"${dash}/>` +
    `${isReference ? '' : `<path d="${mark}" transform="translate(${x + 13},${y})" fill="${color}"/>`}` +
    `<text x="${x + 34}" y="${y}" dy="0.32em">${escapeXml(name)}</text>`
  );
}

function px(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
