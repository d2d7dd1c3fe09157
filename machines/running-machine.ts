/**
 * A state machine that runs inside a chare: an actor of XState whose every step happens in an entry method of the chare.
 *
 *  1. An entry method steps the machine through `run`. What the machine throws is thrown there, so its report names the
 *     chare, the event and the PE.
 *  2. What comes from outside an entry method (an invoked promise has settled, a callback sends, a delay is over) becomes
 *     a message of the chare to itself, and is delivered when that runs.
 *  3. While an invoked actor is at work that can't be packed (a promise, a callback, an observable), the chare is held in
 *     place, as an async entry method holds it. Machines inside the machine travel along.
 *  4. To move, the machine is packed as XState persists it, with its delayed events; then all its actors are stopped.
 *
 * Relies on two inner parts of XState, and says so if they are gone: `system._relay`, through which every event goes, and
 * `system.scheduler`, through which every delay goes.
 */
import { type AnyActor, type AnyActorRef, type AnyStateMachine, createActor, type EventObject } from 'xstate';
import { assert } from '../core/base/assert.ts';
import { describePlace, describeThrown, UsageError } from '../core/base/errors.ts';
import type { ElementRecord } from '../core/chare/element.ts';
import type { Wait } from '../core/message/request.ts';
import { actorAt, Delays, type PackedDelays, pathOf } from './delays.ts';

/** The snapshot as the program's code knows it. */
export interface LiveSnapshot {
  readonly status: 'active' | 'done' | 'error' | 'stopped';
  readonly value: unknown;
  readonly context: unknown;
  readonly output: unknown;
  readonly error: unknown;
  readonly tags: ReadonlySet<string>;
  matches(state: unknown): boolean;
  hasTag(tag: string): boolean;
}

export interface PackedMachine {
  readonly snapshot: unknown;
  readonly delays: PackedDelays;
}

/** What the chare does for its machine. */
export interface MachineHost {
  readonly record: ElementRecord;
  readonly restartable: ReadonlySet<string>;
  /** Runs `step` as this chare's: `chare()` in the machine's implementations means it. */
  within(step: () => void): void;
  /** Sends the chare a message: an event for the actor at `path`; an event whose delay is over. */
  relay(path: readonly string[], event: EventObject, sessionId: string): void;
  due(number: number): void;
}

type Relay = (source: AnyActorRef | undefined, target: AnyActorRef, event: EventObject) => void;

interface System {
  _relay: Relay;
  scheduler: Pick<Delays, 'schedule' | 'cancel' | 'cancelAll'>;
}

export class RunningMachine {
  readonly #host: MachineHost;
  readonly #actor: AnyActor;
  readonly #delays: Delays;
  /** Steps that enclose each other; 0 between entry methods. */
  #depth = 0;
  #failure: { readonly error: unknown } | undefined = undefined;
  #hasFailed = false;
  #hold: Wait | undefined = undefined;

  constructor(
    host: MachineHost,
    machine: AnyStateMachine,
    start: { readonly input?: unknown; readonly packed?: PackedMachine },
  ) {
    this.#host = host;
    const { packed } = start;
    this.#delays = new Delays(host.record.collection.pe, (number) => host.due(number));
    let actor: AnyActor | undefined;
    host.within(() => {
      const options = packed === undefined ? { input: start.input } : { snapshot: packed.snapshot as never };
      actor = createActor(machine, options);
    });
    this.#actor = actor!;
    this.#takeOver(this.#actor.system as unknown as System);
    this.#actor.subscribe({ error: (error: unknown) => this.#failed(error) });
    if (packed !== undefined && this.snapshot.status !== 'active') {
      this.#hasFailed = this.snapshot.status === 'error';
      return;
    }
    this.run(() => {
      this.#actor.start();
      if (packed !== undefined) this.#delays.unpack(packed.delays, this.#actor);
    });
  }

  get snapshot(): LiveSnapshot {
    return this.#actor.getSnapshot() as LiveSnapshot;
  }

  // ---- steps ----

  send(event: EventObject): void {
    const { record } = this.#host;
    if (this.#hasFailed && this.#failure === undefined) {
      const why = describeThrown(this.snapshot.error);
      throw new UsageError(`${record.label} takes no event ${event.type}: its machine has failed before (${why})`);
    }
    if (this.snapshot.status === 'active') this.run(() => this.#actor.send(event));
  }

  /** An event that came from outside, for the actor at `path`. */
  deliver(path: readonly string[], event: EventObject, sessionId: string): void {
    const target = actorAt(this.#actor, path);
    // Another actor may have been invoked under the name since; machines keep theirs when they move, and change the id.
    if (target === undefined || (target.sessionId !== sessionId && !isMachine(target))) return;
    if (this.snapshot.status === 'active') this.run(() => this.#system._relay(undefined, target, event));
  }

  deliverDue(number: number): void {
    const due = this.#delays.take(number);
    if (due !== undefined) this.run(() => this.#system._relay(due.source, due.target, due.event));
  }

  /** Steps the machine. @throws what the machine's code throws. */
  run(step: () => void): void {
    this.#depth++;
    try {
      this.#host.within(step);
    } finally {
      this.#depth--;
    }
    if (this.#depth > 0) return;
    this.#holdOrRelease();
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure.error;
  }

  // ---- moves ----

  /** @throws UsageError if an actor that it has spawned can't be packed. */
  pack(): PackedMachine {
    try {
      return { snapshot: this.#actor.getPersistedSnapshot(), delays: this.#delays.pack() };
    } catch (cause) {
      const message =
        `${this.#host.record.label} can't migrate: an actor that its machine has spawned has no name; ` +
        `name its logic in setup({ actors }), and spawn it by that name (${describeThrown(cause)})`;
      throw new UsageError(message, 'ERR_USAGE', undefined, { cause });
    }
  }

  /** Ends all actors; exit actions do not run. */
  stop(): void {
    this.#delays.clear();
    this.#host.within(() => this.#actor.stop());
    this.#release();
  }

  // ---- inside ----

  get #system(): System {
    return this.#actor.system as unknown as System;
  }

  #takeOver(system: System): void {
    assert(typeof system._relay === 'function' && 'scheduler' in system, 'this version of xstate is built differently');
    const relay = system._relay;
    system.scheduler = this.#delays;
    system._relay = (source, target, event) => {
      if (this.#depth > 0) return relay(source, target, event);
      if (this.#host.record.isGone) this.stop();
      else this.#host.relay(pathOf(target), event, target.sessionId);
    };
  }

  #failed(error: unknown): void {
    this.#failure = { error };
    this.#hasFailed = true;
  }

  /** Step 3: invoked actors at work hold the chare as async entry methods do. */
  #holdOrRelease(): void {
    const busy = this.snapshot.status === 'active' ? this.#busyActor(this.#actor) : undefined;
    const { record } = this.#host;
    const { pe } = record.collection;
    if (busy === undefined) return this.#release();
    // It may go on with the next microtask.
    pe.needsTurn = true;
    if (this.#hold !== undefined) return;
    this.#hold = {
      element: record,
      describeWaiter: () => describePlace({ pe: pe.id, chare: record.label }),
      describeAim: () => `the actor ${this.#busyActor(this.#actor) ?? busy} that it has invoked`,
    };
    record.entriesInFlight++;
    pe.waits.add(this.#hold);
  }

  #release(): void {
    if (this.#hold === undefined) return;
    const { record } = this.#host;
    // Inside an entry method, whose end sees to what this has put off.
    record.entriesInFlight--;
    record.collection.pe.waits.delete(this.#hold);
    this.#hold = undefined;
  }

  /** Name of an actor at work that can't be packed. */
  #busyActor(parent: AnyActorRef): string | undefined {
    const { children } = parent.getSnapshot() as { readonly children?: Record<string, AnyActorRef | undefined> };
    for (const id in children) {
      const child = children[id];
      if (child === undefined || child.getSnapshot().status !== 'active') continue;
      const found = isMachine(child) ? this.#busyActor(child) : this.#isRestartable(child) ? undefined : id;
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #isRestartable(child: AnyActorRef): boolean {
    const { src, logic } = child as AnyActor;
    const isPlain = logic.start === undefined;
    return isPlain || (typeof src === 'string' && this.#host.restartable.has(src));
  }
}

function isMachine(actor: AnyActorRef): boolean {
  // Not by class: the program may have its own copy of xstate.
  return 'getStateNodeById' in (actor as AnyActor).logic;
}
