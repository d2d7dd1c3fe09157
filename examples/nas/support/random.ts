/**
 * The random numbers of the NAS kernels: x' = a x mod 2^46, uniform in (0, 1) after division by 2^46.
 *
 * Products of 46 bits are taken in halves of 23 bits, which doubles hold exactly. Any place of the sequence can be reached by a
 * power of the multiplier, so every rank makes its own part of it and nothing is communicated.
 */
const half = 2 ** 23;
const perHalf = 2 ** -23;
const modulus = 2 ** 46;
const perModulus = 2 ** -46;

export const multiplier = 1_220_703_125;
const multiplierHigh = Math.floor(multiplier * perHalf);
const multiplierLow = multiplier - multiplierHigh * half;

/** a b mod 2^46. */
export function multiply(a: number, b: number): number {
  const a1 = Math.floor(a * perHalf);
  const a2 = a - a1 * half;
  const b1 = Math.floor(b * perHalf);
  const b2 = b - b1 * half;
  const middle = a1 * b2 + a2 * b1;
  const sum = (middle - Math.floor(middle * perHalf) * half) * half + a2 * b2;
  return sum - Math.floor(sum * perModulus) * modulus;
}

/** a^k mod 2^46. */
export function power(a: number, k: number): number {
  let result = 1;
  for (let base = a, left = k; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = multiply(result, base);
    base = multiply(base, base);
  }
  return result;
}

/** The number after `state`. */
export function after(state: number): number {
  const x1 = Math.floor(state * perHalf);
  const x2 = state - x1 * half;
  const middle = multiplierHigh * x2 + multiplierLow * x1;
  const sum = (middle - Math.floor(middle * perHalf) * half) * half + multiplierLow * x2;
  return sum - Math.floor(sum * perModulus) * modulus;
}

export class RandomStream {
  #state: number;

  /** Begins `skip` numbers behind the seed. */
  constructor(seed: number, skip = 0) {
    this.#state = multiply(seed, power(multiplier, skip));
  }

  next(): number {
    this.#state = after(this.#state);
    return this.#state * perModulus;
  }

  /** The next numbers, one for each place of the array. */
  fill(numbers: Float64Array): void {
    let state = this.#state;
    for (let i = 0; i < numbers.length; i++) {
      state = after(state);
      numbers[i] = state * perModulus;
    }
    this.#state = state;
  }
}
