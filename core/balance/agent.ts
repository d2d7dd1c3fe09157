/**
 * A distributed strategy: one agent on every PE, which sees only its own PE and what other agents tell it.
 *
 *  1. `begin` hands an agent what has been measured on its PE since the last time. It may send and move at once.
 *  2. `receive` hands it what another agent has sent. Messages of one agent to another arrive in the order sent.
 *  3. In a balancing step, once no message is in flight anywhere, every agent's `quiet` is called; the step ends when
 *     none of them has answered true or sent anything. In continuous balancing there are no steps: `begin` comes again
 *     and again, at each PE in its own time, and `quiet` never does. Jobs that balance by time work so.
 *
 * Agents are pure but for what they keep themselves: they reach the world through the AgentHost alone, so the same
 * agent runs in a job, on a dump, and in a test with messages in any order.
 *
 * Nothing is received before the first `begin`, nor in a balancing step before the `begin` of that step: the host keeps
 * what comes early.
 *
 * Invariant: an agent moves only objects of the statistics it was last given, and each at most once between two `begin`s;
 * the host refuses anything else.
 */
import type { EdgeStatistics, ObjectStatistics } from './strategy.ts';

/** What one PE knows of itself. Times are seconds since the last `begin`, sizes are bytes. */
export interface LocalStatistics {
  /** Length of the time that was measured. */
  readonly wall: number;
  /** Time outside objects: runtime, other programs. */
  readonly background: number;
  readonly idle: number;
  /** Relative speed; 1 where unknown. */
  readonly speed: number;
  /** False: what is here should leave, and nothing should come. */
  readonly isAvailable: boolean;
  /** Memory that may still be used; Infinity where unknown. */
  readonly memoryFree: number;
  /** The objects here; `objects.pe` is this PE throughout. */
  readonly objects: ObjectStatistics;
  /**
   * What these objects have sent: `from` is an object here; `to` an object here, or -1 for one elsewhere, which is then
   * on `toPe` as far as this PE knows.
   */
  readonly edges: EdgeStatistics & { readonly toPe: Int32Array };
}

/** What an agent may do. */
export interface AgentHost {
  readonly pe: number;
  readonly pes: number;
  /** Node runtime of every PE. */
  readonly node: Int32Array;
  /** Seeded, this PE's own. */
  readonly random: { next(): number };
  /** Price of sending, in seconds. */
  readonly secondsPerMessage: number;
  readonly secondsPerByte: number;
  /** Tells another PE's agent something: plain data. */
  send(to: number, message: unknown): void;
  /** Moves an object of the last statistics, by its position in them. */
  move(object: number, to: number): void;
}

export interface Agent {
  begin(local: LocalStatistics): void;
  receive(from: number, message: unknown): void;
  /** Nothing is in flight anywhere. True: it has more to do, and `quiet` shall be called again. */
  quiet?(): boolean;
}

/** A distributed strategy makes the agent of each PE. */
export interface DistributedStrategy {
  /** It relies on `quiet`: a job makes steps with it, also where it balances by time. */
  readonly needsSteps?: true;
  readonly makeAgent: (host: AgentHost) => Agent;
}
