/** Time cut into bins of equal width: how much of each is covered. */

export interface BinGrid {
  /** Nanoseconds. */
  readonly begin: number;
  readonly width: number;
  readonly count: number;
}

/** At most `count` bins from `begin` to `end`. An empty range has one bin of 1 ns. */
export function gridOf(begin: number, end: number, count: number): BinGrid {
  if (!Number.isInteger(count) || count < 1)
    throw new RangeError(`expected a number of bins of at least 1, got ${count}`);
  return end > begin ? { begin, width: (end - begin) / count, count } : { begin, width: 1, count: 1 };
}

/**
 * Adds the interval to the bins that it covers, to each the nanoseconds in it. What lies outside of the grid does not
 * count. The sum over the bins is the length of what lies inside, up to rounding of the bins' edges.
 *
 * @param at Where bin 0 stands in `bins`: one array may hold many rows of bins.
 */
export function cover(
  { begin, width, count }: BinGrid,
  bins: Float64Array,
  at: number,
  from: number,
  to: number,
): void {
  const first = Math.max(0, Math.floor((from - begin) / width));
  const last = Math.min(count - 1, Math.floor((to - begin) / width));
  if (last < 0 || first >= count) return;
  const start = Math.max(from, begin);
  if (first === last) {
    const end = Math.min(to, begin + (last + 1) * width);
    if (end > start) bins[at + first]! += end - start;
    return;
  }
  let edge = begin + (first + 1) * width;
  bins[at + first]! += edge - start;
  for (let bin = first + 1; bin < last; bin++) {
    bins[at + bin]! += width;
    edge = begin + (bin + 1) * width;
  }
  const end = Math.min(to, begin + (last + 1) * width);
  if (end > edge) bins[at + last]! += end - edge;
}

/** The bin of a moment, or -1 outside. The last bin has its right edge too. */
export function binOf({ begin, width, count }: BinGrid, time: number): number {
  const bin = Math.floor((time - begin) / width);
  if (bin === count && time <= begin + count * width) return count - 1;
  return bin >= 0 && bin < count ? bin : -1;
}
