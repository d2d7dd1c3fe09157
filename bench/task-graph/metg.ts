/**
 * METG(50 %), the minimum effective task granularity: the shortest tasks with which a program still spends half of its
 * time computing. Efficiency is the rate of the kernel in a run over its peak rate; granularity is core time per task,
 * everything included.
 */

/** One run. */
export interface Point {
  /** Core time per task, in any unit. */
  readonly granularity: number;
  /** Fraction of the peak rate. */
  readonly efficiency: number;
}

const wanted = 0.5;

/**
 * The smallest granularity at which the efficiency is 50 %, between two neighbours of a sweep over the grain; linear in the
 * logarithm of the granularity. What else the machine does can only lower an efficiency, so a dip among longer tasks
 * means nothing.
 *
 * Undefined if no run reaches 50 %, or that of the shortest tasks does.
 */
export function metg(sweep: readonly Point[]): number | undefined {
  const ordered = [...sweep].sort((a, b) => a.granularity - b.granularity);
  const first = ordered.findIndex(({ efficiency }) => efficiency >= wanted);
  if (first < 1) return undefined;
  const [below, above] = [ordered[first - 1]!, ordered[first]!];
  const share = (above.efficiency - wanted) / (above.efficiency - below.efficiency);
  return above.granularity * (below.granularity / above.granularity) ** share;
}
