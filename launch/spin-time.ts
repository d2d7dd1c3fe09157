/**
 * How long an idle PE spins before it sleeps. Waking a thread takes 0.1 ms and more, so a spin that finds something is
 * worth much. One that fails does harm where cores are scarce: the PE whose answer is awaited may want this very core.
 *
 *  1. It begins with what the job was asked for.
 *  2. After a short sleep the next spin is twice as long: once both ends of a conversation sleep before each answer, a spin
 *     shorter than the waking of the other end could never end that. After a long sleep it is what it was.
 *  3. Failed spins draw on an account, and those that find something pay in. When it is empty there is no spin until it is
 *     full again; then there is enough for the growing spins of rule 2. Time fills it, which is slow; and so does every
 *     sleep that was shorter than the spin that was forgone: it would have found something.
 *
 * So on an idle machine nearly all spins succeed and go on, and on a busy one they take about a hundredth of the time.
 */

/** Spins get at most this many times longer than they began. */
const growthMax = 8;
/** Enough for the spins of rule 2: 0.2 + 0.4 + 0.8 + 1.6 ms. */
const accountMsMax = 5;
/** Part of the time that failed spins may take in the long run. */
const failedShare = 0.01;

export class SpinTime {
  /** Milliseconds to spin now. */
  ms: number;
  readonly #askedMs: number;
  #accountMs = accountMsMax;
  #filledAt: number;

  constructor(askedMs: number, now: number) {
    this.ms = askedMs;
    this.#askedMs = askedMs;
    this.#filledAt = now;
  }

  /** A spin has found something to do. */
  found(): void {
    this.#accountMs = Math.min(this.#accountMs + this.#askedMs, accountMsMax);
  }

  /** A spin of `spunMs` has found nothing, and the PE has slept for `sleptMs`, until now. */
  failed(spunMs: number, sleptMs: number, now: number): void {
    const forgoneMs = this.ms === 0 && sleptMs < this.#askedMs ? this.#askedMs : 0;
    const filledMs = this.#accountMs - spunMs + forgoneMs + failedShare * (now - this.#filledAt);
    this.#filledAt = now;
    // A spin may seem long only because the core was taken away: it must not forbid spinning for seconds.
    this.#accountMs = Math.max(-accountMsMax, Math.min(filledMs, accountMsMax));
    const longestMs = growthMax * this.#askedMs;
    if (this.#accountMs <= 0 || (this.ms === 0 && this.#accountMs < accountMsMax)) this.ms = 0;
    else if (sleptMs > longestMs) this.ms = this.#askedMs;
    else this.ms = Math.min(Math.max(2 * this.ms, this.#askedMs), longestMs);
  }
}
