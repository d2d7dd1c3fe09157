/**
 * Is there anything that this thread's event loop waits for: a timer, a socket, a file, work in the thread pool?
 *
 * Node.js has no complete list of it (work in the thread pool, for instance compression, is in none), but it emits
 * `beforeExit` when nothing is left. The port to the supervisor alone keeps a PE's thread alive; the probe lets go of
 * it until `beforeExit` tells, and then holds on again.
 */
import type { MessagePort } from 'node:worker_threads';

export class LoopProbe {
  readonly #port: MessagePort;
  #onDrained: (() => void) | undefined = undefined;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  /** Resolves once the event loop has nothing left to wait for; never if that does not happen before `cancel`. */
  whenDrained(): Promise<void> {
    return new Promise((resolve) => this.begin(resolve));
  }

  /** Calls `onDrained` once the event loop has nothing left to wait for. */
  begin(onDrained: () => void): void {
    this.cancel();
    this.#onDrained = () => {
      this.#onDrained = undefined;
      this.#port.ref();
      onDrained();
    };
    process.once('beforeExit', this.#onDrained);
    this.#port.unref();
  }

  cancel(): void {
    if (this.#onDrained === undefined) return;
    process.off('beforeExit', this.#onDrained);
    this.#onDrained = undefined;
    this.#port.ref();
  }
}
