/**
 * The network of a simulated job: what happens to frames between their PEs, by LogGP (network-description.ts).
 *
 * A frame between PEs of different hosts goes through three events:
 *  1. its sender has spent the overhead: the adapter takes it as soon as it has sent what came before;
 *  2. its head is at the receiver's adapter, after latency and switches: that adapter takes it as soon as it is free;
 *  3. its last byte is there: it lies in the inbox of the PE, which spends the overhead when it polls.
 *
 * Contention is resolved in the order of virtual time, since each step is an event. Frames of one pair of PEs keep their
 * order: each pair of hosts has one latency and one way, and all queues on it are first come, first served.
 */
import type { Link } from '../../core/message/transport.ts';
import { Reader } from '../../core/pup/reader.ts';
import { FrameStore, StoredFrame } from '../frames/frame-store.ts';
import type { EventQueue, SimEvent } from './event-queue.ts';
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
}

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

type Stage = 'leaving' | 'entering' | 'arriving';

/** One frame on its way. One is made for each message, so its fields are few and plain (see core/pe/entry-task.ts). */
class Transit extends StoredFrame implements SimEvent {
  readonly from: number;
  readonly to: number;
  stage: Stage;
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
    this.seconds = 0;
    this.next = undefined;
  }

  fire(): void {
    this.network.advance(this);
  }
}

/** Frames that have arrived at a PE, in order. */
class Inbox {
  #first: Transit | undefined = undefined;
  #last: Transit | undefined = undefined;

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  push(transit: Transit): void {
    if (this.#last === undefined) this.#first = transit;
    else this.#last.next = transit;
    this.#last = transit;
  }

  shift(): Transit | undefined {
    const transit = this.#first;
    if (transit === undefined) return undefined;
    this.#first = transit.next;
    if (this.#first === undefined) this.#last = undefined;
    return transit;
  }
}

export class SimNetwork {
  /** Frames received, and their bytes. */
  frames = 0;
  bytes = 0;
  /** Hosts that the job uses. */
  readonly hosts: number;
  readonly #queue: EventQueue;
  readonly #hash: RunHash;
  readonly #within: Level;
  readonly #latencyWithin: number;
  readonly #between: Level;
  readonly #switches: Switches;
  readonly #hostOf: Int32Array;
  readonly #ends: SimEnd[] = [];
  readonly #inboxes: Inbox[] = [];
  /** When each host's adapter has sent, and has received, what it has been given. */
  readonly #sendFree: Float64Array;
  readonly #receiveFree: Float64Array;
  readonly #store = new FrameStore();
  readonly #reader = new Reader();

  constructor({ pes, pesPerNode, network, queue, hash }: SimNetworkOptions) {
    this.#queue = queue;
    this.#hash = hash;
    this.#within = levelOf(network.within);
    const { latencyUs } = network.within;
    this.#latencyWithin = (typeof latencyUs === 'number' ? latencyUs : latencyUs[0]) * microsecond;
    this.#between = levelOf(network.between);
    this.#hostOf = hostsOf(pes, pesPerNode, network);
    this.#switches = new Switches(network);
    const hosts = this.#hostOf.reduce((most, host) => Math.max(most, host + 1), 0);
    this.hosts = hosts;
    this.#sendFree = new Float64Array(hosts);
    this.#receiveFree = new Float64Array(hosts);
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

  #send(transit: Transit): void {
    const { from, to } = transit;
    const end = this.#ends[from]!;
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
    else this.#arrive(transit);
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
    this.#inboxes[transit.to]!.push(transit);
    this.#ends[transit.to]!.arrived();
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
    return count;
  }
}

/** The host of each PE. */
export function hostsOf(pes: number, pesPerNode: number, { hosts }: NetworkDescription): Int32Array {
  const nodes = Math.ceil(pes / pesPerNode);
  return Int32Array.from({ length: pes }, (_, pe) => Math.floor(pe / pesPerNode) % (hosts ?? nodes));
}
