/** Whether a PE may send on, and who waits for that: `charm.ready`. The host says when there is room again. */
import type { Link } from '../message/transport.ts';

export class SendRoom {
  readonly #link: Link;
  #waiting: (() => void)[] = [];
  /** Nobody is held back: a run that is recorded must not depend on how fast others take what it sends. */
  isUnlimited = false;

  constructor(link: Link) {
    this.#link = link;
  }

  /** What this PE has sent waits to go out: it should send no more. */
  get isCongested(): boolean {
    return !this.isUnlimited && this.#link.isCongested === true;
  }

  /** Resolves when it is not congested any more. */
  whenMade(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  get isWanted(): boolean {
    return this.#waiting.length > 0;
  }

  made(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
