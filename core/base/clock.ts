/** Monotonic time. A PE is handed its clock, so that a simulator can own time. */
export interface Clock {
  /** Milliseconds since an arbitrary start; never goes back. A read of the system clock costs about 45 ns. */
  now(): number;
}

export const systemClock: Clock = { now: () => performance.now() };
