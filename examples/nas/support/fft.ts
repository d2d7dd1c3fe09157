/**
 * Complex Fourier transforms of many lines at once: Stockham's radix-2 scheme, which needs no bit reversal. Complex numbers lie as
 * re, im. Lines are taken in blocks, with the same place of all lines of a block side by side, so inner loops are long and contiguous.
 */
const linesPerBlock = 16;

/** Where the lines of an array lie; strides in complex numbers. */
export interface Lines {
  readonly count: number;
  readonly first: number;
  readonly lineStride: number;
  readonly placeStride: number;
}

export class Fft {
  readonly #n: number;
  /** exp(2 pi i k / n). */
  readonly #roots: Float64Array;
  #from: Float64Array;
  #into: Float64Array;

  /** @param n a power of two */
  constructor(n: number) {
    this.#n = n;
    this.#roots = new Float64Array(n);
    for (let k = 0; k < n / 2; k++) {
      this.#roots[2 * k] = Math.cos((2 * Math.PI * k) / n);
      this.#roots[2 * k + 1] = Math.sin((2 * Math.PI * k) / n);
    }
    this.#from = new Float64Array(2 * n * linesPerBlock);
    this.#into = new Float64Array(2 * n * linesPerBlock);
  }

  /** Transforms lines in place; sign -1 is the forward direction. Nothing is scaled. */
  transform(data: Float64Array, { count, first, lineStride, placeStride }: Lines, sign: 1 | -1): void {
    for (let line = 0; line < count; line += linesPerBlock) {
      const lines = Math.min(linesPerBlock, count - line);
      const start = first + line * lineStride;
      const all = { data, start, line: lineStride, place: placeStride };
      copyLines(all, { data: this.#from, start: 0, line: 1, place: lines }, this.#n, lines);
      this.#stages(lines, sign);
      copyLines({ data: this.#from, start: 0, line: 1, place: lines }, all, this.#n, lines);
    }
  }

  #stages(lines: number, sign: 1 | -1): void {
    for (let half = this.#n / 2, width = 1; half >= 1; half /= 2, width *= 2) {
      butterflies(this.#from, this.#into, this.#roots, half, width, lines, sign);
      [this.#from, this.#into] = [this.#into, this.#from];
    }
  }
}

/** One stage: `half` different roots, each for `width` groups of all lines. */
function butterflies(
  from: Float64Array,
  into: Float64Array,
  roots: Float64Array,
  half: number,
  width: number,
  lines: number,
  sign: number,
): void {
  const run = 2 * width * lines;
  const apart = half * run;
  for (let p = 0; p < half; p++) {
    const re = roots[2 * p * width]!;
    const im = sign * roots[2 * p * width + 1]!;
    const a = p * run;
    const b = a + apart;
    const low = 2 * a;
    const high = low + run;
    for (let q = 0; q < run; q += 2) {
      const aRe = from[a + q]!;
      const aIm = from[a + q + 1]!;
      const bRe = from[b + q]!;
      const bIm = from[b + q + 1]!;
      into[low + q] = aRe + bRe;
      into[low + q + 1] = aIm + bIm;
      const dRe = aRe - bRe;
      const dIm = aIm - bIm;
      into[high + q] = dRe * re - dIm * im;
      into[high + q + 1] = dRe * im + dIm * re;
    }
  }
}

/** Where lines lie: the first, and strides from line to line and from place to place, in complex numbers. */
interface Layout {
  readonly data: Float64Array;
  readonly start: number;
  readonly line: number;
  readonly place: number;
}

/** Copies `n` places of some lines. */
function copyLines(from: Layout, into: Layout, n: number, lines: number): void {
  const [source, target] = [from.data, into.data];
  for (let place = 0; place < n; place++) {
    let at = 2 * (from.start + place * from.place);
    let to = 2 * (into.start + place * into.place);
    for (let line = 0; line < lines; line++) {
      target[to] = source[at]!;
      target[to + 1] = source[at + 1]!;
      at += 2 * from.line;
      to += 2 * into.line;
    }
  }
}
