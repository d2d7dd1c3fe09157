/** The error of a worker thread that has ended before its job. */
import { CharmError, describeThrown, PeLostError, type Place } from '../core/base/errors.ts';
import type { ThreadEnd } from './pe-team.ts';

/** `place` is what the PE was running, as far as known. */
export function lostError(place: Place, { exitCode, thrown }: ThreadEnd): CharmError {
  if (thrown === undefined) {
    const message = `the thread ended with exit code ${exitCode} before the job did; was process.exit called? End a job with charm.exit()`;
    return new PeLostError('ERR_PE_LOST', message, place);
  }
  const { value } = thrown;
  const code = (value as { readonly code?: unknown } | null | undefined)?.code;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
    const message = 'it ran out of heap; give each PE more with --heap-mb, or keep less on it';
    return new PeLostError('ERR_PE_LOST', message, place);
  }
  if (code === 'ERR_WORKER_INIT_FAILED') {
    const message = `the thread could not be started: ${describeThrown(value)}; use fewer PEs`;
    return new CharmError('ERR_RESOURCES', message, place, { cause: value });
  }
  return new PeLostError('ERR_PE_LOST', `the thread died: ${describeThrown(value)}`, place, {
    cause: value,
  });
}
