/** What a job's supervisor and its PE threads say to each other. */
import type { ErrorWire } from '../core/base/errors.ts';
import type { SharedMachine } from '../transports/threads/threads-link.ts';

/** Given to a worker when it starts. */
export interface WorkerStart {
  readonly pe: number;
  readonly machine: SharedMachine;
  readonly args: readonly string[];
  readonly seed: number;
  /** How long an idle PE spins before it sleeps. */
  readonly spinMs: number;
  readonly shuffle: boolean;
}

/** Sent to a worker once the program has been compiled. */
export interface ProgramReady {
  readonly url: string;
}

export interface ClassDescription {
  readonly name: string;
  readonly entries: readonly string[];
}

/** From a worker. */
export type WorkerMessage =
  | { readonly kind: 'loaded'; readonly description: readonly string[]; readonly classes: readonly ClassDescription[] }
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'failed'; readonly error: ErrorWire }
  | { readonly kind: 'done' };
