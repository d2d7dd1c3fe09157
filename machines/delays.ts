/**
 * Delayed events of a machine: `after`, and `raise` and `sendTo` with a delay. Takes the place of the scheduler of XState,
 * since what that holds can't travel.
 *
 *  1. A delayed event sets a timer of the PE's host (virtual time in a simulation) and counts as a message in flight.
 *  2. When it is due, the chare gets a message with its number; the event is delivered when that runs.
 *  3. A chare that leaves takes along what is not due yet, with the time that is left.
 */
import type { AnyActorRef, EventObject } from 'xstate';
import type { Pe } from '../core/pe/pe.ts';

/** An event that waits for its time. */
interface Delayed {
  readonly key: string;
  readonly id: string;
  readonly source: AnyActorRef;
  readonly target: AnyActorRef;
  readonly event: EventObject;
  readonly dueMs: number;
  readonly cancel: () => void;
}

/** The same where it travels: actors are named by their path from the machine's own. */
interface PackedDelay {
  readonly number: number;
  readonly id: string;
  readonly source: readonly string[];
  readonly target: readonly string[];
  readonly event: EventObject;
  readonly leftMs: number;
}

export interface PackedDelays {
  readonly next: number;
  readonly delayed: readonly PackedDelay[];
}

/** Path of an actor from the root of its system, which has the empty one. */
export function pathOf(actor: AnyActorRef): string[] {
  const parent = actor._parent;
  return parent === undefined ? [] : [...pathOf(parent), actor.id];
}

/** The actor at a path, if it is there. */
export function actorAt(root: AnyActorRef, path: readonly string[]): AnyActorRef | undefined {
  let actor: AnyActorRef | undefined = root;
  for (const id of path) {
    const { children } = actor.getSnapshot() as { readonly children?: Record<string, AnyActorRef | undefined> };
    actor = children?.[id];
    if (actor === undefined) return undefined;
  }
  return actor;
}

export class Delays {
  readonly #pe: Pe;
  readonly #onDue: (number: number) => void;
  /** By number: none is used twice in the life of the chare, so that a message about one can't mean another. */
  readonly #delayed = new Map<number, Delayed>();
  readonly #numbers = new Map<string, number>();
  #next = 0;

  constructor(pe: Pe, onDue: (number: number) => void) {
    this.#pe = pe;
    this.#onDue = onDue;
  }

  // ---- what XState asks of a scheduler ----

  schedule(source: AnyActorRef, target: AnyActorRef, event: EventObject, delayMs: number, id?: string): void {
    const number = this.#next++;
    this.#set(number, source, target, event, delayMs, id ?? `unnamed ${number}`);
  }

  cancel(source: AnyActorRef, id: string): void {
    const number = this.#numbers.get(keyOf(source, id));
    if (number !== undefined) this.take(number);
  }

  cancelAll(actor: AnyActorRef): void {
    for (const [number, { source }] of this.#delayed) if (source === actor) this.take(number);
  }

  // ---- what the chare asks ----

  /** Takes an event out; undefined if it has been cancelled. */
  take(number: number): Delayed | undefined {
    const delayed = this.#delayed.get(number);
    if (delayed === undefined) return undefined;
    this.#delayed.delete(number);
    this.#numbers.delete(delayed.key);
    delayed.cancel();
    this.#pe.processed++;
    this.#pe.trackedCount--;
    return delayed;
  }

  clear(): void {
    for (const number of [...this.#delayed.keys()]) this.take(number);
  }

  pack(): PackedDelays {
    const now = this.#pe.clock.now();
    const delayed = [...this.#delayed].map(([number, { id, source, target, event, dueMs }]) => ({
      number,
      id,
      source: pathOf(source),
      target: pathOf(target),
      event,
      leftMs: Math.max(0, dueMs - now),
    }));
    return { next: this.#next, delayed };
  }

  unpack({ next, delayed }: PackedDelays, root: AnyActorRef): void {
    this.#next = next;
    for (const { number, id, source, target, event, leftMs } of delayed) {
      const from = actorAt(root, source);
      const to = actorAt(root, target);
      if (from !== undefined && to !== undefined) this.#set(number, from, to, event, leftMs, id);
    }
  }

  #set(
    number: number,
    source: AnyActorRef,
    target: AnyActorRef,
    event: EventObject,
    delayMs: number,
    id: string,
  ): void {
    this.cancel(source, id);
    const pe = this.#pe;
    pe.created++;
    pe.trackedCount++;
    const key = keyOf(source, id);
    const cancel = pe.host.after(delayMs, () => this.#onDue(number));
    this.#delayed.set(number, { key, id, source, target, event, dueMs: pe.clock.now() + delayMs, cancel });
    this.#numbers.set(key, number);
  }
}

/** Each actor names its delayed events itself. */
function keyOf(source: AnyActorRef, id: string): string {
  return JSON.stringify([pathOf(source), id]);
}
