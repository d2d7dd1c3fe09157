/** How hard the searches that could go on for long try, so that the time for a million objects is bounded too. */
export interface SearchEffort {
  /** Passes over all objects. */
  readonly passesMax: number;
  /** Objects of another PE that are looked at for one exchange. */
  readonly exchangesMax: number;
  /** PEs looked at to even out one PE. */
  readonly partnersMax: number;
  /** Steps of evening out. */
  readonly stepsMax: number;
  /** Objects looked at in all these steps together: a PE may hold most of them. */
  readonly looksMax: number;
}

/** Chosen so that a step of a million objects takes seconds; small steps are searched more thoroughly. */
export function searchEffort(objectCount: number): SearchEffort {
  const looksMax = Math.min(15_000_000, 2_000_000 + 100 * objectCount);
  if (objectCount > 100_000) return { passesMax: 3, exchangesMax: 32, partnersMax: 4, stepsMax: 20_000, looksMax };
  return { passesMax: 8, exchangesMax: 256, partnersMax: 16, stepsMax: 4_000, looksMax };
}
