/**
 * Which nodes are still there, as one node sees it. It knows neither sockets nor time: the owner sends the heartbeats, tells
 * what it hears, and asks.
 *
 *  1. Every `everyMs` a node sends each of its peers a heartbeat with its number, and the number of the last one that it has
 *     heard from that peer.
 *  2. A peer is heard while heartbeats come from it that say that it hears us too: a connection that is cut in one
 *     direction is cut.
 *  3. A peer not heard for `suspectMs` is suspected, one not heard for `deadMs` is dead, for good.
 *  4. Own-gap rule: if we look more than `gapMs` after we should have, we were stopped ourselves, or our clock leapt: all
 *     peers get that much longer.
 *
 * Heartbeats come from a node's main thread, so that a PE that computes does not silence it.
 */
export interface DetectorOptions {
  readonly everyMs: number;
  readonly suspectMs: number;
  readonly deadMs: number;
  readonly gapMs: number;
}

export type PeerState = 'heard' | 'suspected' | 'dead';

export interface Heartbeat {
  readonly number: number;
  /** The last of the receiver's that has come. */
  readonly heard: number;
}

class Peer {
  heardAt: number;
  state: PeerState = 'heard';
  lastNumber = 0;
  /** The newest of ours that it has told of. */
  echoed = 0;

  constructor(now: number) {
    this.heardAt = now;
  }
}

export class FailureDetector {
  readonly #options: DetectorOptions;
  readonly #peers = new Map<number, Peer>();
  readonly #changed: (peer: number, state: PeerState, quietMs: number) => void;
  #number = 0;
  #lookedAt: number;

  /** `changed` hears of every change of state; times are monotonic milliseconds. */
  constructor(
    options: DetectorOptions,
    peers: readonly number[],
    now: number,
    changed: (peer: number, state: PeerState, quietMs: number) => void,
  ) {
    this.#options = options;
    this.#changed = changed;
    this.#lookedAt = now;
    for (const peer of peers) this.#peers.set(peer, new Peer(now));
  }

  stateOf(peer: number): PeerState {
    return this.#peers.get(peer)?.state ?? 'heard';
  }

  /** To be called every `everyMs`; gives the heartbeats to be sent. */
  beat(now: number): (readonly [peer: number, heartbeat: Heartbeat])[] {
    this.look(now);
    this.#number++;
    const beats: (readonly [number, Heartbeat])[] = [];
    for (const [id, { state, lastNumber }] of this.#peers)
      if (state !== 'dead') beats.push([id, { number: this.#number, heard: lastNumber }]);
    return beats;
  }

  heard(id: number, { number, heard }: Heartbeat, now: number): void {
    const peer = this.#peers.get(id);
    if (peer === undefined || peer.state === 'dead') return;
    this.#forgive(now);
    peer.lastNumber = Math.max(peer.lastNumber, number);
    // It has heard nothing of ours since the last time: we go on waiting for that.
    if (heard <= peer.echoed && this.#number > 0) return;
    peer.echoed = heard;
    peer.heardAt = now;
    if (peer.state === 'suspected') this.#change(id, peer, 'heard', 0);
  }

  /** Judges all peers. */
  look(now: number): void {
    this.#forgive(now);
    for (const [id, peer] of this.#peers) {
      if (peer.state === 'dead') continue;
      const quiet = now - peer.heardAt;
      if (quiet >= this.#options.deadMs) this.#change(id, peer, 'dead', quiet);
      else if (quiet >= this.#options.suspectMs && peer.state === 'heard') this.#change(id, peer, 'suspected', quiet);
    }
  }

  #forgive(now: number): void {
    const gap = now - this.#lookedAt - this.#options.everyMs;
    this.#lookedAt = now;
    if (gap <= this.#options.gapMs) return;
    for (const peer of this.#peers.values()) peer.heardAt += gap;
  }

  #change(id: number, peer: Peer, state: PeerState, quiet: number): void {
    peer.state = state;
    this.#changed(id, state, quiet);
  }
}
