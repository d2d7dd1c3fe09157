// Runs the tests: all of them, or those whose path contains one of the given words. Flags go to Node's runner:
//   node scripts/test.mjs properties --test-name-pattern=quiescence
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const given = process.argv.slice(2);
const flags = given.filter((word) => word.startsWith('-'));
const words = given.filter((word) => !word.startsWith('-'));

// Listed here, since Node 20's runner has no globs.
const files = readdirSync(new URL('../test/', import.meta.url), { recursive: true })
  .map((path) => `test/${String(path).replaceAll('\\', '/')}`)
  .filter((path) => path.endsWith('.test.ts') && (words.length === 0 || words.some((word) => path.includes(word))))
  .sort();
if (files.length === 0) {
  console.error(`no test file has ${words.join(' or ')} in its path`);
  process.exit(1);
}

// Two files at a time: the tests on real threads bring threads of their own. A file that lasts longer than the timeout hangs.
const settings = ['--import', 'tsx', '--test', '--test-concurrency=2', '--test-timeout=600000'];
if (!flags.some((flag) => flag.startsWith('--test-reporter'))) settings.push('--test-reporter=spec');
const runner = spawn(process.execPath, [...settings, ...flags, ...files], { cwd: root, stdio: 'inherit' });
runner.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === null ? 1 : 128);
});
