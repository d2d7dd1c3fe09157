/**
 * One core of a simulated host. PEs that share it take turns: first come, first served.
 *
 *  1. A PE that has something to do joins the end of the line. The first of an empty line plans the core's event.
 *  2. The event comes when the core is free: the first of the line has one turn. If it has more to do, it joins again, behind the
 *     others: endless work of one PE does not keep the others from their turns.
 *  3. If others are left, the event is planned anew; when the turn has taken longer than was known, again.
 *
 * Invariant: as long as somebody is in the line, one event of the core is planned, and no other event for turns on it.
 */
import type { EventQueue, SimEvent } from '../../transports/sim/event-queue.ts';

/** A PE that may wait for the core; in one line at a time, once. */
export interface CoreUser {
  /** The next in the line; the core's own business. */
  behind: CoreUser | undefined;
  /** The core is its for one turn. */
  granted(): void;
}

export class Core implements SimEvent {
  /** Its time: that of the end of the last turn, or the moment in the current one. */
  time = 0;
  /** PEs that compute here. */
  users = 0;
  readonly #queue: EventQueue;
  #first: CoreUser | undefined = undefined;
  #last: CoreUser | undefined = undefined;

  constructor(queue: EventQueue) {
    this.#queue = queue;
  }

  /** Is there anyone but `user` in the line? */
  isWantedBeside(user: CoreUser): boolean {
    return this.#first !== undefined && (this.#first !== user || user.behind !== undefined);
  }

  join(user: CoreUser): void {
    if (this.#last === undefined) {
      this.#first = user;
      this.#queue.at(this.time, this);
    } else this.#last.behind = user;
    this.#last = user;
  }

  fire(): void {
    if (this.time > this.#queue.now) return this.#queue.at(this.time, this);
    const user = this.#first!;
    const next = user.behind;
    user.behind = undefined;
    this.#first = next;
    if (next === undefined) this.#last = undefined;
    user.granted();
    if (next !== undefined) this.#queue.at(this.time, this);
  }
}
