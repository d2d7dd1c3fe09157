/**
 * Numbers that look random and are the same everywhere: the examples make their data with them, each chare its own
 * part, and a sequential reference the whole. (`charm.random()` differs from PE to PE.)
 */

/** Uniform in [0, 1), from the seed alone: mulberry32. */
export function randomNumbers(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b9);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
