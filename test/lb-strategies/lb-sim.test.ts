import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const stencil = join(root, 'test/lb-strategies/cases/stencil16-hot.json');
let folder = '';

interface Run {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

function lbSim(...args: string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['dist/cli/main.js', 'lb-sim', ...args], { cwd: root }, (error, stdout, stderr) =>
      resolve({ stdout, stderr, code: error === null ? 0 : Number(error.code) }),
    );
  });
}

function rows({ stdout }: Run): Record<string, unknown>[] {
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lb-sim-'));
});

after(() => rm(folder, { recursive: true }));

describe('charm4ts lb-sim', () => {
  it('prints ours beside the answers of Charm++ as a table', async () => {
    const { stdout, code } = await lbSim(stencil, '--strategy', 'RefineComm,GreedyLB');
    assert.equal(code, 0);
    assert.match(stdout, /^stencil16-hot: 256 objects on 8 PEs, 960 edges\nstrategy +max\/avg +external bytes/);
    assert.match(stdout, /^before +1\.9649 +229 376 +224 +0$/m);
    assert.match(stdout, /^RefineCommLB \(Charm\+\+ 6\.10\) +1\.0000 +362 496 +354 +45 +0\.00021$/m);
    assert.match(stdout, /^GreedyLB +1\.0000/m);
  });

  it('prints one JSON object a line with --json', async () => {
    const lines = rows(await lbSim(stencil, '--strategy', 'Refine', '--json'));
    assert.deepEqual(Object.keys(lines[1]!), [
      'case',
      'strategy',
      'maxOverAvg',
      'externalBytes',
      'externalMessages',
      'migrations',
      'seconds',
    ]);
    assert.deepEqual(
      lines.map((line) => line['strategy']),
      ['before', 'Refine', 'RefineLB (Charm++ 6.10)'],
    );
  });

  it('changes the number of PEs: objects of missing ones start on pe % n', async () => {
    const [four] = rows(await lbSim(stencil, '--pes', '4', '--json', '--strategy', 'Dummy'));
    const [sixteen] = rows(await lbSim(stencil, '--pes', '16', '--json', '--strategy', 'Dummy'));
    assert(Number(four!['maxOverAvg']) < 1.9649);
    assert.equal(Number(sixteen!['maxOverAvg']).toFixed(3), (2 * 1.9649).toFixed(3));
  });

  it('runs a strategy from a file, and names the moves it refuses', async () => {
    const mine = join(folder, 'mine.ts');
    const source = `import type { Strategy } from 'charm4ts/lb';
export const strategy: Strategy = ({ objects }) => [{ object: objects.count, to: 0 }, { object: 0, to: 1 }];`;
    await writeFile(mine, source);
    const run = await lbSim(stencil, '--strategy', mine, '--json');
    assert.equal(run.code, 0, run.stderr);
    const [, line] = rows(run);
    assert.equal(line!['migrations'], 1);
    assert.equal(line!['refused'], 1);
    assert.match(run.stderr, /1 moves refused\n {2}- there is no object 256: objects are 0 to 255/);
  });

  it('writes a page that stands alone', async () => {
    const html = join(folder, 'page.html');
    await lbSim(stencil, '--strategy', 'RefineComm', '--html', html);
    const text = await readFile(html, 'utf8');
    assert.match(text, /^<!doctype html>/);
    assert.match(text, /<figcaption>before<\/figcaption>/);
    assert.match(text, /<figcaption>RefineComm<\/figcaption>/);
    assert.doesNotMatch(text, /src=|https?:/);
  });

  it('says what is wrong with a file or a name, goes on with the others, and exits with 1', async () => {
    const broken = join(folder, 'broken.json');
    await writeFile(broken, '{"name":"b","pes":2,"objects":[[1,9,1]],"communication":[]}');
    const run = await lbSim(broken, stencil, '--strategy', 'Dummy', '--json');
    assert.equal(run.code, 1);
    assert.match(run.stderr, /broken\.json: \$\.objects\[0\]\[1\]: expected 0 or 1, got 9/);
    assert.equal(rows(run)[0]!['case'], 'stencil16-hot');
    const unknown = await lbSim(stencil, '--strategy', 'Gready');
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /there is no strategy Gready\. There are: Block/);
  });

  it('says what to do about a file that is not there, a folder, an empty file, and one that may not be read', async () => {
    const [empty, secret] = [join(folder, 'empty.json'), join(folder, 'secret.json')];
    await writeFile(empty, '\n');
    await writeFile(secret, '{}');
    await chmod(secret, 0);
    const run = await lbSim(join(folder, 'nope.json'), folder, empty, secret, stencil, '--strategy', 'Dummy', '--json');
    assert.equal(run.code, 1);
    assert.match(run.stderr, /nope\.json: there is no such file \(looked in .+\)\. Give a recorded balancing step/);
    assert(run.stderr.includes(`${folder}: is a folder. Name the files in it, for instance with *.json.`), run.stderr);
    assert.match(run.stderr, /empty\.json: the file is empty\. Give a recorded balancing step/);
    // Root may read anything, and then finds that it is no dump.
    const isRoot = process.getuid?.() === 0;
    assert.match(run.stderr, isRoot ? /secret\.json: \$\.pes: is missing/ : /secret\.json: may not be read/);
    assert.doesNotMatch(run.stderr, /ENOENT|EISDIR|EACCES/);
    assert.equal(rows(run)[0]!['case'], 'stencil16-hot');
  });

  it('reports a strategy that throws, and exits with 1', async () => {
    const faulty = join(folder, 'faulty.mjs');
    await writeFile(faulty, 'export default () => { throw new Error("no idea"); };');
    const run = await lbSim(stencil, '--strategy', faulty, '--json');
    assert.equal(run.code, 1);
    assert.match(run.stderr, /faulty\.mjs failed: no idea/);
  });
});
