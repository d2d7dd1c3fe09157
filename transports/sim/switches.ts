/**
 * The way between two hosts: latency of the pair, then for each level of switches that the two do not share an uplink
 * and a downlink, each serving one message at a time.
 */
import type { NetworkDescription } from './network-description.ts';

/** Where a message's head has come, and what its bytes take through the narrowest link. Reused by the next call. */
export interface Route {
  head: number;
  seconds: number;
}

interface Level {
  readonly hosts: number;
  readonly latency: number;
  readonly perByte: number;
  /** When the uplink and the downlink of each switch are free. */
  readonly up: number[];
  readonly down: number[];
}

const microsecond = 1e-6;

export class Switches {
  readonly #least: number;
  readonly #span: number;
  readonly #levels: readonly Level[];
  readonly #route: Route = { head: 0, seconds: 0 };

  constructor({ between, switches = [] }: NetworkDescription) {
    const { latencyUs } = between;
    const [least, most] = typeof latencyUs === 'number' ? [latencyUs, latencyUs] : latencyUs;
    this.#least = least * microsecond;
    this.#span = (most - least) * microsecond;
    this.#levels = switches.map(({ hosts, latencyUs: latency, bytesPerSecond }) => ({
      hosts,
      latency: latency * microsecond,
      perByte: 1 / bytesPerSecond,
      up: [],
      down: [],
    }));
  }

  /** The way of a message whose head leaves host `from` at `start`. */
  route(from: number, to: number, start: number, bytes: number): Route {
    const route = this.#route;
    route.head = start + this.#latency(from, to);
    route.seconds = 0;
    for (const level of this.#levels) {
      const below = Math.floor(from / level.hosts);
      const other = Math.floor(to / level.hosts);
      if (below === other) break;
      const seconds = bytes * level.perByte;
      route.head = Math.max(route.head, level.up[below] ?? 0, level.down[other] ?? 0);
      level.up[below] = route.head + seconds;
      level.down[other] = route.head + seconds;
      route.head += level.latency;
      route.seconds = Math.max(route.seconds, seconds);
    }
    return route;
  }

  #latency(from: number, to: number): number {
    if (this.#span === 0) return this.#least;
    return this.#least + this.#span * fraction(Math.min(from, to), Math.max(from, to));
  }
}

/** A fixed number in [0, 1) for a pair of hosts. */
function fraction(a: number, b: number): number {
  let h = Math.imul(a + 1, 0x9e3779b1) ^ Math.imul(b + 1, 0x85ebca77);
  h = Math.imul(h ^ (h >>> 15), 0xc2b2ae3d);
  return ((h ^ (h >>> 13)) >>> 0) / 4294967296;
}
