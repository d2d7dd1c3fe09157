/** The house rules that a machine can check. Each rule is a function from a file to what is wrong with it. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const linesMax = 500;
const ignored = new Set(['node_modules', 'dist', '.git', 'results', 'coverage']);
/** Written by others or by tools. */
const foreign = new Set(['package-lock.json', 'LICENSE', 'test/lb-strategies/cases']);
const extensions = /\.(ts|mjs|cjs|js|json|md|sh)$|^\.ci\//;

/** Paths from the root of the package. */
function listFiles(folder = ''): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (ignored.has(entry.name) || foreign.has(path)) return [];
    if (entry.isDirectory()) return listFiles(path);
    return extensions.test(path) ? [path] : [];
  });
}

/** Something wrong in a file, or nothing. */
type Rule = (path: string, text: string) => string | undefined;

const isShort: Rule = (_path, text) => {
  const lines = text.split('\n').length - 1;
  return lines > linesMax ? `${lines} lines, more than ${linesMax}: split it` : undefined;
};

const ownedElsewhere: readonly [RegExp, string][] = [
  [/\bDate\.now\b|\bperformance\.now\b/, "time is the PE's clock"],
  [/\bMath\.random\b/, "randomness is the PE's random source"],
  [/\bset(Timeout|Immediate|Interval)\b/, "waiting is the host's"],
  [/\bprocess\.env\b|\bprocess\[/, "settings come in through the host's options"],
];

/** A PE is handed its clock, randomness and timers: that is what makes a run repeatable. */
const ownsNothingGlobal: Rule = (path, text) => {
  if (!path.startsWith('core/') || path === 'core/base/clock.ts') return undefined;
  const code = withoutComments(text);
  for (const [pattern, instead] of ownedElsewhere) {
    const found = pattern.exec(code);
    if (found !== null) return `${found[0]}: ${instead}`;
  }
  return undefined;
};

/** The braces keep these patterns from finding themselves. */
const leftovers = /\bTO{1}DO\b|\bFIX{1}ME\b|\bX{3}\b|\bdebugge{1}r;|\b(?:it|test|describe|suite)\.(?:only|skip)\b/;
const hasNoLeftovers: Rule = (_path, text) => {
  const found = leftovers.exec(text);
  return found === null ? undefined : `left over: ${found[0]}`;
};

const machinePaths = /(?<![\w.~}:-])\/(?:root|work|tmp|Users|mnt|var\/folders)\/\w/;
const namesNoMachine: Rule = (_path, text) => {
  const found = machinePaths.exec(text);
  return found === null ? undefined : `a path of one machine: ${found[0]}...`;
};

const hasHeader: Rule = (path, text) => {
  if (!/^(core|lb-strategies|projections|transports|launch|cli)\/.*\.ts$/.test(path)) return undefined;
  return /^(#!.*\n)?\/\*\*/.test(text) ? undefined : 'begin with a comment that says what the file is for';
};

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

const files = listFiles();

function check(rule: Rule): void {
  const findings = files.flatMap((path) => {
    const finding = rule(path, readFileSync(join(root, path), 'utf8'));
    return finding === undefined ? [] : [`${path}: ${finding}`];
  });
  assert.deepEqual(findings, []);
}

describe('the repository', () => {
  it(`has no file of more than ${linesMax} lines`, () => check(isShort));
  it('takes time, randomness, timers and settings in core/ only from the host', () => check(ownsNothingGlobal));
  it('has nothing left over from work in progress', () => check(hasNoLeftovers));
  it('names no path of one machine', () => check(namesNoMachine));
  it('has a header comment in every source file', () => check(hasHeader));

  it('is searched in all its folders', () => {
    for (const folder of [
      'core',
      'lb-strategies',
      'projections',
      'transports',
      'launch',
      'cli',
      'bench',
      'examples',
      'test',
      'docs',
      'scripts',
    ])
      assert(
        files.some((path) => path.startsWith(`${folder}/`)),
        `no files in ${folder}/`,
      );
  });
});

describe('the rules', () => {
  const breaks = (rule: Rule, path: string, text: string): void => assert.notEqual(rule(path, text), undefined, text);
  const keeps = (rule: Rule, path: string, text: string): void => assert.equal(rule(path, text), undefined, text);

  it('find what they forbid', () => {
    breaks(isShort, 'core/a.ts', 'x\n'.repeat(linesMax + 1));
    for (const call of ['Date.now()', 'performance.now()', 'Math.random()', 'setTimeout(f, 1)', 'process.env.HOME'])
      breaks(ownsNothingGlobal, 'core/pe/a.ts', `const x = ${call};`);
    for (const text of ['// TO' + 'DO: later', 'it' + '.only("x")', 'describe' + '.skip("x")', '// FIX' + 'ME'])
      breaks(hasNoLeftovers, 'test/a.ts', text);
    for (const folder of ['work', 'tmp', 'root', 'Users']) breaks(namesNoMachine, 'docs/a.md', `see \`/${folder}/me\``);
    breaks(hasHeader, 'core/a.ts', 'export const a = 1;\n');
  });

  it('let pass what they allow', () => {
    keeps(isShort, 'core/a.ts', 'x\n'.repeat(linesMax));
    keeps(ownsNothingGlobal, 'core/base/clock.ts', 'performance.now()');
    keeps(ownsNothingGlobal, 'launch/a.ts', 'setTimeout(f, 1)');
    keeps(ownsNothingGlobal, 'core/a.ts', '/** Unlike setTimeout, this waits. */\n  // nor setInterval\n');
    keeps(hasNoLeftovers, 'core/a.ts', 'ring.skip(3)');
    keeps(namesNoMachine, 'docs/a.md', 'https://example.org/work/a and ./tmp/b');
    keeps(hasHeader, 'cli/main.ts', '#!/usr/bin/env node\n/** The command. */\n');
  });
});
