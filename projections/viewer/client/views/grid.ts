/** Coloured cells with a scale beside them: what the heat map and the communication matrix have in common. */
import { mixed, type Palette, pixelOf, scaleColor } from '../colors.ts';
import type { Box, Painter } from '../painter.ts';

export interface Cells {
  readonly columns: number;
  readonly rows: number;
  /** 0 to 1; below 0 is nothing. */
  share(column: number, row: number): number;
}

const steps = 256;
let scale: Uint32Array | undefined;

export function drawCells(painter: Painter, { columns, rows, share }: Cells, box: Box, palette: Palette): void {
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, columns);
  canvas.height = Math.max(1, rows);
  const context = canvas.getContext('2d')!;
  const image = context.createImageData(canvas.width, canvas.height);
  const pixels = new Uint32Array(image.data.buffer);
  scale ??= Uint32Array.from({ length: steps }, (_, i) => pixelOf(scaleColor(i / (steps - 1))));
  const nothing = mixed(pixelOf(palette.idle), pixelOf(palette.background), 100);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const value = share(column, row);
      const color = value < 0 ? nothing : scale[Math.min(steps - 1, Math.floor(value * steps))]!;
      pixels[row * columns + column] = 0xff000000 | color;
    }
  context.putImageData(image, 0, 0);
  painter.bitmap(canvas, { x: 0, y: 0, width: columns, height: rows }, box);
}

/** From dark (none) to light (most), with its ends named. */
export function drawScale(painter: Painter, x: number, y: number, low: string, high: string, palette: Palette): void {
  const width = 140;
  for (let i = 0; i < width; i += 2) painter.rect(x + i, y, 2.2, 10, scaleColor(i / width));
  painter.text(x - 6, y + 5, low, { color: palette.faint, size: 11, align: 'right' });
  painter.text(x + width + 6, y + 5, high, { color: palette.faint, size: 11 });
}
