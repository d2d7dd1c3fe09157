/** What the page is told of a running job, a look at a time. Names are the program's: text, never markup. */
export interface LiveSample {
  /** Number of the process that was started. */
  readonly job: number;
  readonly program: string;
  readonly startedAt: string;
  /** Seconds since the job began. */
  readonly seconds: number;
  readonly pes: LivePes;
  /** The busiest of the job since the last balancing step, the busiest first. */
  readonly chares: readonly { readonly name: string; readonly pe: number; readonly seconds: number }[];
  /** PEs that do not answer, since they are busy in one entry method. */
  readonly silent: readonly { readonly pe: number; readonly running: string }[];
  readonly lastStep: LiveStep | null;
}

/** A column for each figure; PEs ascend. */
export interface LivePes {
  readonly pe: readonly number[];
  readonly node: readonly number[];
  /** Share of the time since the look before, 0 to 1. */
  readonly busy: readonly number[];
  readonly messagesPerSecond: readonly number[];
  readonly queue: readonly number[];
  readonly heapBytes: readonly number[];
  readonly elements: readonly number[];
  readonly busiest: readonly string[];
}

export interface LiveStep {
  readonly step: number;
  readonly strategy: string;
  readonly trigger: string;
  readonly objects: number;
  readonly migrations: number;
  readonly seconds: number;
  /** Load of the busiest PE over the mean. */
  readonly before: number;
  readonly after: number;
}
