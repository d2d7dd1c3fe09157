/**
 * The files of the page, read once: three names, and no path of a request is ever looked up on the disk. They are built
 * into `dist/viewer` by scripts/build.mjs.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Asset {
  readonly type: string;
  readonly bytes: Buffer;
}

const types = {
  'index.html': 'text/html; charset=utf-8',
  'viewer.js': 'text/javascript; charset=utf-8',
  'viewer.css': 'text/css; charset=utf-8',
} as const;
export type AssetName = keyof typeof types;

export async function readAssets(folder: string = assetFolder()): Promise<ReadonlyMap<AssetName, Asset>> {
  const assets = new Map<AssetName, Asset>();
  for (const name of Object.keys(types) as AssetName[])
    assets.set(name, { type: types[name], bytes: await readFile(join(folder, name)) });
  return assets;
}

/** This module may be a source file or part of a bundle, so the package is looked for upwards. */
export function assetFolder(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const built = join(folder, 'dist', 'viewer');
    if (existsSync(join(built, 'index.html'))) return built;
    if (folder === dirname(folder)) throw new Error('the pages of the viewer are not built: run `npm run build`');
  }
}
