/**
 * What views draw with: a canvas on the page, or text of an SVG file for export. A view draws once for both.
 *
 * Pixels of images are 0xAABBGGRR, row by row.
 */
export interface TextStyle {
  readonly color: string;
  readonly size?: number;
  readonly align?: 'left' | 'center' | 'right';
  /** Cut to this width, with dots. */
  readonly widthMax?: number;
  readonly isBold?: boolean;
  /** Degrees, clockwise. */
  readonly angle?: number;
}

export interface Painter {
  readonly width: number;
  readonly height: number;
  rect(x: number, y: number, width: number, height: number, color: string, opacity?: number): void;
  outline(x: number, y: number, width: number, height: number, color: string, thickness: number): void;
  /** `points` is x, y, x, y, ... */
  line(points: readonly number[], color: string, thickness: number, dash?: readonly number[]): void;
  area(points: readonly number[], color: string, opacity?: number): void;
  /** `y` is the middle of the line of text. */
  text(x: number, y: number, text: string, style: TextStyle): void;
  bitmap(from: HTMLCanvasElement, source: Box, target: Box, isSmooth?: boolean): void;
  /** What follows is cut to the box; `unclip` ends it. */
  clip(box: Box): void;
  unclip(): void;
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const fontFamily = 'system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
const fontOf = (size: number, isBold: boolean): string => `${isBold ? '600 ' : ''}${size}px ${fontFamily}`;

export class CanvasPainter implements Painter {
  readonly width: number;
  readonly height: number;
  readonly #context: CanvasRenderingContext2D;
  #font = '';

  /** Makes the canvas as fine as the screen. */
  constructor(canvas: HTMLCanvasElement, width: number, height: number, background?: string, scale = devicePixelRatio) {
    this.width = width;
    this.height = height;
    const [columns, rows] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
    if (canvas.width !== columns || canvas.height !== rows) {
      canvas.width = columns;
      canvas.height = rows;
    }
    this.#context = canvas.getContext('2d')!;
    this.#context.setTransform(scale, 0, 0, scale, 0, 0);
    if (background === undefined) this.#context.clearRect(0, 0, width, height);
    else this.rect(0, 0, width, height, background);
  }

  rect(x: number, y: number, width: number, height: number, color: string, opacity = 1): void {
    const context = this.#context;
    context.globalAlpha = opacity;
    context.fillStyle = color;
    context.fillRect(x, y, width, height);
    context.globalAlpha = 1;
  }

  outline(x: number, y: number, width: number, height: number, color: string, thickness: number): void {
    this.#context.strokeStyle = color;
    this.#context.lineWidth = thickness;
    this.#context.setLineDash([]);
    this.#context.strokeRect(x, y, width, height);
  }

  line(points: readonly number[], color: string, thickness: number, dash: readonly number[] = []): void {
    const context = this.#context;
    context.strokeStyle = color;
    context.lineWidth = thickness;
    context.setLineDash([...dash]);
    this.#path(points);
    context.stroke();
  }

  area(points: readonly number[], color: string, opacity = 1): void {
    const context = this.#context;
    context.globalAlpha = opacity;
    context.fillStyle = color;
    this.#path(points);
    context.fill();
    context.globalAlpha = 1;
  }

  #path(points: readonly number[]): void {
    const context = this.#context;
    context.beginPath();
    context.moveTo(points[0] ?? 0, points[1] ?? 0);
    for (let i = 2; i < points.length; i += 2) context.lineTo(points[i]!, points[i + 1]!);
  }

  text(
    x: number,
    y: number,
    text: string,
    { color, size = 12, align = 'left', widthMax, isBold, angle }: TextStyle,
  ): void {
    const context = this.#context;
    const font = fontOf(size, isBold === true);
    if (font !== this.#font) {
      context.font = font;
      this.#font = font;
    }
    const shown = widthMax === undefined ? text : shortened(text, widthMax, (part) => context.measureText(part).width);
    if (shown === '') return;
    context.fillStyle = color;
    context.textAlign = align;
    context.textBaseline = 'middle';
    if (angle === undefined) {
      context.fillText(shown, x, y);
      return;
    }
    context.save();
    context.translate(x, y);
    context.rotate((angle * Math.PI) / 180);
    context.fillText(shown, 0, 0);
    context.restore();
  }

  bitmap(from: HTMLCanvasElement, source: Box, target: Box, isSmooth = false): void {
    this.#context.imageSmoothingEnabled = isSmooth;
    this.#context.drawImage(
      from,
      source.x,
      source.y,
      source.width,
      source.height,
      target.x,
      target.y,
      target.width,
      target.height,
    );
  }

  clip({ x, y, width, height }: Box): void {
    this.#context.save();
    this.#context.beginPath();
    this.#context.rect(x, y, width, height);
    this.#context.clip();
  }

  unclip(): void {
    this.#context.restore();
    this.#font = '';
  }
}

function shortened(text: string, widthMax: number, widthOf: (text: string) => number): string {
  if (widthMax < 8) return '';
  const fitting = text.length * 20 < widthMax ? text : text.slice(0, Math.ceil(widthMax / 3));
  if (widthOf(fitting) <= widthMax && fitting.length === text.length) return text;
  let low = 0;
  let high = fitting.length;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (widthOf(`${fitting.slice(0, middle)}…`) <= widthMax) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '' : `${fitting.slice(0, low)}…`;
}

export class SvgPainter implements Painter {
  readonly width: number;
  readonly height: number;
  readonly #parts: string[] = [];
  #clips = 0;

  constructor(width: number, height: number, background: string) {
    this.width = width;
    this.height = height;
    this.rect(0, 0, width, height, background);
  }

  rect(x: number, y: number, width: number, height: number, color: string, opacity = 1): void {
    const faint = opacity === 1 ? '' : ` fill-opacity="${opacity}"`;
    this.#parts.push(
      `<rect x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" fill="${color}"${faint}/>`,
    );
  }

  outline(x: number, y: number, width: number, height: number, color: string, thickness: number): void {
    const box = `x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}"`;
    this.#parts.push(`<rect ${box} fill="none" stroke="${color}" stroke-width="${thickness}"/>`);
  }

  line(points: readonly number[], color: string, thickness: number, dash: readonly number[] = []): void {
    const dashes = dash.length === 0 ? '' : ` stroke-dasharray="${dash.join(' ')}"`;
    this.#parts.push(
      `<polyline points="${points.map(n).join(' ')}" fill="none" stroke="${color}" stroke-width="${thickness}"${dashes}/>`,
    );
  }

  area(points: readonly number[], color: string, opacity = 1): void {
    this.#parts.push(`<polygon points="${points.map(n).join(' ')}" fill="${color}" fill-opacity="${opacity}"/>`);
  }

  text(
    x: number,
    y: number,
    text: string,
    { color, size = 12, align = 'left', widthMax, isBold, angle }: TextStyle,
  ): void {
    // There is nothing to measure with; letters are about half as wide as high.
    const shown = widthMax === undefined ? text : shortened(text, widthMax, (part) => part.length * size * 0.54);
    const anchor = { left: 'start', center: 'middle', right: 'end' }[align];
    const turn = angle === undefined ? '' : ` transform="rotate(${angle} ${n(x)} ${n(y)})"`;
    const weight = isBold === true ? ' font-weight="600"' : '';
    this.#parts.push(
      `<text x="${n(x)}" y="${n(y)}" dy="0.35em" font-size="${size}"${weight} text-anchor="${anchor}" fill="${color}"${turn}>` +
        `${escaped(shown)}</text>`,
    );
  }

  bitmap(from: HTMLCanvasElement, source: Box, target: Box): void {
    const part = document.createElement('canvas');
    part.width = Math.max(1, Math.round(source.width));
    part.height = Math.max(1, Math.round(source.height));
    const { x, y, width, height } = source;
    part.getContext('2d')!.drawImage(from, x, y, width, height, 0, 0, part.width, part.height);
    const box = `x="${n(target.x)}" y="${n(target.y)}" width="${n(target.width)}" height="${n(target.height)}"`;
    this.#parts.push(
      `<image ${box} preserveAspectRatio="none" image-rendering="pixelated" href="${part.toDataURL()}"/>`,
    );
  }

  clip({ x, y, width, height }: Box): void {
    const id = `clip${this.#clips++}`;
    const box = `x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}"`;
    this.#parts.push(`<clipPath id="${id}"><rect ${box}/></clipPath><g clip-path="url(#${id})">`);
  }

  unclip(): void {
    this.#parts.push('</g>');
  }

  toString(): string {
    const size = `width="${this.width}" height="${this.height}" viewBox="0 0 ${this.width} ${this.height}"`;
    const font = fontFamily.replaceAll('"', "'");
    return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="${font}">\n${this.#parts.join('\n')}\n</svg>\n`;
  }
}

function n(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function escaped(text: string): string {
  return [...text]
    .map((letter) => {
      const code = letter.codePointAt(0)!;
      return /[&<>"']/.test(letter) || code < 0x20 ? (code < 0x20 ? ' ' : `&#${code};`) : letter;
    })
    .join('');
}
