/**
 * From a user's program file to a module that worker threads can import.
 *
 * JavaScript is taken as it is. TypeScript is bundled by esbuild into one module per program: its own files are
 * compiled in, packages stay outside, addressed by where they are now. `charm4ts` itself always resolves to the
 * running package, so chare classes have one identity. The result is kept in a cache, under a name made from the
 * content of all files that went into it, so a second start does not compile.
 *
 * Files that ask for it (resumable/compile/program-source.ts) are compiled to be resumable on the way, JavaScript too.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { extname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { BuildFailure, Plugin } from 'esbuild';
import { CharmError } from '../core/base/errors.ts';
import { packageName, packageRoot, readManifest } from './package-root.ts';
import { loadResumable, wishOf } from './resumable-files.ts';

const plain = new Set(['.js', '.mjs', '.cjs']);
const compiled = new Set(['.ts', '.mts', '.cts', '.tsx', '.jsx']);
/** Part of the names in the cache; to be raised when `bundle` makes something else of the same files. */
const cacheGeneration = 3;

/** Address of an importable module. @throws CharmError ERR_PROGRAM if there is no such file or it does not compile. */
export async function prepareProgram(program: string | URL): Promise<string> {
  const file = programFile(program);
  const isFile = await stat(file).then(
    (s) => s.isFile(),
    () => false,
  );
  if (!isFile) throw new CharmError('ERR_PROGRAM', `there is no program file ${file}`);
  const extension = extname(file);
  const asksForMore = async (): Promise<boolean> => wishOf(await readFile(file, 'utf8')) !== undefined;
  if (plain.has(extension) && !(await asksForMore())) return pathToFileURL(file).href;
  if (!compiled.has(extension) && !plain.has(extension)) {
    throw new CharmError(
      'ERR_PROGRAM',
      `${file}: a program is a .ts, .mts, .js or .mjs file, not ${extension || 'a file without extension'}`,
    );
  }
  return pathToFileURL(await compile(file)).href;
}

/**
 * A better error for JavaScript that Node.js refuses without saying where; if there is nothing to add, the same one.
 * TypeScript does not need it, since it has been compiled before.
 */
export async function explainSyntaxError(program: string | URL, error: Error): Promise<Error> {
  const isSyntax = error instanceof CharmError && error.code === 'ERR_PROGRAM' && error.cause instanceof SyntaxError;
  if (!isSyntax) return error;
  return bundle(programFile(program)).then(
    () => error,
    (better: unknown) => (better instanceof CharmError ? better : error),
  );
}

/** Its path. */
export function programFile(program: string | URL): string {
  return resolve(typeof program === 'string' && !program.startsWith('file:') ? program : fileURLToPath(program));
}

export function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), packageName);
}

/** Inputs of an earlier compilation, with their content's hash, and the module it gave. */
interface CacheEntry {
  readonly inputs: Readonly<Record<string, string>>;
  readonly output: string;
}

async function compile(file: string): Promise<string> {
  const folder = cacheFolder();
  const { version } = readManifest();
  const index = join(folder, `${hash(`${cacheGeneration} ${version} ${packageRoot} ${process.version} ${file}`)}.json`);
  const cached = await fresh(index);
  if (cached !== undefined) return cached;
  const { code, files } = await bundle(file);
  const output = join(folder, `${hash(code)}.mjs`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await replaceFile(output, code);
  const inputs: Record<string, string> = {};
  for (const input of files) inputs[input] = hash(await readFile(input));
  await replaceFile(index, JSON.stringify({ inputs, output } satisfies CacheEntry));
  return output;
}

/** The cached module, if none of the files that went into it has changed. */
async function fresh(index: string): Promise<string | undefined> {
  try {
    const entry = JSON.parse(await readFile(index, 'utf8')) as CacheEntry;
    for (const [input, expected] of Object.entries(entry.inputs)) {
      if (hash(await readFile(input)) !== expected) return undefined;
    }
    return (await stat(entry.output)).isFile() ? entry.output : undefined;
  } catch {
    return undefined;
  }
}

async function bundle(file: string): Promise<{ readonly code: string; readonly files: readonly string[] }> {
  const { build } = await import('esbuild');
  const files = new Set<string>();
  try {
    const result = await build({
      entryPoints: [file],
      bundle: true,
      write: false,
      // Not written there by esbuild; but the paths in the source map start from it.
      outdir: cacheFolder(),
      format: 'esm',
      platform: 'node',
      target: `node${process.versions.node}`,
      sourcemap: 'inline',
      sourcesContent: false,
      logLevel: 'silent',
      keepNames: true,
      plugins: [ownFiles(files), outsidePackages()],
    });
    return { code: result.outputFiles[0]!.text, files: [...files] };
  } catch (error) {
    throw compileError(file, error, 'does not compile');
  }
}

/** What esbuild found, with places; anything else as it is. */
export function compileError(file: string, error: unknown, what: string): unknown {
  const failure = error as BuildFailure;
  if (!Array.isArray(failure.errors)) return error;
  const lines = failure.errors.map(({ text, location }) =>
    location === null ? text : `${location.file}:${location.line}:${location.column + 1}: ${text}`,
  );
  return new CharmError('ERR_PROGRAM', `${file} ${what}\n  ${lines.join('\n  ')}`);
}

/** Notes the program's own files, and keeps `import.meta.url` what it was before bundling. */
export function ownFiles(files: Set<string>): Plugin {
  return {
    name: 'own-files',
    setup({ onLoad }) {
      onLoad({ filter: /\.(ts|mts|cts|tsx|jsx|js|mjs|cjs)$/ }, async ({ path }) => {
        files.add(path);
        const source = await readFile(path, 'utf8');
        const contents = source
          .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
          .replaceAll('import.meta.filename', JSON.stringify(path))
          .replaceAll('import.meta.dirname', JSON.stringify(resolve(path, '..')));
        const wish = wishOf(source);
        if (wish !== undefined) return { contents: await loadResumable(path, contents, wish), loader: 'js' };
        const loader = extname(path).slice(1).replace(/^[mc]/, '') as 'ts';
        return { contents, loader };
      });
    },
  };
}

/** Leaves packages out of the bundle, by absolute address, since the bundle lies elsewhere. */
function outsidePackages(): Plugin {
  return {
    name: 'outside-packages',
    setup({ onResolve, resolve: find }) {
      onResolve({ filter: /^[^./]/ }, async (args) => {
        if (args.kind === 'entry-point' || args.pluginData === 'resolving' || args.path.startsWith('node:'))
          return undefined;
        if (args.path === packageName || args.path.startsWith(`${packageName}/`))
          return { path: ownExport(args.path), external: true };
        const { importer, kind, resolveDir } = args;
        const found = await find(args.path, { importer, kind, resolveDir, pluginData: 'resolving' });
        if (found.errors.length > 0) return { errors: found.errors };
        return found.external
          ? { path: found.path, external: true }
          : { path: pathToFileURL(found.path).href, external: true };
      });
    },
  };
}

/** Address of `charm4ts` or `charm4ts/part` in the running package. */
export function ownExport(specifier: string): string {
  const entry = readManifest().exports[`.${specifier.slice(packageName.length)}`];
  if (entry === undefined) throw new CharmError('ERR_PROGRAM', `${packageName} has no export ${specifier}`);
  return pathToFileURL(join(packageRoot, typeof entry === 'string' ? entry : entry.default)).href;
}

/** Writes a module that was made; its address. */
export async function writeModule(path: string, code: string): Promise<string> {
  await mkdir(cacheFolder(), { recursive: true, mode: 0o700 });
  await replaceFile(path, code);
  return pathToFileURL(path).href;
}

/** Writes aside and renames, so that a second job starting now never sees half a file. */
async function replaceFile(path: string, content: string): Promise<void> {
  const aside = `${path}.${process.pid}.${Math.trunc(performance.now() * 1000)}`;
  await writeFile(aside, content, { mode: 0o600 });
  await rename(aside, path);
}

export function hash(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 32);
}
