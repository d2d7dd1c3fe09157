/** Declared work of a real run: the PE computes for this long. */
import type { Clock } from '../core/base/clock.ts';

export function spin(clock: Clock, seconds: number): void {
  const end = clock.now() + seconds * 1000;
  while (clock.now() < end);
}
