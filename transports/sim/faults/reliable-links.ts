/**
 * The reliable protocol under the links of a simulated job whose network is faulty: one channel for each pair of PEs of
 * different nodes that talk, worked by the node's communication thread: it costs PEs no time and goes on while they
 * compute.
 *
 * Every incarnation of a PE has a nonce. All know the nonces of the first ones.
 */
import type { FrameMemory } from '../../../core/pup/frame-memory.ts';
import type { FrameStore, StoredFrame } from '../../frames/frame-store.ts';
import { type ChannelCounts, ReliableChannel } from '../../reliable/reliable-channel.ts';
import type { EventQueue } from '../event-queue.ts';
import type { HeartbeatOptions } from './fault-options.ts';

/** What the links need of the network. */
export interface PacketCarrier {
  /** Sends a packet on its way. */
  carry(from: number, to: number, memory: FrameMemory, offset: number, bytes: number): void;
  /** The inbox of PE `to` can take another frame. */
  hasRoom(to: number): boolean;
  /** A frame has come to PE `to`. */
  deliver(from: number, to: number, memory: FrameMemory, offset: number, bytes: number): void;
}

/** What links find out. */
export interface LinkWatcher {
  /** PE `pe` knows `peer` by another nonce than it has, so one of them has been replaced. */
  refused(pe: number, peer: number): void;
  silent(pe: number, peer: number, forMs: number): void;
}

export interface ReliableLinksOptions {
  readonly pes: number;
  readonly seed: number;
  readonly queue: EventQueue;
  readonly store: FrameStore;
  readonly carrier: PacketCarrier;
  /** Time of a packet and its answer through an idle network. */
  readonly roundTripMs: number;
  readonly heartbeat: HeartbeatOptions;
}

/** Bytes of data under way from one PE to another. */
export const windowBytes = 4 << 20;

export class ReliableLinks {
  readonly #options: ReliableLinksOptions;
  readonly #channels = new Map<number, ReliableChannel>();
  /** Incarnation of each PE, 1 at first. */
  readonly #incarnations = new Map<number, number>();
  readonly #dead = new Set<number>();
  /** Peers of each PE that wait for room in its inbox. */
  readonly #blocked = new Map<number, Set<number>>();
  watcher: LinkWatcher | undefined = undefined;

  constructor(options: ReliableLinksOptions) {
    this.#options = options;
  }

  /** A frame leaves `from` for `to`. */
  send(from: number, to: number, frame: StoredFrame): void {
    if (this.#dead.has(from)) return;
    this.#channel(from, to).sendBytes(frame.chunk.memory, frame.offset, frame.bytes);
  }

  /** A packet has come. */
  receive(from: number, to: number, memory: FrameMemory, offset: number, bytes: number): void {
    if (!this.#dead.has(to)) this.#channel(to, from).receive(memory, offset, bytes);
  }

  /** The inbox of `pe` has room again. */
  resume(pe: number): void {
    const blocked = this.#blocked.get(pe);
    if (blocked === undefined) return;
    this.#blocked.delete(pe);
    for (const peer of blocked) this.#channel(pe, peer).resume();
  }

  /** Nothing goes out of `pe` or comes in. */
  crash(pe: number): void {
    this.#dead.add(pe);
    for (const [id, channel] of this.#channels) {
      if (Math.floor(id / this.#options.pes) !== pe) continue;
      channel.close();
      this.#channels.delete(id);
    }
  }

  /** `pe` is there again, with nothing of what it knew. */
  restart(pe: number): void {
    this.#dead.delete(pe);
    this.#incarnations.set(pe, this.incarnationOf(pe) + 1);
  }

  incarnationOf(pe: number): number {
    return this.#incarnations.get(pe) ?? 1;
  }

  /** Sums over all channels. */
  get counts(): ChannelCounts {
    const sum = { repeats: 0, doubles: 0, damaged: 0, strange: 0 };
    for (const { counts } of this.#channels.values()) {
      sum.repeats += counts.repeats;
      sum.doubles += counts.doubles;
      sum.damaged += counts.damaged;
      sum.strange += counts.strange;
    }
    return sum;
  }

  /** Bytes that the channels hold and must not exceed their limits, largest first of each kind. */
  get held(): { readonly underWay: number; readonly early: number } {
    let [underWay, early] = [0, 0];
    for (const { held } of this.#channels.values()) {
      underWay = Math.max(underWay, held.underWay);
      early = Math.max(early, held.early);
    }
    return { underWay, early };
  }

  /** Lines about what is under way. */
  describe(): string[] {
    const { pes } = this.#options;
    return [...this.#channels].flatMap(([id, channel]) => {
      if (channel.isIdle) return [];
      const { underWay, backlog } = channel.held;
      return `PE ${Math.floor(id / pes)} to PE ${id % pes}: ${underWay} bytes not acknowledged, ${backlog} not sent`;
    });
  }

  #nonceOf(pe: number, incarnation: number): number {
    return Math.imul(pe + 1, 0x9e3779b1) ^ Math.imul(incarnation, 0x85ebca6b) ^ (this.#options.seed | 0);
  }

  #channel(pe: number, peer: number): ReliableChannel {
    const { pes, store, queue, carrier, roundTripMs, heartbeat } = this.#options;
    const id = pe * pes + peer;
    const known = this.#channels.get(id);
    if (known !== undefined) return known;
    const channel = new ReliableChannel(
      {
        now: () => queue.now * 1000,
        after: (delayMs, action) => queue.at(queue.now + delayMs / 1000, { fire: action }),
        transmit: (memory, offset, bytes) => carrier.carry(pe, peer, memory, offset, bytes),
        hasRoom: () => carrier.hasRoom(pe) || this.#block(pe, peer),
        deliver: (memory, offset, bytes) => carrier.deliver(peer, pe, memory, offset, bytes),
        refused: () => this.watcher?.refused(pe, peer),
        silent: (ms) => this.watcher?.silent(pe, peer, ms),
      },
      {
        localNonce: this.#nonceOf(pe, this.incarnationOf(pe)),
        peerNonce: this.#nonceOf(peer, 1),
        store,
        windowBytes,
        packetBytesMax: 1 << 16,
        acknowledgeMs: roundTripMs / 4,
        timeoutMs: { initial: 4 * roundTripMs, least: 2 * roundTripMs, most: Math.max(200, 16 * roundTripMs) },
        silentMs: heartbeat.deadMs,
        gapMs: heartbeat.gapMs,
      },
    );
    this.#channels.set(id, channel);
    return channel;
  }

  #block(pe: number, peer: number): boolean {
    const blocked = this.#blocked.get(pe);
    if (blocked === undefined) this.#blocked.set(pe, new Set([peer]));
    else blocked.add(peer);
    return false;
  }
}
