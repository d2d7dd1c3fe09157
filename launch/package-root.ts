/** Where this package is: its compiled files are found from here, whether it runs from source or from `dist`. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const packageName = 'charm4ts';

export const packageRoot: string = findRoot(dirname(fileURLToPath(import.meta.url)));

/** Address of a compiled file, for instance `launch/pe-worker.js`. */
export function distUrl(file: string): URL {
  return pathToFileURL(join(packageRoot, 'dist', file));
}

/** Version and exports of this package. */
export function readManifest(): {
  readonly version: string;
  readonly exports: Record<string, string | { readonly default: string }>;
} {
  return JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
}

function findRoot(from: string): string {
  const manifest = join(from, 'package.json');
  if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === packageName) return from;
  const parent = dirname(from);
  if (parent === from) throw new Error(`package ${packageName} not found above ${fileURLToPath(import.meta.url)}`);
  return findRoot(parent);
}
