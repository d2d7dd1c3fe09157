/**
 * How long an answer takes (Jacobson and Karels, SIGCOMM 1988; RFC 6298): smoothed mean and deviation of round trips, from
 * which the time follows after which a packet counts as lost. It doubles with every loss until something gets through.
 */
export class RoundTrip {
  #mean = -1;
  #deviation = 0;
  #backoff = 1;
  readonly #least: number;
  readonly #most: number;
  readonly #initial: number;
  readonly #slack: number;

  /** Answers may wait for `slackMs` at the other end. */
  constructor(initialMs: number, leastMs: number, mostMs: number, slackMs: number) {
    this.#slack = slackMs;
    this.#initial = initialMs;
    this.#least = leastMs;
    this.#most = mostMs;
  }

  /** A packet that was sent once has been acknowledged after `ms`. */
  sample(ms: number): void {
    if (this.#mean < 0) {
      this.#mean = ms;
      this.#deviation = ms / 2;
    } else {
      this.#deviation += (Math.abs(ms - this.#mean) - this.#deviation) / 4;
      this.#mean += (ms - this.#mean) / 8;
    }
  }

  progress(): void {
    this.#backoff = 1;
  }

  timedOut(): void {
    this.#backoff *= 2;
  }

  /** 0 before the first sample. */
  get meanMs(): number {
    return Math.max(0, this.#mean);
  }

  get timeoutMs(): number {
    const plain = this.#mean < 0 ? this.#initial : this.#mean + this.#slack + 4 * this.#deviation;
    return Math.min(this.#most, Math.max(this.#least, plain) * this.#backoff);
  }
}
