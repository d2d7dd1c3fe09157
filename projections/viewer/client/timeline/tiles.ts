/**
 * Tiles of the timeline: asked for when they are first seen, painted once, drawn many times.
 *
 *  1. A frame takes the tiles of its level that are there, and wider or narrower ones in place of those that are not.
 *  2. What was missing is asked for in one question; a new question goes out when the one before has been answered.
 *  3. The tiles that were not drawn for longest are dropped.
 */
import type { Tile, TileKey, TraceSource } from '../../protocol.ts';
import { tileColumns, tileRows } from '../../protocol.ts';
import { mixed, type Palette, pixelOf } from '../colors.ts';
import type { Box, Painter } from '../painter.ts';

interface KeptTile {
  readonly tile: Tile;
  canvas: HTMLCanvasElement | undefined;
  drawn: number;
}

/** 64 KiB each. */
const tilesMax = 2000;
const askedAtOnce = 96;
const refineMs = 400;

export class TileCache {
  readonly #source: TraceSource;
  readonly #onArrival: () => void;
  readonly #tiles = new Map<string, KeptTile>();
  #missing = new Map<string, TileKey>();
  #isAsking = false;
  #frame = 0;
  #holes = 0;
  #refineAt = 0;
  #palette: Palette;
  /** By entry row + 1; others are grey. */
  #chosen: Uint8Array | undefined;
  #chare = '';
  /** Answers to questions of an earlier one are not kept. */
  #generation = 0;

  constructor(source: TraceSource, palette: Palette, onArrival: () => void) {
    this.#source = source;
    this.#palette = palette;
    this.#onArrival = onArrival;
  }

  /** Tiles of other chares do not do. */
  choose(chare: string): void {
    if (chare === this.#chare) return;
    this.#chare = chare;
    this.forget();
  }

  recolor(palette: Palette, chosen: Uint8Array | undefined): void {
    this.#palette = palette;
    this.#chosen = chosen;
    for (const kept of this.#tiles.values()) kept.canvas = undefined;
  }

  /** Of a trace that grows. */
  forget(): void {
    this.#generation++;
    this.#tiles.clear();
  }

  /** What the last frame lacked: whole tiles, finer ones, or nothing. */
  get state(): 'partly' | 'coarse' | 'all' {
    if (this.#holes > 0) return 'partly';
    return this.#missing.size > 0 ? 'coarse' : 'all';
  }

  beginFrame(): void {
    this.#frame++;
    this.#holes = 0;
    this.#missing = new Map();
  }

  endFrame(): void {
    void this.#askMissing();
    if (this.#tiles.size <= tilesMax) return;
    const oldest = [...this.#tiles].sort(([, a], [, b]) => a.drawn - b.drawn);
    for (const [key] of oldest.slice(0, tilesMax >> 2)) this.#tiles.delete(key);
  }

  /**
   * Draws rows `first` to `last` of a block for the time of one tile. `target` is where the whole tile's time goes, and
   * those rows.
   */
  draw(painter: Painter, key: TileKey, first: number, last: number, target: Box, isSmooth: boolean): void {
    const exact = this.#canvas(key);
    if (exact === undefined) {
      this.#missing.set(nameOf(key), key);
      this.#holes++;
      this.#drawOther(painter, key, first, last, target, isSmooth);
      return;
    }
    painter.bitmap(exact, { x: 0, y: first, width: tileColumns, height: last - first }, target, isSmooth);
  }

  #drawOther(painter: Painter, key: TileKey, first: number, last: number, target: Box, isSmooth: boolean): void {
    const height = last - first;
    for (let up = 1; up <= 8; up++) {
      const scale = 2 ** up;
      const canvas = this.#canvas({ level: key.level + up, index: Math.floor(key.index / scale), block: key.block });
      if (canvas === undefined) continue;
      const width = tileColumns / scale;
      const x = (key.index % scale) * width;
      return painter.bitmap(canvas, { x, y: first, width, height }, target, isSmooth);
    }
    // Halves, as after zooming out.
    for (let half = 0; half < 2; half++) {
      const canvas = this.#canvas({ level: key.level - 1, index: key.index * 2 + half, block: key.block });
      if (canvas === undefined) continue;
      const width = target.width / 2;
      const box = { ...target, x: target.x + half * width, width };
      painter.bitmap(canvas, { x: 0, y: first, width: tileColumns, height }, box, isSmooth);
    }
  }

  #canvas(key: TileKey): HTMLCanvasElement | undefined {
    const kept = this.#tiles.get(nameOf(key));
    if (kept === undefined) return undefined;
    kept.drawn = this.#frame;
    if (kept.tile.isCoarse) this.#missing.set(nameOf(key), key);
    kept.canvas ??= painted(kept.tile, this.#palette, this.#chosen);
    return kept.canvas;
  }

  async #askMissing(): Promise<void> {
    if (this.#isAsking || this.#missing.size === 0) return;
    const all = [...this.#missing.values()];
    const holes = all.filter((key) => !this.#tiles.has(nameOf(key)));
    if (holes.length === 0 && performance.now() < this.#refineAt) {
      // Finer ones come when the trace has been read: looked for now and then.
      window.setTimeout(this.#onArrival, refineMs);
      return;
    }
    this.#isAsking = true;
    this.#refineAt = performance.now() + refineMs;
    const wanted = (holes.length > 0 ? holes : all).slice(0, askedAtOnce);
    const generation = this.#generation;
    const chare = this.#chare;
    try {
      const { tiles } = await this.#source.ask('tiles', { tiles: wanted, ...(chare === '' ? {} : { chare }) });
      for (const tile of generation === this.#generation ? tiles : [])
        this.#tiles.set(nameOf(tile), { tile, canvas: undefined, drawn: this.#frame });
      this.#isAsking = false;
      this.#onArrival();
    } catch (error) {
      this.#isAsking = false;
      console.warn(error);
    }
  }
}

function nameOf({ level, index, block }: TileKey): string {
  return `${level}/${index}/${block}`;
}

function painted({ cells }: Tile, palette: Palette, chosen: Uint8Array | undefined): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = tileColumns;
  canvas.height = tileRows;
  const context = canvas.getContext('2d')!;
  const image = context.createImageData(tileColumns, tileRows);
  paintCells(new Uint32Array(image.data.buffer), cells, palette, chosen);
  context.putImageData(image, 0, 0);
  return canvas;
}

/** Busy parts have the colour of the busiest entry method, the rest is idle or overhead. */
export function paintCells(
  pixels: Uint32Array,
  cells: Uint32Array,
  palette: Palette,
  chosen: Uint8Array | undefined,
): void {
  const idle = pixelOf(palette.idle);
  const overhead = pixelOf(palette.overhead);
  const background = pixelOf(palette.background);
  const faded = mixed(overhead, background, 90);
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i]!;
    if (cell === 0) continue;
    const entry = (cell & 0xffff) - 1;
    const busy = (cell >>> 16) & 0xff;
    const idleShare = cell >>> 24;
    const rest = idleShare + busy > 250 || idleShare > 0 ? idle : mixed(idle, overhead, 128);
    if (busy === 0) {
      pixels[i] = 0xff000000 | rest;
      continue;
    }
    const color = chosen === undefined || chosen[entry + 1] === 1 ? palette.entryPixel(entry) : faded;
    // What is there for a moment is seen, too.
    pixels[i] = 0xff000000 | mixed(rest, color, Math.max(20, busy));
  }
}
