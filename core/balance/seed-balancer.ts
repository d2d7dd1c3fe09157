/**
 * What a seed balancer sees and says. A seed is a new chare that was created without a place and has not been
 * constructed yet. Every PE has a balancer object of its own, which knows its own seeds and what the others tell it.
 *
 *  1. `place` says where a new seed waits first: its home PE.
 *  2. While it waits there, `give` may send it on, again and again, until the scheduler picks it.
 *  3. `changed`, `idle` and `receive` are the moments at which a balancer may act. It has no timers, so an idle job sleeps.
 *
 * Words between balancers are not messages of the program: quiescence does not count them.
 */

/** What a balancer may look at and do on its PE. */
export interface SeedHost {
  readonly pe: number;
  readonly pes: number;
  /** Seeded, this PE's own, and not that of `charm.random()`. */
  readonly random: { next(): number };
  /** Seeds that wait here and may still go elsewhere. */
  readonly seeds: number;
  /** Everything that waits here, seeds included. */
  readonly load: number;
  /** Milliseconds since some start. */
  now(): number;
  /** Sends up to `count` seeds to another PE, those first that came first. Returns how many there were. */
  give(count: number, to: number): number;
  /** Tells another PE's balancer something; `word` is an integer from 0 to 255. */
  tell(to: number, word: number, value: number): void;
}

export interface SeedBalancer {
  /** The PE where a seed that is created here shall wait. */
  place(): number;
  /** A seed has come to wait here, or is about to be constructed. Without this method seeds stay where they were placed. */
  changed?(): void;
  /** There is nothing to do here; called again and again until there is. */
  idle?(): void;
  /** Another PE's balancer has told something. Words of one PE come in order, and behind seeds that it gave before. */
  receive?(from: number, word: number, value: number): void;
}

/** Makes the balancer of one PE. */
export type SeedStrategy = (host: SeedHost) => SeedBalancer;
