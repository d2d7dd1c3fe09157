/**
 * The network of a simulated job: what happens to frames between their PEs, by LogGP (network-description.ts).
 *
 * A frame between PEs of different hosts goes through three events:
 *  1. its sender has spent the overhead: the adapter takes it as soon as it has sent what came before;
 *  2. its head is at the receiver's adapter, after latency and switches: that adapter takes it as soon as it is free;
 *  3. its last byte is there: it lies in the inbox of the PE, which spends the overhead when it polls.
 *
 * On a faulty network frames between nodes go through the reliable protocol (faults/reliable-links.ts): a frame is offered to
 * its channel when its sender has spent the overhead, and what takes the three steps are that channel's packets.
 *
 * Contention is resolved in the order of virtual time, since each step is an event. Frames of one pair of PEs keep their
 * order: each pair of hosts has one latency and one way, and all queues on it are first come, first served.
 */
import type { Link } from '../../core/message/transport.ts';
import type { FrameMemory } from '../../core/pup/frame-memory.ts';
import { Reader } from '../../core/pup/reader.ts';
import { FrameStore, StoredFrame } from '../frames/frame-store.ts';
import type { EventQueue, SimEvent } from './event-queue.ts';
import type { HeartbeatOptions } from './faults/fault-options.ts';
import type { PacketFaults } from './faults/packet-faults.ts';
import { type PacketCarrier, ReliableLinks } from './faults/reliable-links.ts';
import type { LinkDescription, NetworkDescription } from './network-description.ts';
import type { RunHash } from './run-hash.ts';
import { type Route, Switches } from './switches.ts';

/** A PE as the network sees it. */
export interface SimEnd {
  /** Its own time: virtual time, or later while it computes. */
  readonly now: number;
  /** Time of its processor that a message takes. */
  spend(seconds: number): void;
  /** Something has arrived, in an event in which no PE has its turn. */
  arrived(): void;
}

export interface SimNetworkOptions {
  readonly pes: number;
  readonly pesPerNode: number;
  readonly network: NetworkDescription;
  readonly queue: EventQueue;
  readonly hash: RunHash;
  readonly faults?: NetworkFaults;
}

/** A network that is faulty. */
export interface NetworkFaults {
  readonly packets: PacketFaults;
  readonly seed: number;
  readonly heartbeat: HeartbeatOptions;
}

/** Bytes that wait at a PE before its senders on a faulty network must wait. */
export const inboxBytesMax = 1 << 20;

/** LogGP in seconds. */
interface Level {
  readonly overhead: number;
  readonly gap: number;
  readonly perByte: number;
}

const microsecond = 1e-6;

function levelOf(link: LinkDescription): Level {
  return { overhead: link.overheadUs * microsecond, gap: link.gapUs * microsecond, perByte: 1 / link.bytesPerSecond };
}

type Stage = 'offering' | 'leaving' | 'entering' | 'arriving';

/** One frame on its way. One is made for each message, so its fields are few and plain (see core/pe/entry-task.ts). */
class Transit extends StoredFrame implements SimEvent {
  readonly from: number;
  readonly to: number;
  stage: Stage;
  /** A packet of the reliable protocol, and not a frame. */
  isPacket: boolean;
  /** Seconds that its bytes take through the narrowest part of its way. */
  seconds: number;
  /** Behind it in the inbox. */
  next: Transit | undefined;
  private readonly network: SimNetwork;

  constructor(network: SimNetwork, from: number, to: number) {
    super();
    this.network = network;
    this.from = from;
    this.to = to;
    this.stage = 'leaving';
    this.isPacket = false;
    this.seconds = 0;
    this.next = undefined;
  }

  fire(): void {
    this.network.advance(this);
  }
}

/** Frames that have arrived at a PE, in order. */
class Inbox {
  /** Of all its frames. */
  bytes = 0;
  #first: Transit | undefined = undefined;
  #last: Transit | undefined = undefined;

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  push(transit: Transit): void {
    this.bytes += transit.bytes;
    if (this.#last === undefined) this.#first = transit;
    else this.#last.next = transit;
    this.#last = transit;
  }

  shift(): Transit | undefined {
    const transit = this.#first;
    if (transit === undefined) return undefined;
    this.bytes -= transit.bytes;
    this.#first = transit.next;
    if (this.#first === undefined) this.#last = undefined;
    return transit;
  }
}

export class SimNetwork implements PacketCarrier {
  /** Frames received, and their bytes. */
  frames = 0;
  bytes = 0;
  /** Frames that were delivered although there was no room: should be none. */
  overfull = 0;
  /** Hosts that the job uses. */
  readonly hosts: number;
  readonly #queue: EventQueue;
  readonly #hash: RunHash;
  readonly #within: Level;
  readonly #latencyWithin: number;
  readonly #between: Level;
  readonly #latencyBetween: number;
  readonly #switches: Switches;
  readonly #hostOf: Int32Array;
  readonly #ends: SimEnd[] = [];
  readonly #inboxes: Inbox[] = [];
  /** When each host's adapter has sent, and has received, what it has been given. */
  readonly #sendFree: Float64Array;
  readonly #receiveFree: Float64Array;
  readonly #store = new FrameStore();
  readonly #reader = new Reader();
  readonly #pesPerNode: number;
  readonly #faults: PacketFaults | undefined;
  /** On a faulty network. */
  readonly links: ReliableLinks | undefined;
  readonly #crashed = new Set<number>();

  constructor({ pes, pesPerNode, network, queue, hash, faults }: SimNetworkOptions) {
    this.#pesPerNode = pesPerNode;
    this.#faults = faults?.packets;
    this.#queue = queue;
    this.#hash = hash;
    this.#within = levelOf(network.within);
    const { latencyUs } = network.within;
    this.#latencyWithin = (typeof latencyUs === 'number' ? latencyUs : latencyUs[0]) * microsecond;
    this.#between = levelOf(network.between);
    const { latencyUs: latencyBetween } = network.between;
    this.#latencyBetween = (typeof latencyBetween === 'number' ? latencyBetween : latencyBetween[1]) * microsecond;
    this.#hostOf = hostsOf(pes, pesPerNode, network);
    this.#switches = new Switches(network);
    const hosts = this.#hostOf.reduce((most, host) => Math.max(most, host + 1), 0);
    this.hosts = hosts;
    this.#sendFree = new Float64Array(hosts);
    this.#receiveFree = new Float64Array(hosts);
    const roundTripMs = roundTripMsOf(network);
    this.links = faults && new ReliableLinks({ ...faults, pes, queue, store: this.#store, carrier: this, roundTripMs });
  }

  hostOf(pe: number): number {
    return this.#hostOf[pe]!;
  }

  /** Connects the next PE, in the order of their numbers. */
  attach(end: SimEnd): Link {
    const pe = this.#ends.length;
    const inbox = new Inbox();
    this.#ends.push(end);
    this.#inboxes.push(inbox);
    return {
      send: (to, writer) => {
        const transit = new Transit(this, pe, to);
        this.#store.putWritten(writer, transit);
        this.#send(transit);
      },
      forward: (to, frame) => {
        const transit = new Transit(this, pe, to);
        this.#store.putRead(frame, transit);
        this.#send(transit);
      },
      poll: (receive, framesMax) => this.#poll(pe, inbox, receive, framesMax),
    };
  }

  hasFrames(pe: number): boolean {
    return !this.#inboxes[pe]!.isEmpty;
  }

  nodeOf(pe: number): number {
    return Math.floor(pe / this.#pesPerNode);
  }

  #send(transit: Transit): void {
    const { from, to } = transit;
    const end = this.#ends[from]!;
    if (this.links !== undefined) {
      if (this.#crashed.has(from)) return this.#store.release(transit);
      if (this.nodeOf(from) !== this.nodeOf(to)) {
        end.spend(this.#between.overhead);
        transit.stage = 'offering';
        return this.#queue.at(end.now, transit);
      }
    }
    if (this.#hostOf[from] !== this.#hostOf[to]) {
      end.spend(this.#between.overhead);
      this.#queue.at(end.now, transit);
      return;
    }
    end.spend(this.#within.overhead + transit.bytes * this.#within.perByte);
    transit.stage = 'arriving';
    this.#queue.at(end.now + this.#latencyWithin, transit);
  }

  /** The next step of a frame. */
  advance(transit: Transit): void {
    if (transit.stage === 'leaving') this.#leave(transit);
    else if (transit.stage === 'entering') this.#enter(transit);
    else if (transit.stage === 'arriving') this.#arrive(transit);
    else this.#offer(transit);
  }

  #leave(transit: Transit): void {
    const { bytes } = transit;
    const host = this.#hostOf[transit.from]!;
    const route: Route = this.#switches.route(
      host,
      this.#hostOf[transit.to]!,
      this.#take(this.#sendFree, host, bytes),
      bytes,
    );
    transit.seconds = Math.max(bytes * this.#between.perByte, route.seconds);
    transit.stage = 'entering';
    this.#queue.at(route.head, transit);
  }

  #enter(transit: Transit): void {
    const start = this.#take(this.#receiveFree, this.#hostOf[transit.to]!, transit.bytes);
    transit.stage = 'arriving';
    this.#queue.at(start + transit.seconds, transit);
  }

  #arrive(transit: Transit): void {
    const { to } = transit;
    if (transit.isPacket) {
      this.links!.receive(transit.from, to, transit.chunk.memory, transit.offset, transit.bytes);
      return this.#store.release(transit);
    }
    if (this.#crashed.has(to)) return this.#store.release(transit);
    this.#inboxes[transit.to]!.push(transit);
    this.#ends[transit.to]!.arrived();
  }

  // ---- on a faulty network ----

  #offer(transit: Transit): void {
    this.links!.send(transit.from, transit.to, transit);
    this.#store.release(transit);
  }

  carry(from: number, to: number, memory: FrameMemory, offset: number, bytes: number): void {
    const faults = this.#faults!;
    const { copies, isDamaged, delay } = faults.fateOf(this.nodeOf(from), this.nodeOf(to), this.#queue.now);
    for (let copy = 0; copy < copies; copy++) {
      const packet = new Transit(this, from, to);
      packet.isPacket = true;
      this.#store.putBytes(memory, offset, bytes, packet);
      if (isDamaged) {
        const { byte, mask } = faults.bitOf(bytes);
        packet.chunk.memory.bytes[packet.offset + byte]! ^= mask;
      }
      if (this.#hostOf[from] === this.#hostOf[to]) {
        packet.stage = 'arriving';
        this.#queue.at(this.#queue.now + this.#latencyWithin + delay, packet);
      } else this.#queue.at(this.#queue.now + delay, packet);
    }
  }

  hasRoom(to: number): boolean {
    return this.#inboxes[to]!.bytes < inboxBytesMax;
  }

  deliver(from: number, to: number, memory: FrameMemory, offset: number, bytes: number): void {
    const transit = new Transit(this, from, to);
    transit.stage = 'arriving';
    if (!this.hasRoom(to)) this.overfull++;
    this.#store.putBytes(memory, offset, bytes, transit);
    this.#arrive(transit);
  }

  /** A small message between the communication threads of two nodes, which the PEs do not see. It may get lost. */
  sendWord(from: number, to: number, action: () => void): void {
    const { copies, isDamaged, delay } = this.#faults!.fateOf(from, to, this.#queue.now);
    const latency = this.#latencyBetween + delay;
    for (let copy = 0; copy < copies && !isDamaged; copy++) this.#queue.later(latency, action);
  }

  /** Nothing reaches this PE any more, nor leaves it. */
  crash(pe: number): void {
    this.#crashed.add(pe);
    this.links?.crash(pe);
    const inbox = this.#inboxes[pe]!;
    for (let transit = inbox.shift(); transit !== undefined; transit = inbox.shift()) this.#store.release(transit);
  }

  /** A PE that crashed is there again, as a new incarnation, and greets another. */
  restart(pe: number, other: number): void {
    this.links?.restart(pe);
    const greeting = new Transit(this, pe, other);
    this.#store.reserve(16, greeting);
    this.#offer(greeting);
  }

  /** A host's adapter takes a message as soon as it is free. Returns when. */
  #take(free: Float64Array, host: number, bytes: number): number {
    const start = Math.max(this.#queue.now, free[host]!);
    free[host] = start + Math.max(this.#between.gap, bytes * this.#between.perByte);
    return start;
  }

  #poll(pe: number, inbox: Inbox, receive: (frame: Reader) => void, framesMax: number): number {
    const end = this.#ends[pe]!;
    let count = 0;
    while (count < framesMax) {
      const transit = inbox.shift();
      if (transit === undefined) break;
      const { from, bytes } = transit;
      const isWithin = this.#hostOf[from] === this.#hostOf[pe];
      end.spend(isWithin ? this.#within.overhead : this.#between.overhead);
      this.#store.read(transit, this.#reader);
      this.frames++;
      this.bytes += bytes;
      this.#hash.add(end.now, (from << 16) ^ (pe << 8) ^ this.#reader.kind ^ (bytes << 4));
      receive(this.#reader);
      this.#store.release(transit);
      count++;
    }
    if (count > 0 && inbox.bytes < inboxBytesMax / 2) this.links?.resume(pe);
    return count;
  }
}

/** Milliseconds of a small message and its answer between two nodes of an idle network. */
export function roundTripMsOf({ between }: NetworkDescription): number {
  const { latencyUs, overheadUs, gapUs } = between;
  return (2 * ((typeof latencyUs === 'number' ? latencyUs : latencyUs[1]) + 2 * overheadUs + gapUs)) / 1000;
}

/** The host of each PE. */
export function hostsOf(pes: number, pesPerNode: number, { hosts }: NetworkDescription): Int32Array {
  const nodes = Math.ceil(pes / pesPerNode);
  return Int32Array.from({ length: pes }, (_, pe) => Math.floor(pe / pesPerNode) % (hosts ?? nodes));
}
