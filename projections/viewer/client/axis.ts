/** Axes: of time, whose unit follows the zoom, and of values. */
import { scaleLinear } from 'd3-scale';
import type { Palette } from './colors.ts';
import { formatMoment } from './format.ts';
import type { Painter } from './painter.ts';

export interface TimeScale {
  readonly begin: number;
  readonly end: number;
  x(time: number): number;
}

/** Ticks above `y`. Labels are moments since the start of the run. */
export function drawTimeAxis(
  painter: Painter,
  scale: TimeScale,
  palette: Palette,
  { x, y, width }: { readonly x: number; readonly y: number; readonly width: number },
): void {
  const ticks = scaleLinear([scale.begin, scale.end], [x, x + width]).ticks(Math.max(2, Math.floor(width / 120)));
  const step = (ticks[1] ?? 1) - (ticks[0] ?? 0);
  painter.line([x, y - 0.5, x + width, y - 0.5], palette.grid, 1);
  for (const tick of ticks) {
    const at = scale.x(tick);
    painter.line([at, y - 6, at, y], palette.faint, 1);
    painter.text(at + 4, y - 13, formatMoment(tick, step), { color: palette.faint, size: 11 });
  }
}

/** Grid lines with labels on their left. @returns the place of a value. */
export function drawValueAxis(
  painter: Painter,
  palette: Palette,
  box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
  max: number,
  format: (value: number) => string,
): (value: number) => number {
  const scale = scaleLinear([0, max > 0 ? max : 1], [box.y + box.height, box.y]);
  for (const tick of scale.ticks(Math.max(2, Math.floor(box.height / 45)))) {
    const y = scale(tick);
    painter.line([box.x, y, box.x + box.width, y], palette.grid, 1);
    painter.text(box.x - 6, y, format(tick), { color: palette.faint, size: 11, align: 'right' });
  }
  return (value) => scale(value);
}
