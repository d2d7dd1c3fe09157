/**
 * Spreads packets over the round trip, so that a window that opens at once does not fill the queue of the slowest link.
 *
 *  1. Bytes may go at 5/4 of a window per mean round trip: a little more than get through, or the window would never be full.
 *  2. What was not used is saved, up to `burstMs` of it and at least `burstPackets`: timers are not finer than a millisecond, and a
 *     burst of a few packets does no harm.
 *
 * Before a round trip has been measured, and where it is shorter than `burstMs`, nothing waits.
 */
const gain = 1.25;
const burstMs = 2;
const burstPackets = 16;

export class Pacer {
  readonly #packetBytes: number;
  #saved = 0;
  #at = Number.NEGATIVE_INFINITY;

  constructor(packetBytes: number) {
    this.#packetBytes = packetBytes;
  }

  /** 0 if `bytes` may go now, and they count as gone; else after how many milliseconds they may. */
  take(bytes: number, windowPackets: number, roundTripMs: number, now: number): number {
    if (roundTripMs < burstMs) return 0;
    const perMs = (gain * windowPackets * this.#packetBytes) / roundTripMs;
    const most = Math.max(burstPackets * this.#packetBytes, burstMs * perMs);
    this.#saved = Math.min(most, this.#saved + Math.min(most, (now - this.#at) * perMs));
    this.#at = now;
    if (this.#saved < bytes) return (bytes - this.#saved) / perMs;
    this.#saved -= bytes;
    return 0;
  }
}
