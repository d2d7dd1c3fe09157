/** Functions of the program that run on other PEs: each PE finds them among the exports, by name. */
import type { Charm } from '../chare/charm.ts';

/** What a function is told beside its item. */
export interface TaskContext {
  /** The PE that it runs on. */
  readonly charm: Charm;
  /** Number of the item. */
  readonly index: number;
}

/** A function that `charm.pool` can run; it must be exported. May be async. */
export type TaskFunction<T, R> = (item: T, context: TaskContext) => R | Promise<R>;

/** A function that the program exports, as opposed to a class. */
export type ProgramFunction = (...args: never[]) => unknown;
