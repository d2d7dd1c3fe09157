/** The supervisor's orders to a PE's thread, before it runs: what is waited for, and what comes too early is kept. */
import type { LiveOrder } from './live/answer.ts';
import type { WorkerOrder } from './worker-protocol.ts';

/** The job has ended before this PE began to run. */
export const stopped: unique symbol = Symbol('stopped');

export class Orders {
  readonly program: Promise<string>;
  readonly go: Promise<void>;
  readonly connect: Promise<readonly string[]>;
  /** Set once there is a PE to look at. */
  onLive: ((order: LiveOrder) => void) | undefined = undefined;
  /** What processes that were started together say to each other, if this PE passes it on. */
  onControl: ((node: number, text: string) => void) | undefined = undefined;
  readonly #stop: Promise<never>;

  /** `listen` hands every order to what it is given. In Node.js that keeps the port open, and so the sleeping thread alive. */
  constructor(listen: (hear: (order: WorkerOrder) => void) => void) {
    let onProgram!: (url: string) => void;
    let onGo!: () => void;
    let onConnect!: (addresses: readonly string[]) => void;
    let onStop!: (reason: unknown) => void;
    this.program = new Promise((resolve) => {
      onProgram = resolve;
    });
    this.go = new Promise((resolve) => {
      onGo = resolve;
    });
    this.connect = new Promise((resolve) => {
      onConnect = resolve;
    });
    this.#stop = new Promise((_, reject) => {
      onStop = reject;
    });
    this.#stop.catch(() => undefined);
    listen((order) => {
      if (order.kind === 'program') onProgram(order.url);
      else if (order.kind === 'go') onGo();
      else if (order.kind === 'connect') onConnect(order.addresses);
      else if (order.kind === 'look' || order.kind === 'balancer') this.onLive?.(order);
      else if (order.kind === 'control') this.onControl?.(order.node, order.text);
      else onStop(stopped);
    });
  }

  whenStopped(): Promise<void> {
    return this.#stop.catch(() => undefined);
  }

  /** Waits for something before this PE runs. @throws stopped if the job ends meanwhile. */
  unlessStopped<T>(something: Promise<T>): Promise<T> {
    return Promise.race([something, this.#stop]);
  }
}
