/** Text that comes in pieces, passed on in whole lines with a prefix before each. */
export class LineOutput {
  readonly #prefix: string;
  readonly #write: (text: string) => void;
  #open = '';

  constructor(prefix: string, write: (text: string) => void) {
    this.#prefix = prefix;
    this.#write = write;
  }

  add(text: string): void {
    const lines = (this.#open + text).split('\n');
    this.#open = lines.pop()!;
    if (lines.length > 0) this.#write(lines.map((line) => `${this.#prefix}${line}\n`).join(''));
  }

  /** What comes last may have no end of line. */
  end(): void {
    if (this.#open !== '') this.#write(`${this.#prefix}${this.#open}`);
    this.#open = '';
  }
}
