import type { Charm } from 'charm4ts';

/** How a theme is run. */
export interface ThemeOptions {
  /** How many times the usual traffic. */
  readonly load: number;
  /** Messages are picked at random, so queued messages do not run by priority. */
  readonly isShuffled: boolean;
}

/** One group of promises. `run` makes its own chares, so that it can run several times at once; it rejects on failure. */
export interface Theme {
  /** Called once, before the first chare of the job. */
  readonly prepare?: (charm: Charm) => void;
  readonly run: (charm: Charm, options: ThemeOptions) => Promise<void>;
}
