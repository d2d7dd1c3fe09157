/** What a PE says in the report of a stuck job: who waits here, and for what; equal aims share a line. */
import type { ElementRecord } from '../chare/element.ts';
import type { Wait } from '../message/request.ts';
import type { Pe } from './pe.ts';

export function describeWaits(pe: Pe, linesMax: number): string[] {
  const lines = pe.isMainRunning ? [`main on PE ${pe.id} has not ended`] : [];
  const waiters = new Map<string, Wait[]>();
  const named = new Set<ElementRecord>();
  for (const wait of pe.waits) {
    const aim = wait.describeAim();
    const same = waiters.get(aim);
    if (same === undefined) waiters.set(aim, [wait]);
    else same.push(wait);
    if (wait.element !== undefined) named.add(wait.element);
  }
  for (const [aim, [first, ...others]] of waiters) {
    const more = others.length === 0 ? ' waits' : ` and ${others.length} more wait`;
    lines.push(`${first!.describeWaiter()}${more} for ${aim}`);
  }
  if (pe.trackedCount > 0) lines.push(`PE ${pe.id}: ${pe.trackedCount} given to charm.track never settled`);
  return lines.concat(pe.collections.describeUnended(named)).slice(0, linesMax);
}
