/** Writes lines of whole numbers into a buffer, digit by digit: no strings on the way. */

const zero = 48;
const space = 32;
const newline = 10;
const bufferBytes = 1 << 18;
/** More than any line of numbers; multicasts and notes are written in parts. */
const reserveBytes = 1024;

export class LineWriter {
  #bytes = Buffer.allocUnsafe(bufferBytes);
  #at = 0;
  readonly #digits = new Uint8Array(24);

  /** Whether `take` should be called before the next line. */
  get isFull(): boolean {
    return this.#at > bufferBytes - reserveBytes;
  }

  /** What was written since the last call. */
  take(): Buffer {
    const written = this.#bytes.subarray(0, this.#at);
    this.#bytes = Buffer.allocUnsafe(bufferBytes);
    this.#at = 0;
    return written;
  }

  /** The type of a record, which begins its line. */
  begin(type: number): this {
    return this.#number(type);
  }

  /** Cut to a whole number. */
  add(value: number): this {
    this.#bytes[this.#at++] = space;
    return this.#number(value);
  }

  text(text: string): this {
    this.#bytes[this.#at++] = space;
    const length = Buffer.byteLength(text);
    if (this.#at + length + reserveBytes > this.#bytes.length) this.#grow(length);
    this.#at += this.#bytes.write(text, this.#at);
    return this;
  }

  end(): void {
    this.#bytes[this.#at++] = newline;
    if (this.#at + reserveBytes / 2 > this.#bytes.length) this.#grow(bufferBytes);
  }

  /** For a list of unknown length, before each of its numbers. */
  reserve(): this {
    if (this.#at + reserveBytes / 2 > this.#bytes.length) this.#grow(bufferBytes);
    return this;
  }

  #number(value: number): this {
    let rest = Math.trunc(value);
    if (rest < 0) {
      this.#bytes[this.#at++] = 45;
      rest = -rest;
    }
    const digits = this.#digits;
    let count = 0;
    do {
      const next = Math.floor(rest / 10);
      digits[count++] = zero + (rest - next * 10);
      rest = next;
    } while (rest > 0);
    while (count > 0) this.#bytes[this.#at++] = digits[--count]!;
    return this;
  }

  #grow(bytes: number): void {
    const larger = Buffer.allocUnsafe(this.#bytes.length + bytes + reserveBytes);
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}

/** Without exponent, which the original viewer can't read; as many digits as tell the value apart. */
export function decimal(value: number): string {
  if (!Number.isFinite(value)) return '0';
  const text = String(value);
  const found = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (found === null) return text;
  const [, sign = '', first = '', rest = '', exponentText = '0'] = found;
  const exponent = Number(exponentText);
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${first}${rest}`;
  return `${sign}${first}${rest.padEnd(exponent, '0')}`;
}
