/** Progress of the sweep: a bar that is redrawn on a terminal, one line per bias point elsewhere. */
import { isatty } from 'node:tty';
import type { BiasPoint } from './sweep.ts';

const barCharacters = 24;

/** Where progress goes. The streams of a worker thread do not know whether they end at a terminal. */
export interface Output {
  readonly stream: NodeJS.WritableStream;
  readonly isTerminal: boolean;
}

export function standardOutput(): Output {
  return { stream: process.stdout, isTerminal: isatty(1) };
}

export function standardError(): Output {
  return { stream: process.stderr, isTerminal: isatty(2) };
}

export function showProgress(output: Output, done: number, total: number, last: BiasPoint | undefined): void {
  const { stream, isTerminal } = output;
  if (!isTerminal) {
    const count = `${done}`.padStart(`${total}`.length);
    if (last !== undefined) stream.write(`${count}/${total}  ${describePoint(last)}  ${describeCost(last)}\n`);
    return;
  }
  const filled = Math.round((barCharacters * done) / total);
  const bar = '█'.repeat(filled) + '░'.repeat(barCharacters - filled);
  const text = last === undefined ? '' : describePoint(last);
  // Short enough for 80 columns: a line that wraps could not be redrawn.
  stream.write(`\r\x1b[K${bar} ${done}/${total}  ${text}${done === total ? '\n' : ''}`);
}

function describePoint({ volts, currentPerCm2 }: BiasPoint): string {
  return `${volts.toFixed(3).padStart(7)} V  ${currentPerCm2.toExponential(3).padStart(10)} A/cm2`;
}

function describeCost({ seconds, convergence }: BiasPoint): string {
  const { potentialChanges, linearIterations } = convergence;
  return `${potentialChanges.length} steps, ${linearIterations} iterations, ${seconds.toFixed(2)} s`;
}
