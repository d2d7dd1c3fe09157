/** Programs that can't be loaded, and commands that can't be understood. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { runInThread } from '../../launch/in-thread.ts';
import { runJob } from '../../launch/job.ts';
import { formatReport } from '../../launch/report.ts';
import { assertReport, programPath, runCommand, runProgram } from './command.ts';

const head = `import { Chare, type Charm } from 'charm4ts';\n`;
const main = 'export default async function main(charm: Charm): Promise<void> { charm.exit(); }\n';

/** File name, content, sentence, words of the report. */
const broken: readonly (readonly [
  name: string,
  content: string,
  sentence: string,
  words: readonly (string | RegExp)[],
])[] = [
  [
    'syntax.ts',
    `${head}export class A extends Chare<number> {\n  go(: void {}\n}\n${main}`,
    'TypeScript that does not compile',
    ['does not compile', /syntax\.ts:3:6: /],
  ],
  [
    'syntax.js',
    'export default function main( {',
    'JavaScript that does not parse',
    [/syntax\.js:1:/, 'does not compile'],
  ],
  [
    'package.ts',
    `import 'no-such-package-as-this';\n${main}`,
    'an import of a package that is not there',
    ['no-such-package-as-this', /package\.ts:1:8: /],
  ],
  [
    'missing.ts',
    `import { a } from './not-there.ts';\n${head}${main}console.log(a);\n`,
    'an import of a file that is not there',
    ['./not-there.ts', /missing\.ts:1:19: /],
  ],
  [
    'nobinding.js',
    `import { noSuchName } from 'node:fs';\nexport default noSuchName;\n`,
    'an import of a name that is not there',
    ['noSuchName'],
  ],
  [
    'nomain.ts',
    `${head}export class A extends Chare<number> {}\n`,
    'no default export',
    ['no main', 'export default async function main'],
  ],
  [
    'classmain.ts',
    `${head}export default class A extends Chare<number> {}\n`,
    'a chare class as default export',
    ['no main'],
  ],
  [
    'toplevel.ts',
    `${head}${main}\n\nthrow new RangeError('while loading');\n`,
    'an exception while loading',
    ['could not be loaded: RangeError: while loading', /toplevel\.ts:5:7/],
  ],
  [
    'forever.ts',
    `${head}${main}await new Promise(() => undefined);\n`,
    'a top-level await that never ends',
    ['never finishes loading', 'top-level await'],
  ],
  ['exits.ts', `${head}${main}process.exit(0);\n`, 'process.exit while loading', ['exit code 0', 'ERR_PE_LOST']],
  [
    'nosuper.ts',
    `${head}export class A extends Chare<number> {\n  // @ts-ignore\n  constructor() {}\n}\nexport default (charm: Charm) => charm.array(A, { size: 1 });\n`,
    'a constructor without super()',
    ['A[0].constructor on PE 0: ReferenceError', /nosuper\.ts:4:/],
  ],
  [
    'reserved.ts',
    `${head}export class A extends Chare<number> {\n  ask(): void {}\n}\n${main}`,
    'an entry method with a name of the runtime',
    ['A.ask', 'rename'],
  ],
  ['notes.txt', 'no program', 'a file that is no program', ['notes.txt', '.ts, .mts, .js or .mjs', '.txt']],
  ['noextension', 'no program', 'a file without extension', ['noextension', 'without extension']],
];

describe('a program that cannot be loaded ends the job with one report', { concurrency: 4 }, () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'charm4ts-faults-'));
    for (const [name, content] of broken) await writeFile(join(folder, name), content);
  });
  after(() => rm(folder, { recursive: true }));

  for (const [name, , sentence, words] of broken) {
    it(sentence, async () => assertReport(await runCommand(['run', join(folder, name), '--pes', '2']), words));
  }

  it('a file that is not there', async () => {
    const ended = await runCommand(['run', join(folder, 'absent.ts')]);
    assertReport(ended, ['there is no program file', 'absent.ts', 'ERR_PROGRAM']);
  });

  it('a folder', async () => {
    assertReport(await runCommand(['run', folder]), ['there is no program file', 'ERR_PROGRAM']);
  });

  it('exports that differ between PEs, before main runs', async () => {
    const ended = await runProgram('mismatch', '-', ['--pes', '3']);
    assertReport(ended, ['exports differ between PEs', 'class A: now', /on PE \d/, 'ERR_REGISTRY_MISMATCH']);
  });
});

describe('a command that cannot be understood says what is wrong and how to get help', { concurrency: 4 }, () => {
  const program = programPath('endings');
  const commands: readonly (readonly [args: readonly string[], word: string | RegExp])[] = [
    [['run', program, '--pes', '0'], 'expected an integer from 1 to 256'],
    [['run', program, '--pes', 'abc'], 'expected an integer from 1 to 256'],
    [['run', program, '--pes', ''], 'expected an integer from 1 to 256'],
    [['run', program, '--pes', '2.5'], 'expected an integer from 1 to 256'],
    [['run', program, '--pes'], 'argument missing'],
    [['run', program, '--heap-mb', '1'], 'expected an integer from 16'],
    [['run', program, '--spin-ms', 'soon'], 'expected a number of milliseconds'],
    [['run', program, '--no-such-option'], "unknown option '--no-such-option'"],
    [['run'], "missing required argument 'program'"],
    [['walk', program], "unknown command 'walk'"],
    [[], 'Usage: charm4ts'],
  ];
  for (const [args, word] of commands) {
    it(`charm4ts ${args.map((arg) => arg.replace(program, 'app.ts') || "''").join(' ')}`, async () => {
      const { code, stdout, stderr } = await runCommand(args);
      assert.equal(code, 1);
      assert.equal(stdout, '');
      assert.ok(typeof word === 'string' ? stderr.includes(word) : word.test(stderr), stderr);
      assert.match(stderr, /--help/);
      assert.doesNotMatch(stderr, /\n\s+at /);
    });
  }
});

describe('runJob', () => {
  it('rejects a number of PEs that is none, before anything starts', async () => {
    for (const pes of [0, -1, 1.5, 1025, Number.NaN]) {
      await assert.rejects(runJob({ program: programPath('endings'), pes }), { name: 'UsageError', code: 'ERR_USAGE' });
    }
  });

  it('gives error, exit code and output of a failed job, and does not throw', async () => {
    const program = programPath('endings');
    const result = await runJob({ program, pes: 2, args: ['printAndFail'], stdout: 'capture' });
    assert.equal(result.exitCode, 1);
    assert.equal(result.stdout.trimEnd().split('\n').length, 2000);
    assert.equal(result.stderr.trimEnd().split('\n').length, 2);
    assert.match(formatReport(result.error), /^charm4ts: main on PE 0: Error: after printing \[ERR_MAIN_FAILED\]\n/);
  });

  it('ends a job that is interrupted before it has started', async () => {
    const result = await runJob({
      program: programPath('endings'),
      pes: 2,
      args: ['exit0'],
      signal: AbortSignal.abort(),
    });
    assert.equal(result.exitCode, 130);
  });
});

describe('runInThread', () => {
  it('does not throw for a program without main', async () => {
    const { exitCode, error } = await runInThread({ program: {}, pes: 2 });
    assert.equal(exitCode, 1);
    assert.match(formatReport(error), /no main.*\[ERR_PROGRAM\]/);
  });
});
