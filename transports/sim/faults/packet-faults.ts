/**
 * What happens to packets between nodes: each one's fate, drawn when it leaves. Cuts and clogs begin and end by orders of
 * whoever runs the simulation.
 */
import type { SeededRandom } from '../../../core/base/random.ts';
import type { FaultOptions } from './fault-options.ts';

/** How often each thing has happened. */
export interface FaultCounts {
  packets: number;
  lost: number;
  cut: number;
  doubled: number;
  damaged: number;
  delayed: number;
  clogged: number;
}

/** Of one packet. Reused by the next call. */
export interface Fate {
  copies: number;
  isDamaged: boolean;
  /** Seconds that it comes later. */
  delay: number;
}

export class PacketFaults {
  readonly counts: FaultCounts = { packets: 0, lost: 0, cut: 0, doubled: 0, damaged: 0, delayed: 0, clogged: 0 };
  readonly #options: FaultOptions;
  readonly #random: SeededRandom;
  readonly #nodes: number;
  /** By from * nodes + to: partitions that cut it, and until when nothing comes through. */
  readonly #cuts = new Map<number, number>();
  readonly #clogs = new Map<number, number>();
  readonly #fate: Fate = { copies: 1, isDamaged: false, delay: 0 };
  /** Afterwards nothing happens to packets any more. */
  isOver = false;

  constructor(options: FaultOptions, random: SeededRandom, nodes: number) {
    this.#options = options;
    this.#random = random;
    this.#nodes = nodes;
  }

  cut(from: number, to: number): void {
    const link = from * this.#nodes + to;
    this.#cuts.set(link, (this.#cuts.get(link) ?? 0) + 1);
  }

  mend(from: number, to: number): void {
    const link = from * this.#nodes + to;
    const left = (this.#cuts.get(link) ?? 0) - 1;
    if (left > 0) this.#cuts.set(link, left);
    else this.#cuts.delete(link);
  }

  clog(from: number, to: number, until: number): void {
    this.#clogs.set(from * this.#nodes + to, until);
  }

  isCut(from: number, to: number): boolean {
    return this.#cuts.has(from * this.#nodes + to);
  }

  /** What happens to a packet that leaves node `from` for node `to` at `now` (seconds). */
  fateOf(from: number, to: number, now: number): Fate {
    const fate = this.#fate;
    fate.copies = 1;
    fate.isDamaged = false;
    fate.delay = 0;
    this.counts.packets++;
    // Nodes that are cut off for ever stay so when the rest is over.
    if (this.isCut(from, to)) {
      this.counts.cut++;
      fate.copies = 0;
    } else if (!this.isOver) this.#draw(fate, from * this.#nodes + to, now);
    return fate;
  }

  #draw(fate: Fate, link: number, now: number): void {
    const { loss, duplication, damage, delay, reordering } = this.#options;
    const { counts } = this;
    const random = this.#random;
    if (loss > 0 && random.next() < loss) {
      counts.lost++;
      fate.copies = 0;
      return;
    }
    if (duplication > 0 && random.next() < duplication) {
      counts.doubled++;
      fate.copies = 2;
    }
    if (damage > 0 && random.next() < damage) {
      counts.damaged++;
      fate.isDamaged = true;
    }
    if (delay.share > 0 && random.next() < delay.share)
      fate.delay += (-Math.log(1 - random.next()) * delay.meanMs) / 1000;
    if (reordering.share > 0 && random.next() < reordering.share)
      fate.delay += (random.next() * reordering.maxMs) / 1000;
    if (fate.delay > 0) counts.delayed++;
    const clogged = this.#clogs.get(link);
    if (clogged === undefined || clogged <= now) return;
    counts.clogged++;
    fate.delay += clogged - now;
  }

  /** Where a damaged packet of so many bytes is flipped. */
  bitOf(bytes: number): { readonly byte: number; readonly mask: number } {
    return { byte: this.#random.below(bytes), mask: 1 << this.#random.below(8) };
  }
}
