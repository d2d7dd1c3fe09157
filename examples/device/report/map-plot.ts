/** A field over the cross section, as filled contours: the surface at the top, depth downwards, to scale. */
import { contours } from 'd3-contour';
import { scaleLinear } from 'd3-scale';
import { interpolateViridis } from 'd3-scale-chromatic';
import type { Device } from '../device-file.ts';
import { dopingAt } from '../doping.ts';
import type { Grid } from '../sweep.ts';
import { embedJson, escapeHtml, roundForPage } from './html.ts';

/** One quantity, on the same colours in all its maps. */
export interface Quantity {
  readonly name: string;
  readonly unit: string;
  readonly from: number;
  readonly to: number;
  /** True if the values are decades, shown as powers of ten. */
  readonly isLog: boolean;
}

const bandCount = 24;
const samplesMax = 140;
/** The pointer finds its values on every so many samples. */
const pointerStride = 2;
const heightMax = 330;
const widthMax = 300;
const margin = { top: 8, right: 8, bottom: 36, left: 44 };

export function mapPlot(device: Device, grid: Grid, values: Float64Array, quantity: Quantity): string {
  const { depthUm, widthUm } = device.geometry;
  const scale = Math.min((widthMax - margin.left) / widthUm, (heightMax - margin.bottom) / depthUm);
  const box = { width: widthUm * scale, height: depthUm * scale };
  const samples = resample(grid, values);
  const step = (quantity.to - quantity.from) / bandCount;
  const levels = Array.from({ length: bandCount }, (_, i) => quantity.from + i * step);
  const unit = `translate(${margin.left},${margin.top}) scale(${box.width / samples.columns},${box.height / samples.rows})`;
  const fills = contours()
    .size([samples.columns, samples.rows])
    .thresholds(levels.slice(1))(samples.values)
    .map(({ coordinates }, i) => `<path fill="${bandColor(i + 1)}" d="${pathOf(coordinates)}"/>`);
  const outline = `x="${margin.left}" y="${margin.top}" width="${px(box.width)}" height="${px(box.height)}"`;
  return `<figure class="map">
<svg viewBox="0 0 ${px(box.width + margin.left + margin.right)} ${px(box.height + margin.top + margin.bottom)}" style="max-width:${px(box.width + margin.left + margin.right)}px" role="img" aria-label="${escapeHtml(quantity.name)}">
<rect ${outline} fill="${bandColor(0)}"/>
<g transform="${unit}">${fills.join('')}${junctionLine(device, samples)}</g>
${contactLines(device, box)}<rect class="frame" ${outline}/>${axes(device, box)}
</svg>
<script type="application/json">${embedJson(pointerData(device, samples, quantity, box))}</script>
</figure>`;
}

/** The colours of a quantity, with its scale. */
export function colorBar({ name, unit, from, to, isLog }: Quantity): string {
  const width = 250;
  const place = scaleLinear([from, to], [0, width]);
  const cells = Array.from(
    { length: bandCount },
    (_, i) =>
      `<rect x="${px((i * width) / bandCount)}" width="${px(width / bandCount + 0.5)}" height="12" fill="${bandColor(i)}"/>`,
  );
  const ticks = place.ticks(5).filter((at) => !isLog || Number.isInteger(at));
  const labels = ticks.map((at) => {
    const text = isLog ? `10<tspan class="exponent" dy="-0.5em">${at}</tspan>` : `${at}`;
    return `<text class="tick" x="${px(place(at))}" y="26" text-anchor="middle">${text}</text>`;
  });
  return `<svg class="colors" viewBox="-16 -16 ${width + 32} 46" style="max-width:${width + 32}px" aria-hidden="true"><text class="label" x="0" y="-4">${escapeHtml(name)}, ${escapeHtml(unit)}</text>${cells.join('')}${labels.join('')}</svg>`;
}

function bandColor(band: number): string {
  return interpolateViridis((band + 0.5) / bandCount);
}

interface Samples {
  readonly columns: number;
  readonly rows: number;
  readonly values: number[];
}

/** The values at the middles of a regular grid of cells, bilinear between the mesh's nodes. */
function resample({ depthUm, lateralUm }: Grid, values: Float64Array): Samples {
  const depth = depthUm.at(-1)!;
  const width = lateralUm.at(-1)!;
  const columns = Math.round(samplesMax * Math.min(1, width / depth));
  const rows = Math.round(samplesMax * Math.min(1, depth / width));
  const across = Array.from({ length: columns }, (_, i) => locate(lateralUm, ((i + 0.5) * width) / columns));
  const down = Array.from({ length: rows }, (_, i) => locate(depthUm, ((i + 0.5) * depth) / rows));
  const at = (row: number, column: number) => values[row * lateralUm.length + column]!;
  const sampled = down.flatMap((row) =>
    across.map((column) => {
      const upper = at(row.index, column.index) * (1 - column.part) + at(row.index, column.index + 1) * column.part;
      const lower =
        at(row.index + 1, column.index) * (1 - column.part) + at(row.index + 1, column.index + 1) * column.part;
      return upper * (1 - row.part) + lower * row.part;
    }),
  );
  return { columns, rows, values: sampled };
}

function locate(lines: Float64Array, at: number): { index: number; part: number } {
  const next = lines.findIndex((line) => line >= at);
  const index = Math.max(0, (next === -1 ? lines.length - 1 : next) - 1);
  return { index, part: (at - lines[index]!) / (lines[index + 1]! - lines[index]!) };
}

/** A dashed line that shows on dark and on bright colours. */
function junctionLine(device: Device, samples: Samples): string {
  const path = junctionPath(device, samples);
  return `<path class="junction under" d="${path}"/><path class="junction" d="${path}"/>`;
}

/** Where the doping changes sign. */
function junctionPath(device: Device, { columns, rows }: Samples): string {
  const { depthUm, widthUm } = device.geometry;
  const signs: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const { net } = dopingAt(device, ((row + 0.5) * depthUm) / rows, ((column + 0.5) * widthUm) / columns);
      signs.push(Math.sign(net));
    }
  }
  const [contour] = contours().size([columns, rows]).thresholds([0])(signs);
  // The contour runs along the border of the map too, where there is no junction.
  const isInside = ([x, y]: readonly number[]) => x! > 0.5 && x! < columns - 0.5 && y! > 0.5 && y! < rows - 0.5;
  const lines = contour!.coordinates.flat().map((ring) =>
    ring
      .map((point, i) => {
        if (!isInside(point)) return '';
        const isStart = i === 0 || !isInside(ring[i - 1]!);
        return `${isStart ? 'M' : 'L'}${px(point[0]!)},${px(point[1]!)}`;
      })
      .join(''),
  );
  return lines.join('');
}

function pathOf(polygons: readonly (readonly (readonly (readonly number[])[])[])[]): string {
  const rings = polygons.flat();
  return rings.map((ring) => `M${ring.map(([x, y]) => `${px(x!)},${px(y!)}`).join('L')}Z`).join('');
}

interface Box {
  readonly width: number;
  readonly height: number;
}

function contactLines(device: Device, box: Box): string {
  const { anode, cathode } = device.contacts;
  const lines = [anode, cathode].map(({ side, fromUm, toUm }) => {
    const y = margin.top + (side === 'top' ? 0 : box.height);
    const x = (at: number) => px(margin.left + (at / device.geometry.widthUm) * box.width);
    return `<path class="contact" d="M${x(fromUm)},${px(y)}H${x(toUm)}"/>`;
  });
  return lines.join('');
}

function axes(device: Device, box: Box): string {
  const { depthUm, widthUm } = device.geometry;
  const across = scaleLinear([0, widthUm], [margin.left, margin.left + box.width]);
  const down = scaleLinear([0, depthUm], [margin.top, margin.top + box.height]);
  const bottom = margin.top + box.height;
  const ticks = [
    ...across
      .ticks(4)
      .map((at) => `<text class="tick" x="${px(across(at))}" y="${px(bottom + 15)}" text-anchor="middle">${at}</text>`),
    ...down
      .ticks(5)
      .map(
        (at) =>
          `<text class="tick" x="${margin.left - 6}" y="${px(down(at))}" dy="0.32em" text-anchor="end">${at}</text>`,
      ),
  ];
  return `${ticks.join('')}<text class="label" x="${px(margin.left + box.width / 2)}" y="${px(bottom + 31)}" text-anchor="middle">lateral, µm</text>
<text class="label" transform="translate(12,${px(margin.top + box.height / 2)}) rotate(-90)" text-anchor="middle">depth, µm</text>`;
}

function pointerData(device: Device, samples: Samples, quantity: Quantity, box: Box): unknown {
  const columns = Math.ceil(samples.columns / pointerStride);
  const rows = Math.ceil(samples.rows / pointerStride);
  const values: (number | null)[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      values.push(roundForPage(samples.values[row * pointerStride * samples.columns + column * pointerStride]!, 4));
    }
  }
  const { depthUm, widthUm } = device.geometry;
  const place = { left: margin.left, top: margin.top, ...box };
  return { map: { ...place, columns, rows, depthUm, widthUm, unit: quantity.unit, isLog: quantity.isLog, values } };
}

function px(value: number): number {
  return Math.round(value * 10) / 10;
}
