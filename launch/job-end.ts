/**
 * How a job ends: the first word counts, whoever says it. Hears of interruption and of trouble with this process's output
 * as long as the job runs.
 */
import { CharmError, describeThrown } from '../core/base/errors.ts';

export const exitCodeInterrupted = 130;
/** As a shell shows a program that was ended by SIGPIPE. */
export const exitCodeBrokenPipe = 141;

export interface JobEndOptions {
  /** Ends the job early. */
  readonly signal: AbortSignal | undefined;
  /** The job's output does not go to this process's. */
  readonly isCaptured: boolean;
  /** `, while Ring[3].pass was running`, or nothing. */
  readonly describeRunning: () => string;
  /** Nobody takes the job's output any more. */
  readonly dropOutput: () => void;
}

export class JobEnd {
  readonly #options: JobEndOptions;
  #value: { readonly exitCode: number; readonly error: Error | undefined } | undefined = undefined;
  #ended!: () => void;
  readonly whenEnded: Promise<void> = new Promise((resolve) => {
    this.#ended = resolve;
  });

  constructor(options: JobEndOptions) {
    this.#options = options;
  }

  get hasEnded(): boolean {
    return this.#value !== undefined;
  }

  /** Once it has ended. */
  get value(): { readonly exitCode: number; readonly error: Error | undefined } {
    return this.#value!;
  }

  finish(exitCode: number, error: Error | undefined): void {
    if (this.#value !== undefined) return;
    this.#value = { exitCode, error };
    this.#ended();
  }

  fail(error: unknown): void {
    this.finish(1, error instanceof Error ? error : new CharmError('ERR_INTERNAL', describeThrown(error)));
  }

  /** Begins to hear. Returns what undoes it. */
  listen(): () => void {
    const { signal, isCaptured } = this.#options;
    const onAbort = (): void => this.#interrupt();
    const onOutputError = (error: NodeJS.ErrnoException): void => this.#outputFailed(error);
    if (signal?.aborted === true) onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    const outputs = isCaptured ? [] : [process.stdout, process.stderr];
    for (const output of outputs) output.on('error', onOutputError);
    return () => {
      signal?.removeEventListener('abort', onAbort);
      for (const output of outputs) output.off('error', onOutputError);
    };
  }

  #interrupt(): void {
    const message = `the job was interrupted${this.#options.describeRunning()}`;
    this.finish(exitCodeInterrupted, new CharmError('ERR_INTERRUPTED', message));
  }

  /** A reader that has seen enough (`| head`) is no error; a full disk is. */
  #outputFailed(error: NodeJS.ErrnoException): void {
    if (error.code === 'EPIPE') this.finish(exitCodeBrokenPipe, undefined);
    else {
      const message = `the program's output could not be written: ${error.message}`;
      this.fail(new CharmError('ERR_OUTPUT', message, undefined, { cause: error }));
    }
    this.#options.dropOutput();
  }
}
