/**
 * Carries out the faults of a simulated run.
 *
 *  1. Safety phase: clogs, partitions, slow PEs, pauses and leaps of clocks come and go at drawn moments; crashes and lasting
 *     cuts at theirs. What happens to single packets is drawn as they leave (transports/sim/faults/packet-faults.ts).
 *  2. At `untilMs` all of it ends but crashes and lasting cuts: the liveness phase. The program must end within
 *     `livenessEvents` events; otherwise the run fails with a description of where everything stands.
 *
 * Nobody waits for these events: they happen while the job goes on, or when it has nothing left to do but hangs.
 */
import { CharmError } from '../../../core/base/errors.ts';
import { SeededRandom } from '../../../core/base/random.ts';
import { describeWaits } from '../../../core/pe/describe-waits.ts';
import type { EventQueue } from '../../../transports/sim/event-queue.ts';
import { type FaultOptions, faultStream } from '../../../transports/sim/faults/fault-options.ts';
import type { FaultCounts, PacketFaults } from '../../../transports/sim/faults/packet-faults.ts';
import type { SimNetwork } from '../../../transports/sim/sim-network.ts';
import type { DiskCounts, SimDisk } from '../sim-disk.ts';
import type { VirtualPe } from '../virtual-pe.ts';
import { Watch } from './watch.ts';

export interface FaultRunOptions {
  readonly options: FaultOptions;
  readonly seed: number;
  readonly pes: readonly VirtualPe[];
  readonly nodes: number;
  readonly queue: EventQueue;
  readonly network: SimNetwork;
  readonly packets: PacketFaults;
  readonly disk: SimDisk | undefined;
  /** Ends the job. */
  readonly fail: (error: unknown) => void;
}

/** What came of it. */
export interface FaultReport {
  readonly options: FaultOptions;
  readonly packets: FaultCounts;
  /** Of the simulated disk, if there is one. */
  readonly disk: DiskCounts | undefined;
  /** Packets sent again; that came twice; dropped for their check sum; of another incarnation. */
  readonly protocol: {
    readonly repeats: number;
    readonly doubles: number;
    readonly damaged: number;
    readonly strange: number;
  };
  /** What happened and when, the first of it. */
  readonly log: readonly string[];
  readonly isLossReal: boolean;
}

const logMax = 200;
const waitsMax = 20;

export class FaultRun {
  readonly #o: FaultRunOptions;
  readonly #random: SeededRandom;
  readonly #log: string[] = [];
  readonly #watch: Watch;
  /** What ends with the safety phase. */
  readonly #undo = new Set<() => void>();
  #isOver = false;
  #firedAtEnd = 0;

  constructor(options: FaultRunOptions) {
    this.#o = options;
    this.#random = new SeededRandom(options.seed, faultStream + 1);
    const { queue, nodes, network, fail } = options;
    this.#watch = new Watch({
      nodes,
      heartbeat: options.options.heartbeat,
      queue,
      network,
      random: this.#random,
      nodeOf: (pe) => network.nodeOf(pe),
      stopNode: (node) => this.#stopNode(node),
      log: (text) => this.#note(text),
      fail,
    });
  }

  start(): void {
    const { options, queue, nodes } = this.#o;
    const { clog, partition, slow, pause, clockJump } = options;
    if (nodes > 1) {
      this.#recur(clog.everyMs, () => this.#clog(this.#span(clog.meanMs)));
      this.#recur(partition.everyMs, () => this.#partition(this.#span(partition.meanMs)));
      if (options.cutMs >= 0) this.#once(options.cutMs, () => this.#cutForEver());
    }
    this.#recur(slow.everyMs, () => this.#slow(this.#span(slow.meanMs), slow.factor));
    this.#recur(pause.everyMs, () => this.#pause(this.#span(pause.meanMs)));
    this.#recur(clockJump.everyMs, () => this.#leap(this.#random.next() * clockJump.maxMs));
    if (options.peCrashMs >= 0) this.#once(options.peCrashMs, () => this.#crashPe());
    if (options.nodeCrashMs >= 0) this.#once(options.nodeCrashMs, () => this.#crashNode());
    queue.later(options.untilMs / 1000, () => this.#heal());
    this.#watch.start();
  }

  /** A crash or lasting cut has happened: the job cannot end well any more. */
  get hasLoss(): boolean {
    return this.#watch.hasLoss;
  }

  get report(): FaultReport {
    const { options, packets, network, disk } = this.#o;
    const protocol = network.links!.counts;
    return { options, packets: packets.counts, disk: disk?.counts, protocol, log: this.#log, isLossReal: this.hasLoss };
  }

  /** Looks whether the liveness phase takes too long. */
  checkLiveness(): void {
    const { queue, options, fail } = this.#o;
    if (!this.#isOver || queue.fired - this.#firedAtEnd <= options.livenessEvents) return;
    const state = this.describe().map((line) => `\n  - ${line}`);
    fail(
      new CharmError(
        'ERR_STUCK',
        `${options.livenessEvents} events after the last fault the program has not ended.\nState:${state.join('')}\n` +
          'A larger faults.livenessEvents gives it more time.',
      ),
    );
  }

  /** Where everything stands. */
  describe(): string[] {
    const { pes, network } = this.#o;
    const lines = pes.flatMap(({ pe, isCrashed }) => {
      if (isCrashed) return `PE ${pe.id} has crashed`;
      const waits = describeWaits(pe, waitsMax);
      const isBusy = pe.queue.length > 0 || network.hasFrames(pe.id);
      return isBusy ? [`PE ${pe.id}: ${pe.queue.length} messages queued`, ...waits] : waits;
    });
    return [...lines, ...(network.links?.describe() ?? [])].slice(0, 4 * waitsMax);
  }

  // ---- drawing ----

  #note(text: string): void {
    if (this.#log.length < logMax) this.#log.push(`${(this.#o.queue.now * 1000).toFixed(3)} ms: ${text}`);
  }

  #exponential(mean: number): number {
    return -Math.log(1 - this.#random.next()) * mean;
  }

  /** Seconds that something lasts. No span is so long that somebody is taken for dead. */
  #span(meanMs: number): number {
    return Math.min(this.#exponential(meanMs), this.#o.options.heartbeat.deadMs / 2) / 1000;
  }

  #recur(everyMs: number, act: () => void): void {
    if (everyMs === 0) return;
    this.#o.queue.later(this.#exponential(everyMs) / 1000, () => {
      if (this.#isOver) return;
      act();
      this.#recur(everyMs, act);
    });
  }

  #once(atMs: number, act: () => void): void {
    this.#o.queue.later(atMs / 1000, () => {
      if (!this.#isOver) act();
    });
  }

  /** Undoes something after a time, or when the safety phase ends. */
  #for(seconds: number, undo: () => void): void {
    const once = (): void => {
      if (this.#undo.delete(once)) undo();
    };
    this.#undo.add(once);
    this.#o.queue.later(seconds, once);
  }

  #heal(): void {
    const { packets, queue } = this.#o;
    this.#isOver = true;
    this.#firedAtEnd = queue.fired;
    packets.isOver = true;
    if (this.#o.disk !== undefined) this.#o.disk.isOver = true;
    for (const undo of [...this.#undo]) undo();
    this.#note('the faults are over');
  }

  // ---- faults ----

  #clog(seconds: number): void {
    const { nodes, packets, queue } = this.#o;
    const from = this.#random.below(nodes);
    const to = (from + 1 + this.#random.below(nodes - 1)) % nodes;
    packets.clog(from, to, queue.now + seconds);
    this.#note(`the link from node ${from} to node ${to} is clogged for ${text(seconds)}`);
  }

  #partition(seconds: number): void {
    const { partition } = this.#o.options;
    const { nodes } = this.#o;
    const isIsolated = this.#random.next() < partition.isolate;
    const single = this.#random.below(nodes);
    const side = Array.from({ length: nodes }, (_, node) => (isIsolated ? node === single : this.#random.next() < 0.5));
    const isOneWay = this.#random.next() < partition.oneWay;
    const links = linksAcross(side, isOneWay);
    if (links.length === 0) return;
    this.#cut(links, seconds);
    const inside = side.flatMap((isIn, node) => (isIn ? [node] : []));
    const direction = isOneWay ? 'cannot send to' : 'are cut off from';
    this.#note(`nodes ${inside.join(', ')} ${direction} the others for ${text(seconds)}`);
  }

  #cut(links: readonly (readonly [number, number])[], seconds: number): void {
    const { packets } = this.#o;
    for (const [from, to] of links) packets.cut(from, to);
    this.#for(seconds, () => {
      for (const [from, to] of links) packets.mend(from, to);
    });
  }

  #cutForEver(): void {
    const { nodes, packets } = this.#o;
    const single = this.#random.below(nodes);
    const side = Array.from({ length: nodes }, (_, node) => node === single);
    const isOneWay = this.#random.next() < this.#o.options.partition.oneWay;
    for (const [from, to] of linksAcross(side, isOneWay)) packets.cut(from, to);
    this.#watch.hasLoss = true;
    this.#note(`node ${single} ${isOneWay ? 'cannot send to the others' : 'is cut off'} for ever`);
  }

  #slow(seconds: number, factor: number): void {
    const pe = this.#o.pes[this.#random.below(this.#o.pes.length)]!;
    pe.slowness = factor;
    this.#for(seconds, () => {
      pe.slowness = 1;
    });
    this.#note(`PE ${pe.id} is ${factor} times as slow for ${text(seconds)}`);
  }

  #pause(seconds: number): void {
    const node = this.#random.below(this.#o.nodes);
    for (const pe of this.#pesOf(node)) pe.pause(seconds);
    this.#watch.pause(node, seconds);
    this.#note(`node ${node} stands still for ${text(seconds)}`);
  }

  #leap(ms: number): void {
    const node = this.#random.below(this.#o.nodes);
    for (const pe of this.#pesOf(node)) pe.leapClock(ms);
    this.#watch.leapClock(node, ms);
    this.#note(`the clock of node ${node} leaps forward by ${text(ms / 1000)}`);
  }

  #pesOf(node: number): VirtualPe[] {
    return this.#o.pes.filter(({ id }) => this.#o.network.nodeOf(id) === node);
  }

  #crashPe(): void {
    const pe = this.#o.pes[this.#random.below(this.#o.pes.length)]!;
    if (pe.isCrashed) return;
    this.#note(`PE ${pe.id} crashes`);
    this.#stopPe(pe);
    this.#watch.peCrashed(pe.id);
    this.#planRestart([pe]);
  }

  #crashNode(): void {
    const node = this.#random.below(this.#o.nodes);
    this.#note(`node ${node} crashes`);
    this.#stopNode(node);
    this.#o.disk?.crash(node);
    this.#watch.nodeCrashed(node);
    this.#planRestart(this.#pesOf(node));
  }

  #stopNode(node: number): void {
    for (const pe of this.#pesOf(node)) this.#stopPe(pe);
  }

  #stopPe(pe: VirtualPe): void {
    pe.crash();
    this.#o.network.crash(pe.id);
  }

  /** What comes back knows nothing, greets the first PE of another node, and is refused. */
  #planRestart(crashed: readonly VirtualPe[]): void {
    const { options, network, pes, queue } = this.#o;
    if (options.restartMs < 0) return;
    queue.later(options.restartMs / 1000, () => {
      for (const { id } of crashed) {
        const other = pes.find((pe) => !pe.isCrashed && network.nodeOf(pe.id) !== network.nodeOf(id));
        if (other === undefined) continue;
        network.restart(id, other.id);
        this.#note(`PE ${id} starts again, as incarnation ${network.links!.incarnationOf(id)}`);
      }
    });
  }
}

function linksAcross(side: readonly boolean[], isOneWay: boolean): (readonly [from: number, to: number])[] {
  const links: (readonly [number, number])[] = [];
  for (const [from, isIn] of side.entries())
    for (const [to, isOtherIn] of side.entries()) if (isIn !== isOtherIn && (isIn || !isOneWay)) links.push([from, to]);
  return links;
}

function text(seconds: number): string {
  return seconds < 1 ? `${(seconds * 1000).toPrecision(3)} ms` : `${seconds.toPrecision(3)} s`;
}
