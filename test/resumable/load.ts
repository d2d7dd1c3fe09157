/** A program of this folder, compiled to be resumable, for a runtime from source. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProgramModule } from '../../core/message/registry.ts';
import { compileSource } from '../../resumable/compile/program-source.ts';

export async function loadCompiled(name: string): Promise<ProgramModule> {
  const file = new URL(`programs/${name}.ts`, import.meta.url);
  const { code, refusals } = await compileSource(file.pathname, await readFile(file, 'utf8'));
  if (refusals.length > 0) throw new Error(`refused: ${JSON.stringify(refusals)}`);
  const address = (part: string): string => JSON.stringify(new URL(`../../core/${part}index.ts`, import.meta.url).href);
  const placed = code.replaceAll('"charm4ts/resumable"', address('resumable/')).replaceAll('"charm4ts"', address(''));
  const folder = await mkdtemp(join(tmpdir(), 'charm4ts-'));
  try {
    const path = join(folder, 'program.mjs');
    await writeFile(path, placed);
    return (await import(path)) as ProgramModule;
  } finally {
    await rm(folder, { recursive: true });
  }
}
