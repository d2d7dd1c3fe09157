/**
 * Two runs side by side: in all, by entry method, by PE, over time, by phase. Entry methods are the same if their names are;
 * PEs if their numbers are; moments if they are as far from the begin, in shares of the run; phases if their numbers are.
 */

/** What of a run is compared: an `EntryProfile` with names, or anything else with a row for each name. */
export interface NamedProfile {
  readonly names: readonly string[];
  readonly busy: ArrayLike<number>;
  readonly count: ArrayLike<number>;
}

export interface Difference {
  readonly name: string;
  /** Nanoseconds and executions, first run and second; 0 where a run does not have it. */
  readonly busy: readonly [number, number];
  readonly count: readonly [number, number];
}

/** Largest change of time first. */
export function compareProfiles(first: NamedProfile, second: NamedProfile): Difference[] {
  return joinProfiles(first, second).sort(
    (a, b) => Math.abs(b.busy[1] - b.busy[0]) - Math.abs(a.busy[1] - a.busy[0]) || (a.name < b.name ? -1 : 1),
  );
}

/** In the order of the first run, then what only the second has. */
export function joinProfiles(first: NamedProfile, second: NamedProfile): Difference[] {
  const rows = new Map<string, { busy: [number, number]; count: [number, number] }>();
  for (const [run, profile] of [first, second].entries())
    for (const [i, name] of profile.names.entries()) {
      const row = rows.get(name) ?? { busy: [0, 0], count: [0, 0] };
      rows.set(name, row);
      row.busy[run]! += profile.busy[i]!;
      row.count[run]! += profile.count[i]!;
    }
  return [...rows].map(([name, row]) => ({ name, ...row }));
}
