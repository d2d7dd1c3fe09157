/** The worlds of a job: the one that it began with, and one for each set of ranks that was spawned. A rank's number (gid) counts over all. */
import type { ArrayProxy, ElementProxy } from '../../core/index.ts';
import type { RankChare, RankPeer } from './rank.ts';

export interface World {
  /** Number of its first rank. */
  readonly base: number;
  readonly size: number;
  readonly array: ArrayProxy<RankChare, number>;
}

export class Worlds {
  private readonly known: World[] = [];
  private readonly peers: (ElementProxy<RankChare> | undefined)[] = [];

  add(world: World): void {
    if (!this.known.some(({ base }) => base === world.base)) this.known.push(world);
  }

  get all(): readonly World[] {
    return this.known;
  }

  peer(gid: number): RankPeer {
    return (this.peers[gid] ?? this.find(gid)) as RankPeer;
  }

  private find(gid: number): ElementProxy<RankChare> {
    const world = this.known.find(({ base, size }) => gid >= base && gid < base + size);
    if (world === undefined) throw new Error(`internal: rank number ${gid} is in no world that is known here`);
    const peer = world.array.at(gid - world.base);
    this.peers[gid] = peer;
    return peer;
  }
}
