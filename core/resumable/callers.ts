/** The stack of an error that passes through awaits: who waited for whom, in the words of async stack traces. */
import type { Activation } from './activation.ts';

const callersMax = 16;
const known = new WeakSet<Error>();

/** Adds lines for the functions that wait for `activation`, which has failed with `error`; once for an error. */
export function addCallers(activation: Activation, error: unknown): void {
  if (!(error instanceof Error) || activation.waiter === undefined || known.has(error)) return;
  known.add(error);
  const { stack } = error;
  if (typeof stack !== 'string') return;
  const lines: string[] = [];
  for (let caller = activation.waiter; caller !== undefined && lines.length < callersMax; caller = caller.waiter!)
    lines.push(`\n    at async ${caller.code.describe(caller.point)}`);
  error.stack = stack + lines.join('');
}
