/**
 * What the manual shows must be true. Every complete program of README.md and docs/*.md is type-checked and run; the
 * ```text block behind it is what it must print:
 *
 *     ```text              exactly this, in this order
 *     ```text any order    these lines
 *     ```text fails        the job fails, and its report contains these lines
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { formatReport, type JobResult, type RankOptions, runJob } from '../../launch/index.ts';
import { type Block, type Page, type Program, parsePage, programsOf, readPages, root, scriptsOf } from './pages.ts';

const pages = readPages();
/** Pages that are lists and need no program. */
const withoutPrograms = ['docs/README.md', 'docs/errors.md', 'docs/benchmarks.md', 'docs/ampi-functions.md'];
const run = promisify(execFile);

function folderOf(project: string, page: Page): string {
  return join(project, page.path.replace(/\.md$/, ''));
}

/** A user's project that has charm4ts installed, with all programs of the manual in it. */
async function makeProject(): Promise<string> {
  const project = await mkdtemp(join(tmpdir(), 'charm4ts-docs-'));
  await writeFile(join(project, 'package.json'), '{ "type": "module" }\n');
  await mkdir(join(project, 'node_modules'));
  await symlink(root, join(project, 'node_modules/charm4ts'));
  // What a page says must be installed beside it.
  await symlink(join(root, 'node_modules/xstate'), join(project, 'node_modules/xstate'));
  const compilerOptions = { typeRoots: [join(root, 'node_modules/@types')], noEmit: true };
  const tsconfig = { extends: join(root, 'tsconfig.json'), compilerOptions, include: ['**/*.ts'], exclude: [] };
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify(tsconfig));
  for (const page of pages) {
    await mkdir(folderOf(project, page), { recursive: true });
    for (const { file, text } of [...programsOf(page), ...scriptsOf(page)])
      await writeFile(join(folderOf(project, page), file), text);
  }
  return project;
}

/** A program may say in a comment with which balancer it is to be run. */
function balancing(text: string, folder: string): { readonly balancer?: string } {
  const name = /^\/\/ charm4ts run .*--balancer (\S+)/m.exec(text)?.[1];
  if (name === undefined) return {};
  return { balancer: name.startsWith('./') ? join(folder, name) : name };
}

/** MPI programs say with how many ranks they are to be run. */
function ranks(text: string): { readonly ranks?: RankOptions } {
  const vp = /^\/\/ charm4ts ampi .*--vp (\d+)/m.exec(text)?.[1];
  return vp === undefined ? {} : { ranks: { vp: Number(vp) } };
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

/** Compares what a job did with what the page says. */
function compare(result: Pick<JobResult, 'exitCode' | 'error' | 'stdout'>, expected: Block | undefined): void {
  const report = result.error === undefined ? '' : formatReport(result.error);
  if (expected?.info === 'fails') {
    assert.notEqual(result.exitCode, 0, 'the page says that it fails');
    for (const line of linesOf(expected.text)) assert(report.includes(line), `no line "${line}" in\n${report}`);
    return;
  }
  assert.equal(report, '');
  assert.equal(result.exitCode, 0);
  if (expected?.info === 'any order') {
    assert.deepEqual(linesOf(result.stdout).sort(), linesOf(expected.text).sort());
  } else if (expected !== undefined) {
    assert.equal(result.stdout, expected.text);
  }
}

describe('the manual', () => {
  let project = '';
  before(async () => {
    project = await makeProject();
  });
  after(() => rm(project, { recursive: true, force: true }));

  it('has programs that pass the strict compiler', async () => {
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    await run(process.execPath, [compiler, '-p', project]).catch((error: { stdout?: string }) =>
      assert.fail(error.stdout ?? String(error)),
    );
  });

  for (const page of pages) {
    if (!withoutPrograms.includes(page.path)) {
      it(`${page.path} has a complete program`, () => assert(programsOf(page).length + scriptsOf(page).length > 0));
    }
    for (const { file, line, text, expected } of programsOf(page)) {
      it(`${page.path}, line ${line}: the program does what the page says`, async () => {
        const program = join(folderOf(project, page), file);
        compare(
          await runJob({
            program,
            pes: 2,
            stdout: 'capture',
            ...ranks(text),
            ...balancing(text, folderOf(project, page)),
          }),
          expected,
        );
      });
    }
    for (const script of scriptsOf(page)) {
      it(`${page.path}, line ${script.line}: the script does what the page says`, () => runScript(page, script));
    }
    it(`${page.path} has no dead links`, () => {
      const dead = page.links.filter((link) => !isAlive(page, link));
      assert.deepEqual(dead, []);
    });
  }

  async function runScript(page: Page, { file, expected }: Program): Promise<void> {
    const tsx = import.meta.resolve('tsx');
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const { stdout } = await run(process.execPath, ['--import', tsx, join(folderOf(project, page), file)], { env });
    if (expected !== undefined) compare({ exitCode: 0, error: undefined, stdout }, expected);
  }
});

function isAlive(page: Page, link: string): boolean {
  if (/^(https?|mailto):/.test(link)) return true;
  const [path, anchor] = link.split('#') as [string, string?];
  const target = path === '' ? page.path : normalize(join(dirname(page.path), path));
  if (!existsSync(join(root, target))) return false;
  if (anchor === undefined) return true;
  return pages.find((other) => other.path === target)?.anchors.has(anchor) ?? false;
}

describe('the checks of the manual', () => {
  const block = (info: string, text: string): Block => ({ language: 'text', info, line: 1, text });
  const ended = (stdout: string): JobResult => ({ exitCode: 0, error: undefined, stdout, stderr: '' });
  const failed: JobResult = { exitCode: 1, error: new Error('it is stuck'), stdout: '', stderr: '' };

  it('notice output that differs, a job that fails, and a job that should have failed', () => {
    compare(ended('a\nb\n'), block('', 'a\nb\n'));
    compare(ended('b\na\n'), block('any order', 'a\nb\n'));
    compare(failed, block('fails', 'it is stuck\n'));
    assert.throws(() => compare(ended('b\na\n'), block('', 'a\nb\n')));
    assert.throws(() => compare(ended('a\n'), block('any order', 'a\nb\n')));
    assert.throws(() => compare(failed, undefined));
    assert.throws(() => compare(ended(''), block('fails', '')));
    assert.throws(() => compare(failed, block('fails', 'another reason\n')));
  });

  it('find programs, what stands behind them, and links, but no links inside blocks', () => {
    const text = [
      '# A page, with `code`',
      '[there](other.md#part)',
      '```ts',
      '// app.ts',
      'export default async function main() {}',
      'see[0](1)',
      '```',
      '```text any order',
      'x',
      '```',
    ].join('\n');
    const page = parsePage('docs/page.md', text);
    assert.deepEqual(page.links, ['other.md#part']);
    assert(page.anchors.has('a-page-with-code'));
    const [program] = programsOf(page);
    assert.equal(program?.file, 'app.ts');
    assert.equal(program.expected?.info, 'any order');
    assert.equal(program.expected.text, 'x\n');
    assert(!isAlive(page, 'nowhere.md'));
    assert(!isAlive(page, 'README.md#no-such-heading'));
  });
});
