/**
 * The compile step for one file of a program, TypeScript or JavaScript, if it asks for it:
 *
 *  - a class says `static readonly resumable = true`, or a file begins with `'use resumable'`: what can't be taken along is an error;
 *  - `static readonly resumable = 'where possible'`, or `'use resumable where possible'`: it is a warning, and stays as it is.
 *
 * All async functions of the file are compiled then, since entry methods call them.
 */
import { extname } from 'node:path';
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { compileModule } from './compile.ts';
import type { Refusal } from './functions.ts';

export type Wish = 'all' | 'where possible';

/** The module from which compiled ones import. */
export const runtimeModule = 'charm4ts/resumable';

export interface CompiledSource {
  /** JavaScript, with its source map inside. */
  readonly code: string;
  readonly refusals: readonly Refusal[];
}

export async function compileSource(file: string, source: string): Promise<CompiledSource> {
  const { transform } = await import('esbuild');
  const loader = extname(file).slice(1).replace(/^[mc]/, '') as 'ts';
  // Types go first. This keeps names and lines for the second step.
  const plain = await transform(source, { loader, sourcefile: file, sourcemap: 'external', target: 'esnext' });
  const map = JSON.parse(plain.map) as ConstructorParameters<typeof TraceMap>[0];
  const trace = new TraceMap(map);
  const original = (line: number, column: number): { line: number; column: number } => {
    const found = originalPositionFor(trace, { line, column });
    return found.line === null ? { line, column } : { line: found.line, column: found.column };
  };
  const compiled = compileModule(plain.code, { file, runtime: runtimeModule, original, map: map as object });
  const encoded = Buffer.from(JSON.stringify(compiled.map)).toString('base64');
  return {
    code: `${compiled.code}\n//# sourceMappingURL=data:application/json;base64,${encoded}\n`,
    refusals: compiled.refusals,
  };
}

/** `file.ts:12:3: run: ...`, a line for each. */
export function describeRefusals(file: string, refusals: readonly Refusal[]): string {
  return refusals.map(({ line, column, message }) => `${file}:${line}:${column + 1}: ${message}`).join('\n  ');
}
