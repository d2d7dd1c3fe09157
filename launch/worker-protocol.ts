/** What a job's supervisor and its PE threads say to each other. */
import type { ErrorWire } from '../core/base/errors.ts';
import type { SharedMachine } from '../transports/threads/threads-link.ts';
import type { TraceStart } from './trace/trace-files.ts';

/** Given to a worker when it starts. */
export interface WorkerStart {
  readonly pe: number;
  readonly machine: SharedMachine;
  readonly args: readonly string[];
  readonly seed: number;
  /** How long an idle PE spins before it sleeps. */
  readonly spinMs: number;
  readonly shuffle: boolean;
  /** Its name. */
  readonly seedBalancer: string;
  /** Where to record the run. */
  readonly trace: TraceStart | undefined;
}

/**
 * To a worker: the program's address, once it has been compiled; to PE 0 the word to run `main`, once all PEs have
 * loaded the same program; and to those that have not begun to run, the word to leave (the others see their stop word).
 */
export type WorkerOrder =
  | { readonly kind: 'program'; readonly url: string }
  | { readonly kind: 'go' }
  | { readonly kind: 'stop' };

export interface ClassDescription {
  readonly name: string;
  readonly entries: readonly string[];
}

/** From a worker. */
export type WorkerMessage =
  | { readonly kind: 'loaded'; readonly description: readonly string[]; readonly classes: readonly ClassDescription[] }
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'failed'; readonly error: ErrorWire }
  /** It runs no more of the program; only its output is still on the way. */
  | { readonly kind: 'left' }
  | { readonly kind: 'done' };
