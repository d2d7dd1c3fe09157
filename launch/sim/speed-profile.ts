/** How fast a PE is at each moment: declared work becomes virtual time here. */
import type { SpeedChange } from '../../transports/sim/network-description.ts';

/** A speed from a moment on, until the next. */
interface Step {
  readonly from: number;
  readonly speed: number;
}

export class SpeedProfile {
  readonly #steps: readonly Step[];
  /** Time goes forward, so the step in force is this one or a later one. */
  #current = 0;

  constructor(pe: number, changes: readonly SpeedChange[] = []) {
    const own = changes.filter(({ pes }) => pes === undefined || (pes[0] <= pe && pe <= pes[1]));
    const moments = new Set([0]);
    for (const { fromSeconds = 0, untilSeconds } of own) {
      moments.add(fromSeconds);
      if (untilSeconds !== undefined) moments.add(untilSeconds);
    }
    this.#steps = [...moments].sort((a, b) => a - b).map((from) => ({ from, speed: speedAt(from, own) }));
  }

  /** Speed at a moment that is not before one asked for earlier. */
  at(time: number): number {
    this.#advance(time);
    return this.#steps[this.#current]!.speed;
  }

  #advance(time: number): void {
    const steps = this.#steps;
    while (this.#current + 1 < steps.length && steps[this.#current + 1]!.from <= time) this.#current++;
  }

  /** When `work` seconds of work, begun at `start`, are done. */
  finish(start: number, work: number): number {
    const steps = this.#steps;
    this.#advance(start);
    let time = start;
    let left = work;
    for (let i = this.#current; ; i++) {
      const { speed } = steps[i]!;
      const until = steps[i + 1]?.from ?? Number.POSITIVE_INFINITY;
      const possible = (until - time) * speed;
      if (left <= possible) return time + left / speed;
      left -= possible;
      time = until;
    }
  }
}

function speedAt(time: number, changes: readonly SpeedChange[]): number {
  let result = 1;
  for (const { fromSeconds = 0, untilSeconds = Number.POSITIVE_INFINITY, speed = 1, load = 0 } of changes)
    if (fromSeconds <= time && time < untilSeconds) result *= speed * (1 - load);
  return result;
}
