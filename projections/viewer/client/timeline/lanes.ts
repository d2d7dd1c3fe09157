/** Lanes of chares: the busiest ones of the window, asked for anew when the window has come to rest. */
import type { Lanes } from '../../protocol.ts';
import type { Palette } from '../colors.ts';
import type { Context } from '../context.ts';
import { paintCells } from './tiles.ts';

const lanesMax = 300;

export class LaneLoader {
  readonly #onArrival: () => void;
  lanes: Lanes | undefined;
  #key = '';
  #isAsking = false;
  #canvas: HTMLCanvasElement | undefined;
  #palette: Palette | undefined;

  constructor(onArrival: () => void) {
    this.#onArrival = onArrival;
  }

  /** What is here stays until there is something new. */
  forget(): void {
    this.#key = '';
  }

  load({ source, store, report }: Context, columns: number): void {
    const ask = { ...store.selection, columns, lanesMax };
    const key = JSON.stringify(ask);
    if (key === this.#key || this.#isAsking) return;
    this.#key = key;
    this.#isAsking = true;
    source
      .ask('lanes', ask)
      .then((lanes) => {
        this.lanes = lanes;
        this.#canvas = undefined;
      })
      .catch(report)
      .finally(() => {
        this.#isAsking = false;
        this.#onArrival();
      });
  }

  scene(palette: Palette): { readonly lanes: Lanes; readonly canvas: HTMLCanvasElement } | undefined {
    if (this.lanes === undefined) return undefined;
    if (this.#canvas === undefined || this.#palette !== palette) {
      this.#canvas = painted(this.lanes, palette);
      this.#palette = palette;
    }
    return { lanes: this.lanes, canvas: this.#canvas };
  }
}

function painted({ cells, columns, names }: Lanes, palette: Palette): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = columns;
  canvas.height = Math.max(1, names.length);
  const context = canvas.getContext('2d')!;
  const image = context.createImageData(canvas.width, canvas.height);
  paintCells(new Uint32Array(image.data.buffer), cells, palette, undefined);
  context.putImageData(image, 0, 0);
  return canvas;
}
