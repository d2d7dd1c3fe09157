/**
 * From a user's program file to one script for browsers: its own files and its packages compiled in, the runtime left out, since
 * all scripts of a page share one. The modules of Node.js are replaced (node-only.ts).
 */
import { dirname } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { packageName } from '../package-root.ts';
import { compileError, ownFiles, programFile } from '../program-loader.ts';
import { moduleAround, type RankOptions } from '../rank-program.ts';
import { nodeOnly } from './node-only.ts';
import { runtimePath } from './page-protocol.ts';

/** Parts of the package that browsers have, by their name in imports; see scripts/build.mjs. */
const parts: Readonly<Record<string, string>> = {
  charm4ts: 'core/index.js',
  'charm4ts/ampi': 'ampi/index.js',
  'charm4ts/data': 'data/index.js',
  'charm4ts/lb': 'lb-strategies/index.js',
  'charm4ts/xstate': 'machines/index.js',
};

/** The text of the script. @throws CharmError ERR_PROGRAM if the program can't be one */
export async function bundleForBrowsers(program: string | URL, ranks?: RankOptions): Promise<string> {
  const file = programFile(program);
  const entry =
    ranks === undefined
      ? { entryPoints: [file] }
      : { stdin: { contents: moduleAround(file, 'charm4ts/ampi', ranks), resolveDir: dirname(file) } };
  try {
    const result = await build({
      ...entry,
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
      logLevel: 'silent',
      keepNames: true,
      plugins: [ownFiles(new Set()), runtimeParts(), nodeOnly()],
    });
    return result.outputFiles[0]!.text;
  } catch (error) {
    throw compileError(file, error, 'can not be bundled for browsers');
  }
}

function runtimeParts(): Plugin {
  return {
    name: 'runtime-parts',
    setup({ onResolve }) {
      onResolve({ filter: new RegExp(`^${packageName}(/|$)`) }, ({ path }) => {
        if (Object.hasOwn(parts, path)) return { path: runtimePath + parts[path]!, external: true };
        return {
          errors: [{ text: `${path} needs a process of Node.js; there are no browsers in a job that uses it` }],
        };
      });
    },
  };
}
