/**
 * Runs a program on simulated PEs in virtual time, all in one thread: the same core as everywhere, with a network, a
 * clock and processors that are simulated.
 *
 * Determinism: with declared costs a run is a function of the program, its arguments, the machine and the seed, as long
 * as the program itself uses no timers, I/O, clock or randomness but the runtime's. The hash of the run shows it.
 */
import type { Balancing, LbStep } from '../../core/balance/balancing.ts';
import type { SeedStrategy } from '../../core/balance/seed-balancer.ts';
import type { LbStatistics } from '../../core/balance/strategy.ts';
import { systemClock } from '../../core/base/clock.ts';
import { UsageError } from '../../core/base/errors.ts';
import { SeededRandom } from '../../core/base/random.ts';
import { type ProgramModule, Registry } from '../../core/message/registry.ts';
import type { MessageCheckKind } from '../../core/pe/message-check-kinds.ts';
import { Pe } from '../../core/pe/pe.ts';
import type { TraceSink } from '../../core/pe/trace-sink.ts';
import { Writer } from '../../core/pup/writer.ts';
import { acrossNodes } from '../../transports/node-boundary.ts';
import { EventQueue } from '../../transports/sim/event-queue.ts';
import {
  drawFaults,
  type FaultOptions,
  type FaultSettings,
  faultStream,
  noFaults,
  withSettings,
} from '../../transports/sim/faults/fault-options.ts';
import { PacketFaults } from '../../transports/sim/faults/packet-faults.ts';
import type { MemoryDescription, NetworkDescription } from '../../transports/sim/network-description.ts';
import { RunHash } from '../../transports/sim/run-hash.ts';
import { roundTripMsOf, SimNetwork } from '../../transports/sim/sim-network.ts';
import type { BalancingHooks, BalancingOptions } from '../balancing-options.ts';
import { inThreadBalancing } from '../lazy-balancing.ts';
import { mainOf, startMain } from '../main-task.ts';
import { makeQueue } from '../make-queue.ts';
import { oneHeap } from '../one-heap.ts';
import { prepareJob, type RankOptions } from '../rank-program.ts';
import { defaultSeedBalancer, seedStrategyNamed } from '../seed-strategy.ts';
import { SimSummary } from '../trace/sim-summary.ts';
import { SimTrace, type SimTraceOptions } from '../trace/sim-trace.ts';
import { SimulationChecks } from './checkers/index.ts';
import { Core } from './core.ts';
import { type FaultReport, FaultRun } from './faults/fault-run.ts';
import { HostMemory } from './host-memory.ts';
import { resolveNetwork } from './network-file.ts';
import { hasDiskFaults, SimDisk } from './sim-disk.ts';
import { type SimEndOfRun, SimLoop } from './sim-loop.ts';
import { SpeedProfile } from './speed-profile.ts';
import { type Measure, VirtualPe } from './virtual-pe.ts';

export interface SimulationOptions extends BalancingOptions, BalancingHooks {
  /** A program file, or the exports of a program module. */
  readonly program: string | URL | ProgramModule;
  /** The file is an MPI program: its main runs on each of so many ranks. */
  readonly ranks?: RankOptions;
  readonly pes: number;
  /** Default: the network's. */
  readonly pesPerNode?: number;
  /** A description, the name of one that ships, or a JSON file. Default: ethernet100g. */
  readonly network?: string | NetworkDescription;
  readonly args?: readonly string[];
  /** Seed of everything that is drawn. Default: 1. */
  readonly seed?: number;
  /**
   * What computing costs: only what the program declares with `charm.work` (default), or also what entry methods take
   * here and now, which is different each time.
   */
  readonly cost?: 'declared' | 'measured';
  /** Measured time is multiplied by this; 2 simulates PEs half as fast as this machine. Default: 1. */
  readonly scale?: number;
  /** Pick tasks at random. */
  readonly shuffle?: boolean;
  /** Compare messages with what they were when they were sent, and `freeze` what can be; for tests. See docs/testing.md. */
  readonly checkMessages?: MessageCheckKind;
  /** Where chares go that are created without a place: a name of docs/seed-balancers.md, or your own. Default: `random`. */
  readonly seedBalancer?: string | SeedStrategy;
  /** Makes what watches a PE, given its number and a function that tells virtual seconds there. */
  readonly trace?: (pe: number, now: () => number) => TraceSink;
  /** Records the run, in virtual time, into this directory: see docs/projections.md. A trace that is there is replaced. */
  readonly traceDirectory?: string;
  /** Of the run only a summary is kept there, whose size does not depend on the number of messages. */
  readonly traceSummary?: boolean;
  /**
   * Faults: `{}` for faults that are drawn from the seed, in all; what is given stands instead of what was drawn, or, with
   * `draw: false`, alone. See docs/simulator.md.
   */
  readonly faults?: FaultSettings & { readonly draw?: boolean };
  /**
   * What is on the disk at the start, by path. With it, with `disk` in the network's description, or with faults of disks, the
   * files of charm4ts/io are on a simulated disk; otherwise they are those of this machine.
   */
  readonly files?: ReadonlyMap<string, Uint8Array>;
  /** Watches the invariants of docs/simulator.md; a run in which one does not hold fails. */
  readonly check?: boolean;
  /** Ends the run early. */
  readonly signal?: AbortSignal;
}

export interface SimulationResult {
  readonly exitCode: number;
  /** Why the job failed; undefined if it did not. */
  readonly error: unknown;
  /** Virtual time of the end. */
  readonly seconds: number;
  /** Messages and broadcasts processed, on all PEs. */
  readonly messages: number;
  /** Frames between PEs, and their bytes. */
  readonly frames: number;
  readonly bytes: number;
  /** Seconds that each PE was busy. */
  readonly busySeconds: Float64Array;
  /** Work that the program has declared, all PEs together. */
  readonly declaredSeconds: number;
  readonly nodes: number;
  readonly hosts: number;
  /** Events of virtual time. */
  readonly events: number;
  /** Equal for equal runs, on any machine. */
  readonly hash: string;
  /** What is on the simulated disk in the end; undefined without one. */
  readonly files: ReadonlyMap<string, Uint8Array> | undefined;
  /** What went wrong on purpose; undefined without faults. */
  readonly faults: FaultReport | undefined;
}

const pesMax = 1 << 20;

/** Runs a program to its end; never throws for a failed job. @throws UsageError for bad options; CharmError for a program that can't be loaded. */
export async function runSimulated(options: SimulationOptions): Promise<SimulationResult> {
  const network = await resolveNetwork(options.network ?? 'ethernet100g');
  const pesPerNode = options.pesPerNode ?? network.pesPerNode ?? options.pes;
  check(options, pesPerNode);
  const program = await load(options);
  return new Simulation(options, program, network, pesPerNode, await inThreadBalancing(options)).run();
}

function check({ pes, scale, seed }: SimulationOptions, pesPerNode: number): void {
  if (!Number.isInteger(pes) || pes < 1 || pes > pesMax)
    throw new UsageError(`pes must be an integer from 1 to ${pesMax}, not ${pes}`);
  if (!Number.isInteger(pesPerNode) || pesPerNode < 1)
    throw new UsageError(`pesPerNode must be an integer, 1 or more, not ${pesPerNode}`);
  if (scale !== undefined && !(scale >= 0 && Number.isFinite(scale)))
    throw new UsageError(`scale must be a number, 0 or more, not ${scale}`);
  if (seed !== undefined && !Number.isSafeInteger(seed)) throw new UsageError(`seed must be an integer, not ${seed}`);
}

async function load({ program, ranks }: SimulationOptions): Promise<ProgramModule> {
  if (typeof program !== 'string' && !(program instanceof URL)) return program;
  return (await import(await prepareJob(program, ranks))) as ProgramModule;
}

/** What a strategy takes for each object and each edge: the most that those here take, docs/load-balancing-strategies.md. */
const strategySecondsEach = 1e-6;

class Simulation {
  readonly #queue = new EventQueue();
  readonly #hash = new RunHash();
  readonly #pes: VirtualPe[] = [];
  readonly #network: SimNetwork;
  readonly #loop: SimLoop;
  readonly #nodes: number;
  readonly #disk: SimDisk | undefined;
  readonly #record: SimTrace | SimSummary | undefined;
  readonly #checks: SimulationChecks | undefined;

  constructor(
    options: SimulationOptions,
    program: ProgramModule,
    network: NetworkDescription,
    pesPerNode: number,
    balancing: Balancing,
  ) {
    const { pes, seed = 1, args = [], scale = 1, trace, seedBalancer = defaultSeedBalancer } = options;
    const strategy = typeof seedBalancer === 'string' ? seedStrategyNamed(seedBalancer) : seedBalancer;
    const measure = options.cost === 'measured' ? { clock: systemClock, scale } : undefined;
    this.#nodes = Math.ceil(pes / pesPerNode);
    this.#loop = new SimLoop(this.#queue, this.#hash, this.#pes, options.signal);
    const faults = options.faults && faultsOf(options.faults, seed, roundTripMsOf(network));
    const packets = faults && new PacketFaults(faults, new SeededRandom(seed, faultStream + 2), this.#nodes);
    this.#network = new SimNetwork({
      pes,
      pesPerNode,
      network,
      queue: this.#queue,
      hash: this.#hash,
      ...(packets === undefined ? {} : { faults: { packets, seed, heartbeat: faults!.heartbeat } }),
    });
    const disk = diskOf(options, network, faults, seed);
    this.#disk = disk;
    const checks = options.check === true ? new SimulationChecks(this.#network) : undefined;
    this.#checks = checks;
    const registry = new Registry(program);
    const main = mainOf(program, 'the program');
    const writer = new Writer(registry.classes);
    const progress = new Int32Array(4);
    const { traceDirectory: directory } = options;
    const name = typeof options.program === 'string' || options.program instanceof URL ? options.program : 'program';
    if (directory !== undefined) {
      const recorded: SimTraceOptions = { directory, program: name, args, registry, pes, pesPerNode };
      this.#record = options.traceSummary === true ? new SimSummary(recorded) : new SimTrace(recorded);
    }
    const hosts = new Hosts(this.#network, this.#queue, network);
    const heap = oneHeap();
    for (let id = 0; id < pes; id++) {
      const node = Math.floor(id / pesPerNode);
      const virtual: VirtualPe = new VirtualPe({
        id,
        loop: this.#loop,
        network: this.#network,
        core: hosts.coreOf(id),
        speed: new SpeedProfile(id, network.speeds),
        taskSeconds: (network.taskUs ?? 0.1) * 1e-6,
        measure,
        memory: hosts.memoryOf(id),
        disk: disk && ((user) => disk.accessOf(user, this.#network.hostOf(id), node)),
        trace: this.#watcherOf(id, trace, () => virtual),
      });
      virtual.adopt(
        new Pe({
          id,
          pes,
          pesPerNode,
          args,
          clock: virtual.clock,
          random: new SeededRandom(seed, id + 1),
          link: acrossNodes(this.#network.attach(virtual), heap, (to) => Math.floor(to / pesPerNode) === node),
          heap,
          host: virtual,
          queue: makeQueue(
            options.shuffle === true ? new SeededRandom(seed, pes + id + 1) : undefined,
            options.checkMessages,
          ),
          registry,
          writer,
          progress,
          seedBalancer: strategy,
          balancing: this.#charged(balancing, measure),
          ...(virtual.trace === undefined ? {} : { trace: virtual.trace }),
        }),
      );
      this.#pes.push(virtual);
      // It is idle, which a balancer may want to hear.
      if (virtual.pe.seeds.areMovable) virtual.wake();
    }
    checks?.watch(this.#pes.map(({ pe }) => pe));
    startMain(this.#pes[0]!.pe, main);
    if (faults === undefined || packets === undefined) return;
    const { [0]: first } = this.#pes;
    this.#loop.faults = new FaultRun({
      options: faults,
      seed,
      pes: this.#pes,
      nodes: this.#nodes,
      queue: this.#queue,
      network: this.#network,
      packets,
      disk,
      fail: (error) => this.#loop.finish(1, error, Math.max(first!.now, this.#queue.now)),
    });
    this.#loop.faults.start();
  }

  /** Whatever watches a PE. */
  #watcherOf(id: number, trace: SimulationOptions['trace'], virtual: () => VirtualPe): TraceSink | undefined {
    const now = (): number => virtual().now;
    const watcher = trace?.(id, now) ?? this.#record?.recordingOf(id, now, () => virtual().pe.queue.length);
    return this.#checks?.sinkOf(id, watcher) ?? watcher;
  }

  /** The strategy's time is modelled, unless it is measured like everything else. */
  #charged(plain: Balancing, measure: Measure | undefined): Balancing {
    const checks = this.#checks;
    const onStep = (step: LbStep): void => {
      checks?.balancing.step(step);
      plain.onStep?.(step);
    };
    const balancing = checks === undefined ? plain : { ...plain, onStep };
    if (measure !== undefined) return balancing;
    const charge = ({ objects, edges }: LbStatistics): void =>
      this.#pes[0]!.spend((objects.count + edges.count) * strategySecondsEach);
    const changed = async (names: readonly string[]): Promise<Balancing> =>
      this.#charged(await balancing.changed(names), measure);
    return { ...balancing, charge, changed };
  }

  /** A run that broke an invariant has failed, whatever else it says. */
  #checked(end: SimEndOfRun): SimEndOfRun {
    const checks = this.#checks;
    if (checks === undefined) return end;
    const pes = this.#pes.map(({ pe }) => pe);
    checks.ended({ pes, isClean: end.error === undefined && this.#loop.faults?.hasLoss !== true });
    const { error } = checks;
    return error === undefined ? end : { ...end, exitCode: 1, error };
  }

  async run(): Promise<SimulationResult> {
    const end = this.#checked(await this.#loop.run());
    await this.#record?.close();
    return {
      ...end,
      messages: this.#pes.reduce((sum, { pe }) => sum + pe.processed, 0),
      frames: this.#network.frames,
      bytes: this.#network.bytes,
      busySeconds: Float64Array.from(this.#pes, ({ busySeconds }) => busySeconds),
      declaredSeconds: this.#pes.reduce((sum, { declaredSeconds }) => sum + declaredSeconds, 0),
      nodes: this.#nodes,
      hosts: this.#network.hosts,
      events: this.#queue.fired,
      hash: this.#hash.toString(),
      files: this.#disk?.files,
      faults: this.#loop.faults?.report,
    };
  }
}

/** The faults of a run. @throws UsageError that names what is wrong. */
function faultsOf(
  { draw = true, ...settings }: SimulationOptions['faults'] & object,
  seed: number,
  rttMs: number,
): FaultOptions {
  return withSettings(draw ? drawFaults(seed, rttMs) : noFaults, settings);
}

/** The disk, if anything says that it is simulated. */
function diskOf(
  { files }: SimulationOptions,
  { disk }: NetworkDescription,
  faults: FaultOptions | undefined,
  seed: number,
): SimDisk | undefined {
  const diskFaults = faults?.disk ?? noFaults.disk;
  if (files === undefined && disk === undefined && !hasDiskFaults(diskFaults)) return undefined;
  return new SimDisk(disk, diskFaults, new SeededRandom(seed, faultStream + 3), files);
}

/** Hands out what PEs have of their hosts: a core, the next and round again, and the memory, which they share. */
class Hosts {
  readonly #network: SimNetwork;
  readonly #queue: EventQueue;
  readonly #perHost: number | undefined;
  readonly #cores: Core[][] = [];
  readonly #given: number[] = [];
  readonly #memories: HostMemory[] = [];
  readonly #memory: MemoryDescription | undefined;

  constructor(network: SimNetwork, queue: EventQueue, { coresPerHost, memory }: NetworkDescription) {
    this.#network = network;
    this.#queue = queue;
    this.#perHost = coresPerHost;
    this.#memory = memory;
  }

  memoryOf(pe: number): HostMemory {
    const host = this.#network.hostOf(pe);
    this.#memories[host] ??= new HostMemory(this.#memory);
    return this.#memories[host];
  }

  coreOf(pe: number): Core {
    if (this.#perHost === undefined) return new Core(this.#queue);
    const host = this.#network.hostOf(pe);
    this.#cores[host] ??= Array.from({ length: this.#perHost }, () => new Core(this.#queue));
    const cores = this.#cores[host];
    const given = this.#given[host] ?? 0;
    this.#given[host] = given + 1;
    return cores[given % cores.length]!;
  }
}
