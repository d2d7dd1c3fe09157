/** The views of a piece of memory that frames are read from. Made once for each ring, so that reading allocates nothing. */
export class FrameMemory {
  readonly buffer: ArrayBufferLike;
  /** The views start here in `buffer`, at a multiple of 8. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly #length: number;
  #doubles: Float64Array | undefined = undefined;
  #words: Int32Array | undefined = undefined;

  constructor(buffer: ArrayBufferLike, offset = 0, length = buffer.byteLength - offset) {
    this.buffer = buffer;
    this.offset = offset;
    this.#length = length;
    this.bytes = new Uint8Array(buffer, offset, length);
    this.view = new DataView(buffer, offset, length);
  }

  get doubles(): Float64Array {
    this.#doubles ??= new Float64Array(this.buffer, this.offset, this.#length >>> 3);
    return this.#doubles;
  }

  get words(): Int32Array {
    this.#words ??= new Int32Array(this.buffer, this.offset, this.#length >>> 2);
    return this.#words;
  }
}
