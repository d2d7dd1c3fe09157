/** Monotonic time. A PE is handed its clock, so that a simulator can own time. */
export interface Clock {
  /** Milliseconds since an arbitrary start; never goes back. */
  now(): number;
  /** What a read adds to the time that it tells: about 45 ns, and nothing in virtual time. */
  readonly readSeconds: number;
}

export const systemClock: Clock = { now: () => performance.now(), readSeconds: 4.5e-8 };
