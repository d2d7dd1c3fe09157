/** What a PE is handed when it is made. */
import type { Balancing } from '../balance/balancing.ts';
import type { SeedStrategy } from '../balance/seed-balancer.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Registry } from '../message/registry.ts';
import type { Link } from '../message/transport.ts';
import type { SharedHeap } from '../pup/shared-heap.ts';
import type { Writer } from '../pup/writer.ts';
import type { FileAccess } from './file-access.ts';
import type { TaskQueue } from './task-queue.ts';
import type { TraceSink } from './trace-sink.ts';

/** What a PE asks of whatever runs it. */
export interface PeHost {
  /** The program called `charm.exit`: end the job. */
  exit(code: number): void;
  /** The job can't go on: end it with this report. */
  fail(error: unknown): void;
  /** A task was posted, or a promise settled, outside the loop: look again soon. */
  wake(): void;
  /** Calls back once after `delayMs`; the function that it gives takes that back. */
  after(delayMs: number, action: () => void): () => void;
  /** Stands between work outside and whoever waits for it; for recording. */
  outside?<T>(work: Promise<T>): Promise<T>;
  /** The PE computes for this long: really, or in virtual time. */
  work(seconds: number): void;
  /** True while timers, sockets or files of the program itself are open. */
  hasOutsideWork(): boolean;
  /** Chares here hold so much more memory than before, or less. Only simulated hosts mind. */
  hold?(bytes: number): void;
  /** The file system of a simulated machine; undefined where files are those of Node.js. */
  readonly files?: FileAccess | undefined;
  /** What the host knows of its PE, for load balancing. */
  vitals(): PeVitals;
}

/** The state of a PE as its host sees it. */
export interface PeVitals {
  /** Seconds in which it had nothing to do, from its start on; NaN where that is not known. */
  readonly idleSeconds: number;
  /** How fast it computes while it has its processor, relative to other PEs; 1 where unknown. */
  readonly speed: number;
  /**
   * The part of a processor that it has, where PEs take turns on one and the host knows of it: what is measured is then time on the
   * processor, without the turns of the others. Default: 1; where the operating system shares out processors, times contain that.
   */
  readonly share?: number;
  /** Bytes of memory that may still be used; Infinity where unknown. */
  readonly memoryFree: number;
}

export interface PeOptions {
  readonly id: number;
  readonly pes: number;
  /** PEs of a node runtime; the last node may have fewer. */
  readonly pesPerNode: number;
  readonly args: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
  readonly link: Link;
  readonly host: PeHost;
  readonly queue: TaskQueue;
  readonly registry: Registry;
  /** Hears of what happens here. */
  readonly trace?: TraceSink;
  /** Decides where chares go that are created without a place. */
  readonly seedBalancer: SeedStrategy;
  /** Without it elements move only by themselves. */
  readonly balancing?: Balancing;
  /** Two words that a supervisor can read: which entry runs on which index, for the report if the PE dies. */
  readonly progress?: Int32Array;
  /** Memory that the PEs of a node runtime share. */
  readonly heap: () => SharedHeap;
  /** PEs of one thread may share one: a frame is built and sent without interruption. Default: an own one. */
  readonly writer?: Writer;
}
