/** Where rows and times are on the timeline. */
export interface Row {
  /** Place in the trace's list of PEs; -1 for a lane of a chare. */
  readonly place: number;
  readonly pe: number;
  readonly node: number;
  readonly label: string;
  /** Of a lane. */
  readonly chare?: string;
}

export const gutter = 76;
export const axisHeight = 26;
export const rowHeightMax = 56;
export const rowHeightMin = 0.5;

export class Layout {
  readonly width: number;
  readonly height: number;
  readonly begin: number;
  readonly end: number;
  readonly rows: readonly Row[];
  readonly rowHeight: number;
  readonly scroll: number;
  readonly #rowOfPe = new Map<number, number>();

  constructor(
    size: { readonly width: number; readonly height: number },
    window: { readonly begin: number; readonly end: number },
    rows: readonly Row[],
    rowHeight: number,
    scroll: number,
  ) {
    this.width = size.width;
    this.height = size.height;
    this.begin = window.begin;
    this.end = window.end;
    this.rows = rows;
    this.rowHeight = rowHeight;
    this.scroll = Math.max(0, Math.min(scroll, rows.length * rowHeight - (size.height - axisHeight)));
    for (const [row, { pe }] of rows.entries()) this.#rowOfPe.set(pe, row);
  }

  /** Nanoseconds of a pixel. */
  get nsPerPixel(): number {
    return (this.end - this.begin) / Math.max(1, this.width - gutter);
  }

  x(time: number): number {
    return gutter + (time - this.begin) / this.nsPerPixel;
  }

  time(x: number): number {
    return this.begin + (x - gutter) * this.nsPerPixel;
  }

  y(row: number): number {
    return axisHeight + row * this.rowHeight - this.scroll;
  }

  rowAt(y: number): Row | undefined {
    return y < axisHeight ? undefined : this.rows[Math.floor((y - axisHeight + this.scroll) / this.rowHeight)];
  }

  rowOfPe(pe: number): number | undefined {
    return this.#rowOfPe.get(pe);
  }

  /** The rows that can be seen. */
  get visible(): readonly [first: number, end: number] {
    const first = Math.max(0, Math.floor(this.scroll / this.rowHeight));
    const end = Math.ceil((this.scroll + this.height - axisHeight) / this.rowHeight);
    return [first, Math.min(this.rows.length, end)];
  }
}
