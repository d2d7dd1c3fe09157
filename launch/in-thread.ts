/**
 * Many PEs in one thread: a driver gives each PE that has something to do a turn. With a seed the order of turns is
 * random and repeatable; with `shuffle` each PE also picks its tasks at random (within what programs are promised).
 *
 * Determinism: everything but the program's own timers and I/O depends on the seed alone.
 */
import type { Balancing } from '../core/balance/balancing.ts';
import type { SeedStrategy } from '../core/balance/seed-balancer.ts';
import { systemClock } from '../core/base/clock.ts';
import { locate } from '../core/base/errors.ts';
import { SeededRandom } from '../core/base/random.ts';
import type { ProgramModule } from '../core/message/registry.ts';
import { Registry } from '../core/message/registry.ts';
import type { MessageCheckKind } from '../core/pe/message-check-kinds.ts';
import { Pe, type PeHost } from '../core/pe/pe.ts';
import type { TraceSink } from '../core/pe/trace-sink.ts';
import { LoopbackNetwork } from '../transports/loopback/loopback-network.ts';
import { acrossNodes } from '../transports/node-boundary.ts';
import type { BalancingHooks, BalancingOptions } from './balancing-options.ts';
import { inThreadBalancing } from './lazy-balancing.ts';
import { mainOf, startMain } from './main-task.ts';
import { makeQueue } from './make-queue.ts';
import { oneHeap } from './one-heap.ts';
import { OutsideWork } from './outside-work.ts';
import { defaultSeedBalancer, seedStrategyNamed } from './seed-strategy.ts';
import { spin } from './spin.ts';

export interface InThreadOptions extends BalancingOptions, BalancingHooks {
  /** The exports of a program module: main as `default` or `main`, chare classes, reducers, placements, readonlies. */
  readonly program: ProgramModule;
  readonly pes: number;
  /** Process size: PEs per node runtime. Default: all PEs are one node. */
  readonly pesPerNode?: number;
  readonly args?: readonly string[];
  /** Without a seed PEs take turns in order. */
  readonly seed?: number;
  /** Pick tasks at random too. */
  readonly shuffle?: boolean;
  /** Compare messages with what they were when they were sent, and `freeze` what can be; for tests. See docs/testing.md. */
  readonly checkMessages?: MessageCheckKind;
  /** Makes what watches a PE. */
  readonly trace?: (pe: number) => TraceSink;
  /** Where chares go that are created without a place: a name of docs/seed-balancers.md, or your own. Default: `random`. */
  readonly seedBalancer?: string | SeedStrategy;
}

export interface InThreadResult {
  readonly exitCode: number;
  /** Why the job failed. */
  readonly error: unknown;
  /** Messages and broadcasts processed, on all PEs. */
  readonly messages: number;
  /** Frames that went from one PE to another. */
  readonly frames: number;
  /** How many of them went to another node. */
  readonly framesBetweenNodes: number;
}

/** Runs a program to its end; never throws for a failed job. */
export async function runInThread(options: InThreadOptions): Promise<InThreadResult> {
  try {
    return await new Driver(options, await inThreadBalancing(options)).run();
  } catch (error) {
    // The program itself can't be used: no main, a class with a forbidden method name.
    return { exitCode: 1, error, messages: 0, frames: 0, framesBetweenNodes: 0 };
  }
}

/** PEs that have something to do; drawing one is O(1). */
class ReadySet {
  readonly #items: number[] = [];
  readonly #position: Int32Array;

  constructor(pes: number) {
    this.#position = new Int32Array(pes).fill(-1);
  }

  get size(): number {
    return this.#items.length;
  }

  add(pe: number): void {
    if (this.#position[pe] !== -1) return;
    this.#position[pe] = this.#items.length;
    this.#items.push(pe);
  }

  at(i: number): number {
    return this.#items[i]!;
  }

  remove(pe: number): void {
    const position = this.#position[pe]!;
    const last = this.#items.pop()!;
    if (last !== pe) {
      this.#items[position] = last;
      this.#position[last] = position;
    }
    this.#position[pe] = -1;
  }
}

/** Turns between two trips through the event loop. */
const turnsPerTrip = 4096;

class Driver {
  readonly #pes: Pe[] = [];
  readonly #ready: ReadySet;
  readonly #network: LoopbackNetwork;
  readonly #random: SeededRandom | undefined;
  readonly #outsideWork = new OutsideWork();
  #next = 0;
  readonly #timers = new Set<NodeJS.Timeout>();
  #end: { readonly exitCode: number; readonly error: unknown } | undefined = undefined;
  #wake: (() => void) | undefined = undefined;

  constructor(options: InThreadOptions, balancing: Balancing) {
    const { program, pes, seed } = options;
    this.#ready = new ReadySet(pes);
    this.#random = seed === undefined ? undefined : new SeededRandom(seed);
    const registry = new Registry(program);
    const pesPerNode = options.pesPerNode ?? pes;
    this.#network = new LoopbackNetwork(pes, pesPerNode, (to) => this.#touch(to));
    const { seedBalancer = defaultSeedBalancer } = options;
    const strategy = typeof seedBalancer === 'string' ? seedStrategyNamed(seedBalancer) : seedBalancer;
    const heap = oneHeap();
    for (let id = 0; id < pes; id++) {
      const random = new SeededRandom(seed ?? 0, id + 1);
      const node = Math.floor(id / pesPerNode);
      const queue = makeQueue(
        options.shuffle === true ? new SeededRandom(seed ?? 0, pes + id + 1) : undefined,
        options.checkMessages,
      );
      const pe = new Pe({
        id,
        pes,
        pesPerNode,
        args: options.args ?? [],
        clock: systemClock,
        random,
        link: acrossNodes(this.#network.link(id), heap, (to) => Math.floor(to / pesPerNode) === node),
        heap,
        host: this.#hostOf(id),
        queue,
        registry,
        ...(options.trace === undefined ? {} : { trace: options.trace(id) }),
        seedBalancer: strategy,
        balancing,
      });
      this.#pes.push(pe);
      // It is idle, which a balancer may want to hear.
      if (pe.seeds.areMovable) this.#ready.add(id);
    }
    startMain(this.#pes[0]!, mainOf(program, 'the program'));
  }

  #hostOf(id: number): PeHost {
    return {
      exit: (exitCode) => this.#finish(exitCode, undefined),
      fail: (error) => this.#finish(1, locate(error, { pe: id })),
      wake: () => this.#touch(id),
      after: (delayMs, action) => {
        const timer = setTimeout(() => {
          this.#timers.delete(timer);
          action();
          this.#touch(id);
        }, delayMs);
        this.#timers.add(timer);
        return () => {
          clearTimeout(timer);
          this.#timers.delete(timer);
        };
      },
      work: (seconds) => spin(systemClock, seconds),
      // One thread is busy for all of them: who would be idle can't be told.
      vitals: () => ({ idleSeconds: Number.NaN, speed: 1, memoryFree: Number.POSITIVE_INFINITY }),
      // Work in the thread pool is in no list; if it is tracked, we know of it nevertheless.
      hasOutsideWork: () => this.#timers.size > 0 || this.#pes[id]!.trackedCount > 0 || this.#outsideWork.isOpen(),
    };
  }

  #finish(exitCode: number, error: unknown): void {
    this.#end ??= { exitCode, error };
    for (const pe of this.#pes) pe.isStopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#wake?.();
  }

  #touch(pe: number): void {
    this.#ready.add(pe);
    this.#wake?.();
  }

  async run(): Promise<InThreadResult> {
    for (let turns = 0; this.#end === undefined; turns++) {
      if (this.#ready.size === 0) await this.#idle();
      else {
        const pe = this.#pes[this.#choose()]!;
        this.#ready.remove(pe.id);
        pe.runSome(1);
        if (pe.queue.length > 0 || this.#network.hasFrames(pe.id)) this.#ready.add(pe.id);
        else pe.rest();
        if (pe.needsTurn) {
          pe.needsTurn = false;
          await eventLoopTurn();
        } else if (turns % turnsPerTrip === 0) await eventLoopTurn();
      }
    }
    const messages = this.#pes.reduce((sum, pe) => sum + pe.processed, 0);
    const { frames, framesBetweenNodes } = this.#network;
    return { ...this.#end, messages, frames, framesBetweenNodes };
  }

  #choose(): number {
    const { size } = this.#ready;
    if (this.#random !== undefined) return this.#ready.at(this.#random.below(size));
    this.#next = (this.#next + 1) % size;
    return this.#ready.at(this.#next);
  }

  /** Nobody has anything to do: let promises, timers and I/O have their turn, then detection, then wait. */
  async #idle(): Promise<void> {
    await eventLoopTurn();
    if (this.#ready.size > 0) return;
    for (const pe of this.#pes) pe.quiescence.onIdle();
    if (this.#ready.size > 0 || this.#end !== undefined) return;
    this.#pes[0]!.quiescence.checkStuck();
    for (const pe of this.#pes) pe.quiescence.onIdle();
    if (this.#ready.size > 0 || this.#end !== undefined) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      // Work outside the counters may end without waking anyone.
      setTimeout(resolve, outsidePollMs).unref();
    });
    this.#wake = undefined;
  }
}

const outsidePollMs = 50;

function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
