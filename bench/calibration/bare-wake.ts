/**
 * What it costs to wake a sleeping thread with nothing but `Atomics.wait` and `Atomics.notify`: from just before the
 * store to the first statement of the thread that slept. One way, milliseconds.
 */

/** How long the sleeper has slept, and the waker has spun, when it is woken. */
export const sleepMs = 20;

const nsPerMs = 1e6;
const turnWord = 0;
const latencyWord = 1;

/** The monotonic clock of the machine, in milliseconds: the same in all threads, unlike `performance.now`. */
export function machineNowMs(): number {
  return Number(process.hrtime.bigint()) / nsPerMs;
}

/** Keeps this thread, and so its core, awake. */
export function spinFor(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** Wakes the other side once. Milliseconds from the store until it ran. */
export function wakeOnce(words: Int32Array, startMs: Float64Array): number {
  spinFor(sleepMs);
  startMs[0] = machineNowMs();
  Atomics.store(words, turnWord, 1);
  Atomics.notify(words, turnWord);
  while (Atomics.load(words, latencyWord) === 0);
  const latencyMs = Atomics.exchange(words, latencyWord, 0) / nsPerMs;
  return latencyMs;
}

/** The other side: sleeps once. */
export function sleepOnce(words: Int32Array, startMs: Float64Array): void {
  while (Atomics.load(words, turnWord) === 0) Atomics.wait(words, turnWord, 0);
  const latencyMs = machineNowMs() - startMs[0]!;
  Atomics.store(words, turnWord, 0);
  Atomics.store(words, latencyWord, Math.max(1, Math.round(latencyMs * nsPerMs)));
}
