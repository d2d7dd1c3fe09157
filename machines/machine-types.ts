/** The types of chares that are made from a state machine: its events as entry methods, its states as what can be waited for. */
import type {
  AnyStateMachine,
  EventFromLogic,
  InputFrom,
  OutputFrom,
  SnapshotFrom,
  StateValueFrom,
  TagsFrom,
} from 'xstate';
import type { Chare } from '../core/chare/chare.ts';

/** Methods that every chare made from a machine has besides those of `Chare`. */
export interface MachineMethods<M extends AnyStateMachine> {
  /** Sends the machine an event. The answer, for `ask`, is the state that it is in then. */
  send(event: EventFromLogic<M>): StateValueFrom<M>;
  /** The state that the machine is in. */
  snapshot(): MachineState<M>;
  /**
   * For `ask`: answers as soon as the machine is in this state, at the end of an entry method; holds nobody in place.
   * @throws UsageError if the machine ends before.
   */
  waitFor(state: StateValueFrom<M>): MachineState<M>;
  /** The same for a state with this tag. */
  waitForTag(tag: TagsFrom<M>): MachineState<M>;
  /** The same for a final state: answers with the machine's output. */
  output(): OutputFrom<M>;
}

/** Where a machine is: plain data. */
export interface MachineState<M extends AnyStateMachine> {
  readonly value: SnapshotFrom<M>['value'];
  readonly context: SnapshotFrom<M>['context'];
  readonly tags: readonly TagsFrom<M>[];
  readonly status: 'active' | 'done' | 'error' | 'stopped';
  /** Of a machine that is done. */
  readonly output: OutputFrom<M> | undefined;
}

/** Events of these types can't have an entry method of their own; `send` takes them. */
type TakenName = keyof Chare<unknown> | keyof MachineMethods<AnyStateMachine> | TakenHook | `_${string}`;
type TakenHook = 'aboutToMigrate' | 'justMigrated' | 'pack' | 'unpack' | 'resumeFromSync' | TakenKey;
type TakenKey = 'ask' | 'callback' | 'with' | 'then' | 'toJSON' | 'constructor' | keyof object;

type Payload<E> = E extends unknown ? Omit<E, 'type'> : never;
type PayloadArgs<P> = Record<never, never> extends P ? [payload?: P] : [payload: P];

/** One entry method per event: its argument is the event without its type. */
export type EventMethods<M extends AnyStateMachine, E extends { readonly type: string } = EventFromLogic<M>> = {
  [T in Exclude<E['type'], TakenName>]: (...args: PayloadArgs<Payload<Extract<E, { type: T }>>>) => StateValueFrom<M>;
};

/** A chare that is a state machine; `I` is the type of its index. */
export type MachineChare<M extends AnyStateMachine, I = number> = Chare<I> & MachineMethods<M> & EventMethods<M>;

/** What the constructor of such a chare takes: the machine's input, if it has any. */
export type InputArgs<M extends AnyStateMachine> =
  undefined extends InputFrom<M> ? [input?: InputFrom<M>] : [input: InputFrom<M>];

/** A chare class; to be exported by the program. */
export interface MachineChareClass<M extends AnyStateMachine, I, A extends readonly unknown[]> {
  new (...args: A): MachineChare<M, I>;
  readonly machine: M;
  /**
   * The same class, with actions, guards, actors and delays of the machine that need the runtime. `chare()` is the chare for
   * which the machine runs at the moment; behind an `await` keep what it gave before.
   */
  provide(
    implementations: (chare: () => MachineChare<M, I>) => Parameters<M['provide']>[0],
  ): MachineChareClass<M, I, A>;
}

export interface MachineChareOptions<M extends AnyStateMachine, I, A extends readonly unknown[]> {
  /** The machine's input, from the constructor's arguments; without it the one argument is the input. */
  readonly input?: (chare: MachineChare<M, I>, ...args: A) => InputFrom<M>;
  /** Names of invoked actors that may be stopped where the chare is, and started anew where it goes. */
  readonly restartable?: readonly string[];
  /** Events that no state names, and that a wildcard is there for: these get entry methods too. */
  readonly events?: readonly EventFromLogic<M>['type'][];
}
