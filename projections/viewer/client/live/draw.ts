/** The picture of a running job: four curves over time, every PE over time, the busiest chares, the last balancing step. */
import type { LivePes, LiveSample } from '../../live.ts';
import { drawTimeAxis, drawValueAxis } from '../axis.ts';
import type { Hit } from '../chart-view.ts';
import type { Palette } from '../colors.ts';
import { formatBytes, formatCount, formatShare, formatTime } from '../format.ts';
import type { Box, Painter } from '../painter.ts';
import { drawCells, drawScale } from '../views/grid.ts';

export const liveMeasures = {
  busy: { title: 'busy', format: formatShare, total: meanOf },
  messagesPerSecond: { title: 'messages a second', format: formatCount, total: sumOf },
  queue: { title: 'queue', format: formatCount, total: sumOf },
  heapBytes: { title: 'heap', format: formatBytes, total: sumOf },
} as const satisfies Partial<Record<keyof LivePes, object>>;
export type LiveMeasure = keyof typeof liveMeasures;
export const liveMeasureNames = Object.keys(liveMeasures) as LiveMeasure[];

export interface LiveScene {
  readonly samples: readonly LiveSample[];
  readonly end: string | undefined;
  /** What the picture of all PEs shows. */
  readonly measure: LiveMeasure;
  readonly palette: Palette;
}

const margin = 20;
const curveHeight = 130;
const rowsTop = 64 + curveHeight;
const rowHeight = 22;

export function heightOf({ samples }: Pick<LiveScene, 'samples'>): number {
  const last = samples.at(-1);
  return rowsTop + 40 + mapHeight(last?.pes.pe.length ?? 1) + 60 + Math.max(4, last?.chares.length ?? 0) * rowHeight;
}

function mapHeight(pes: number): number {
  return Math.max(80, Math.min(320, pes * 16));
}

export function drawLive(painter: Painter, scene: LiveScene, hits: Hit[]): void {
  const { samples, palette } = scene;
  const last = samples.at(-1);
  if (last === undefined) {
    painter.text(margin, 30, scene.end ?? 'Waiting for the first look at the job.', { color: palette.faint, size: 13 });
    return;
  }
  painter.text(margin, 16, headline(scene, last), { color: palette.text, size: 13, isBold: true });
  const width = (painter.width - 2 * margin) / liveMeasureNames.length;
  for (const [i, name] of liveMeasureNames.entries())
    drawCurve(painter, scene, name, { x: margin + i * width + 58, y: 70, width: width - 76, height: curveHeight - 40 });
  const map = { x: 76, y: rowsTop + 30, width: painter.width - 96, height: mapHeight(last.pes.pe.length) };
  drawMap(painter, scene, map, hits);
  const top = map.y + map.height + 54;
  drawChares(painter, scene, last, { x: margin, y: top, width: painter.width * 0.55, height: 0 });
  drawStep(painter, scene, last, painter.width * 0.62, top);
}

function headline({ end }: LiveScene, { pes, seconds, silent }: LiveSample): string {
  const parts = [
    `${formatTime(seconds * 1e9)} since the start`,
    `${plural(pes.pe.length, 'PE')} of ${plural(new Set(pes.node).size, 'node')}`,
    `busy ${formatShare(meanOf(pes.busy))}`,
    `${formatCount(sumOf(pes.elements))} elements`,
  ];
  if (silent.length > 0) parts.push(`PE ${silent.map(({ pe, running }) => `${pe} runs ${running}`).join(', PE ')}`);
  return [...(end === undefined ? [] : [end]), ...parts].join(' · ');
}

/** Of all PEs together. */
function drawCurve(painter: Painter, { samples, palette }: LiveScene, name: LiveMeasure, box: Box): void {
  const { title, format, total } = liveMeasures[name];
  const values = samples.map(({ pes }) => total(pes[name]));
  const now = values.at(-1) ?? 0;
  painter.text(box.x - 50, box.y - 26, title, { color: palette.faint, size: 12 });
  painter.text(box.x + box.width, box.y - 26, format(now), {
    color: palette.text,
    size: 14,
    isBold: true,
    align: 'right',
  });
  const most = name === 'busy' ? 1 : Math.max(1, ...values);
  const y = drawValueAxis(painter, palette, box, most, format);
  const x = timeScale(samples, box);
  const points = samples.flatMap(({ seconds }, i) => [x(seconds), y(values[i]!)]);
  if (points.length > 2) {
    const [first, final] = [points[0]!, points.at(-2)!];
    painter.area([first, y(0), ...points, final, y(0)], palette.accent, 0.15);
    painter.line(points, palette.accent, 1.8);
  }
}

function timeScale(samples: readonly LiveSample[], box: Box): (seconds: number) => number {
  const [begin, end] = [samples[0]!.seconds, samples.at(-1)!.seconds];
  return (seconds) => box.x + ((seconds - begin) / Math.max(1e-9, end - begin)) * box.width;
}

/** Rows of PEs, a column a look. */
function drawMap(painter: Painter, { samples, palette, measure }: LiveScene, box: Box, hits: Hit[]): void {
  const { title, format } = liveMeasures[measure];
  const { pe } = samples.at(-1)!.pes;
  // PEs that did not answer in a look have no row in it.
  const rowOf = samples.map(({ pes }) => new Map(pes.pe.map((one, row) => [one, row])));
  const valueAt = (column: number, row: number): number | undefined => {
    const at = rowOf[column]!.get(pe[row]!);
    return at === undefined ? undefined : samples[column]!.pes[measure][at]!;
  };
  let most = measure === 'busy' ? 1 : 0;
  for (const { pes } of samples) for (const value of pes[measure]) most = Math.max(most, value);
  const share = (column: number, row: number): number => {
    const value = valueAt(column, row);
    return value === undefined ? -1 : value / Math.max(1e-12, most);
  };
  drawCells(painter, { columns: samples.length, rows: pe.length, share }, box, palette);
  const [begin, end] = [samples[0]!.seconds * 1e9, samples.at(-1)!.seconds * 1e9];
  const x = timeScale(samples, box);
  if (samples.length > 1)
    drawTimeAxis(painter, { begin, end, x: (ns) => x(ns / 1e9) }, palette, { ...box, y: box.y - 4 });
  const height = box.height / pe.length;
  const step = Math.max(1, Math.ceil(14 / height));
  for (let row = 0; row < pe.length; row += step)
    painter.text(box.x - 8, box.y + (row + 0.5) * height, `PE ${pe[row]}`, {
      color: palette.faint,
      size: 11,
      align: 'right',
    });
  drawScale(painter, box.x + 60, box.y + box.height + 12, format(0), format(most), palette);
  hits.push({
    ...box,
    at: (px, py) => {
      const column = Math.min(samples.length - 1, Math.floor(((px - box.x) / box.width) * samples.length));
      const row = Math.min(pe.length - 1, Math.floor((py - box.y) / height));
      const value = valueAt(column, row);
      const told = value === undefined ? 'did not answer' : `${title} ${format(value)}`;
      return { text: `PE ${pe[row]}: ${told}\nat ${formatTime(samples[column]!.seconds * 1e9)}` };
    },
  });
}

function drawChares(painter: Painter, { palette }: LiveScene, { chares }: LiveSample, { x, y, width }: Box): void {
  const title =
    chares.length === 0 ? 'No chare has done anything yet.' : 'Busiest chares since the last balancing step';
  painter.text(x, y, title, { color: palette.text, size: 12, isBold: true });
  const most = Math.max(1e-12, chares[0]?.seconds ?? 0);
  for (const [i, { name, pe, seconds }] of chares.entries()) {
    const top = y + 14 + i * rowHeight;
    const length = (seconds / most) * (width - 330);
    painter.text(x + 170, top + 8, name, { color: palette.text, size: 12, align: 'right', widthMax: 160 });
    painter.rect(x + 180, top, Math.max(1, length), rowHeight - 7, palette.accent);
    painter.text(x + 188 + length, top + 8, `${formatTime(seconds * 1e9)} on PE ${pe}`, {
      color: palette.faint,
      size: 12,
    });
  }
}

function drawStep(painter: Painter, { palette }: LiveScene, { lastStep }: LiveSample, x: number, y: number): void {
  painter.text(x, y, lastStep === null ? 'No load-balancing step yet.' : `Last balancing step: ${lastStep.step}`, {
    color: palette.text,
    size: 12,
    isBold: true,
  });
  if (lastStep === null) return;
  const { strategy, trigger, before, after, migrations, objects, seconds } = lastStep;
  const facts = [
    `${strategy}, ${trigger}`,
    `${formatCount(migrations)} of ${formatCount(objects)} objects moved, in ${formatTime(seconds * 1e9)}`,
    'busiest PE over the mean, before and after:',
  ];
  for (const [i, fact] of facts.entries())
    painter.text(x, y + 22 + i * 18, fact, { color: palette.faint, size: 12, widthMax: painter.width - x - 10 });
  const scale = (painter.width - x - 120) / Math.max(before, after, 1);
  for (const [i, value] of [before, after].entries()) {
    const top = y + 72 + i * 18;
    painter.rect(x, top, Math.max(1, value * scale), 13, i === 0 ? palette.overhead : palette.accent);
    painter.text(x + value * scale + 8, top + 7, value.toFixed(2), { color: palette.text, size: 12 });
  }
  // Perfect balance is 1.
  painter.line([x + scale, y + 68, x + scale, y + 108], palette.path, 1.5, [5, 4]);
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, one) => sum + one, 0);
}

function meanOf(values: readonly number[]): number {
  return sumOf(values) / Math.max(1, values.length);
}

function plural(count: number, what: string): string {
  return `${formatCount(count)} ${what}${count === 1 ? '' : 's'}`;
}
