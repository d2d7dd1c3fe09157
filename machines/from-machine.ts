/**
 * `fromMachine`: a chare class from a state machine of XState. Events are entry messages; what XState persists is the PUP.
 *
 * Each event type that the machine handles becomes an entry method of its name. Two entry methods more are the machine's own:
 * `xstate.event` and `xstate.due` bring what comes from outside (running-machine.ts).
 *
 * The chare's own fields travel as they do in any chare, beside the machine; a subclass may have some.
 */
import type { AnyStateMachine, EventObject } from 'xstate';
import { UsageError } from '../core/base/errors.ts';
import { Chare, ChareBase } from '../core/chare/chare.ts';
import type { InputArgs, MachineChare, MachineChareClass, MachineChareOptions } from './machine-types.ts';
import { type LiveSnapshot, type MachineHost, type PackedMachine, RunningMachine } from './running-machine.ts';

/** Under this the running machine hangs at its chare: not enumerable, so it does not travel as a field. */
const running = Symbol('machine');
/** It is about to leave: packing ends what runs here. */
const leaving = Symbol('leaving');

type AnyChare = MachineChare<AnyStateMachine, unknown>;
type AnyOptions = MachineChareOptions<AnyStateMachine, unknown, readonly unknown[]>;
type Implementations = (chare: () => AnyChare) => Parameters<AnyStateMachine['provide']>[0];

/**
 * A chare class whose elements are machines: `export const Light = fromMachine(lightMachine)`. For another index type than
 * `number`: `fromMachine<[number, number]>()(machine)`.
 * Cost: what XState takes for an event (some microseconds), and a message.
 * @throws UsageError if an event's name can't be that of an entry method, or is given twice.
 */
export function fromMachine<M extends AnyStateMachine, A extends readonly unknown[] = InputArgs<M>>(
  machine: M,
  options?: MachineChareOptions<M, number, A>,
): MachineChareClass<M, number, A>;
export function fromMachine<I>(): <M extends AnyStateMachine, A extends readonly unknown[] = InputArgs<M>>(
  machine: M,
  options?: MachineChareOptions<M, I, A>,
) => MachineChareClass<M, I, A>;
export function fromMachine(machine?: AnyStateMachine, options: unknown = {}): unknown {
  if (machine === undefined) return makeClass;
  return makeClass(machine, options as AnyOptions);
}

function makeClass(machine: AnyStateMachine, options: AnyOptions = {}, implementations?: Implementations): unknown {
  if (typeof machine?.provide !== 'function')
    throw new UsageError('fromMachine takes a state machine of xstate 5, made by createMachine');
  // The chare for which the machine runs; set and reset within one synchronous step, so an argument in disguise.
  let current: AnyChare | undefined;
  const chare = (): AnyChare => {
    if (current !== undefined) return current;
    throw new UsageError(`machine ${machine.id}: no chare runs it at the moment; keep chare() before an await`);
  };
  const within = (inside: AnyChare, step: () => void): void => {
    const outer = current;
    current = inside;
    try {
      step();
    } finally {
      current = outer;
    }
  };
  const provided = implementations === undefined ? machine : machine.provide(implementations(chare));
  const restartable = new Set(options.restartable);

  class FromMachine extends MachineBase {
    static readonly machine = machine;

    static provide(more: Implementations): unknown {
      return makeClass(machine, options, more);
    }

    constructor(...args: readonly unknown[]) {
      super();
      const self = this as unknown as AnyChare;
      const input = options.input === undefined ? args[0] : options.input(self, ...args);
      this._attach(new RunningMachine(this._host(), provided, { input }));
    }

    _host(): MachineHost {
      const self = this as unknown as AnyChare;
      return hostOf(this, restartable, (step) => within(self, step));
    }

    _restore(packed: PackedMachine): void {
      this._attach(new RunningMachine(this._host(), provided, { packed }));
    }
  }
  Object.defineProperty(FromMachine, 'name', { value: machine.id });
  for (const type of eventTypes(provided, options.events)) defineEvent(FromMachine.prototype, type);
  return FromMachine;
}

function hostOf(chare: MachineBase, restartable: ReadonlySet<string>, within: MachineHost['within']): MachineHost {
  const self = chare.self as unknown as Record<'xstate.event' | 'xstate.due', (...args: unknown[]) => void>;
  return {
    record: ChareBase.recordOf(chare),
    restartable,
    within,
    relay: (...args) => self['xstate.event'](...args),
    due: (number) => self['xstate.due'](number),
  };
}

/** What all classes made from machines have. Their constructors do not run when a chare has moved. */
abstract class MachineBase extends Chare<unknown> {
  static readonly entries = {
    waitFor: { when: (self: object, state: unknown) => (self as MachineBase)._hasEndedOr((now) => now.matches(state)) },
    waitForTag: { when: (self: object, tag: string) => (self as MachineBase)._hasEndedOr((now) => now.hasTag(tag)) },
    output: { when: (self: object) => (self as MachineBase)._hasEndedOr(() => false) },
  };
  declare readonly [running]: RunningMachine;
  declare [leaving]: boolean;

  abstract _restore(packed: PackedMachine): void;

  _attach(machine: RunningMachine): void {
    Object.defineProperty(this, running, { value: machine, configurable: true });
    Object.defineProperty(this, leaving, { value: false, writable: true, configurable: true });
    // Not by inheritance, since the runtime takes a method of the name for an entry method.
    const destroy = (): void => {
      Chare.prototype.destroy.call(this);
      machine.stop();
    };
    Object.defineProperty(this, 'destroy', { value: destroy, configurable: true });
  }

  _hasEndedOr(isWanted: (snapshot: LiveSnapshot) => boolean): boolean {
    const { snapshot } = this[running];
    return snapshot.status !== 'active' || isWanted(snapshot);
  }

  // ---- entry methods ----

  send(event: EventObject): unknown {
    if (typeof event?.type !== 'string')
      throw new UsageError(`${this._label}.send takes an event, an object with a type, not ${JSON.stringify(event)}`);
    this[running].send(event);
    return this[running].snapshot.value;
  }

  snapshot(): unknown {
    const { value, context, tags, status, output } = this[running].snapshot;
    return { value, context, tags: [...tags], status, output };
  }

  waitFor(state: unknown): unknown {
    if (!this[running].snapshot.matches(state)) this._hasEndedBefore(`reached ${JSON.stringify(state)}`);
    return this.snapshot();
  }

  waitForTag(tag: string): unknown {
    if (!this[running].snapshot.hasTag(tag)) this._hasEndedBefore(`had the tag ${tag}`);
    return this.snapshot();
  }

  output(): unknown {
    const { status, output } = this[running].snapshot;
    if (status !== 'done') this._hasEndedBefore('reached a final state');
    return output;
  }

  'xstate.event'(path: readonly string[], event: EventObject, sessionId: string): void {
    this[running].deliver(path, event, sessionId);
  }

  'xstate.due'(number: number): void {
    this[running].deliverDue(number);
  }

  // ---- moves ----

  aboutToMigrate(): void {
    this[leaving] = true;
  }

  pack(): unknown {
    const packed = { fields: { ...this }, machine: this[running].pack() };
    if (this[leaving]) this[running].stop();
    return packed;
  }

  unpack(packed: unknown): void {
    const { fields, machine } = packed as { readonly fields: object; readonly machine: PackedMachine };
    Object.assign(this, fields);
    this._restore(machine);
  }

  get _label(): string {
    return ChareBase.recordOf(this).label;
  }

  _hasEndedBefore(what: string): never {
    const { status, value, error } = this[running].snapshot;
    const how = status === 'error' ? 'has failed' : `has ended in ${JSON.stringify(value)}`;
    throw new UsageError(`the machine of ${this._label} ${how} before it ${what}`, 'ERR_USAGE', undefined, {
      cause: error,
    });
  }
}

/** Event types that get entry methods: those that the machine handles, and those that are given. */
function eventTypes(machine: AnyStateMachine, given: readonly string[] = []): readonly string[] {
  const handled = (machine.events as readonly string[]).filter(
    (type) => !type.includes('*') && !type.startsWith('xstate.') && type !== '',
  );
  return [...new Set([...handled, ...given])].filter((type) => !isTaken(type));
}

function isTaken(type: string): boolean {
  return (
    type in MachineBase.prototype ||
    type.startsWith('_') ||
    ['ask', 'callback', 'with', 'then', 'toJSON', 'justMigrated', 'resumeFromSync'].includes(type)
  );
}

function defineEvent(prototype: MachineBase, type: string): void {
  const method = function (this: MachineBase, payload?: unknown): unknown {
    if (payload !== undefined && (typeof payload !== 'object' || payload === null))
      throw new UsageError(
        `${this._label}.${type} takes an object with the event's other fields, not ${String(payload)}`,
      );
    return this.send({ ...payload, type });
  };
  Object.defineProperty(prototype, type, { value: method, writable: true, configurable: true });
}
