/**
 * One number for a whole run: every frame received and every turn of a PE goes into it, with its virtual time. Two runs
 * with the same hash were the same run. It is made of integer operations only, so it is the same on every machine.
 */
export class RunHash {
  readonly #time = new Float64Array(1);
  readonly #words = new Uint32Array(this.#time.buffer);
  #a = 0x9e3779b9;
  #b = 0x85ebca6b;

  /** Adds a moment and a number of 32 bits. */
  add(time: number, what: number): void {
    this.#time[0] = time;
    const [low, high] = [this.#words[0]!, this.#words[1]!];
    this.#a = mix(this.#a ^ low) + what;
    this.#b = mix(this.#b ^ high ^ this.#a);
  }

  /** 16 hexadecimal digits. */
  toString(): string {
    const text = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
    return text(mix(this.#a ^ this.#b)) + text(mix(this.#b));
  }
}

/** The finalizer of MurmurHash3 (Austin Appleby). */
function mix(word: number): number {
  let h = word | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
