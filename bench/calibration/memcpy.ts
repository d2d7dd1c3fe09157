/**
 * Calibration `memcpy`: what a copying round trip costs at least. Two copies a direction: from a buffer to shared
 * memory, and from there to a buffer. Four copies are one operation; all in one thread, memory reused.
 */
import type { Calibration } from '../sampling.ts';

export function memcpyRoundTrip(bytes: number): Calibration {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes));
  const sent = new Uint8Array(bytes).fill(1);
  const received = new Uint8Array(bytes);
  const run = (count: number): number => {
    const start = performance.now();
    for (let i = 0; i < count; i++) {
      shared.set(sent);
      received.set(shared);
      shared.set(received);
      sent.set(shared);
    }
    return performance.now() - start;
  };
  return { name: '4 memcpy', run };
}
