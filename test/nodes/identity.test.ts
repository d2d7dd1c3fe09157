/** Nodes that are not alike: what each says it is and has loaded is changed on its way to the launcher. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { compareIdentities, comparePrograms, type NodeProgram, programHash } from '../../launch/nodes/node-identity.ts';
import { assertReport, runCommand } from '../faults/command.ts';

const ring = fileURLToPath(new URL('../../examples/ring.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'charm4ts-identity-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Loaded by node processes: the one that comes first to make the folder says something else. */
function changing(name: string, message: string, change: string): string {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(
    file,
    `import { mkdirSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
if (isMainThread && process.argv[1]?.includes('node-process')) {
  let isFirst = true;
  try { mkdirSync(${JSON.stringify(join(folder, name))}); } catch { isFirst = false; }
  const send = process.send;
  if (isFirst) process.send = (said, ...rest) => {
    if (said.kind === ${JSON.stringify(message)}) { ${change} }
    return send.call(process, said, ...rest);
  };
}
`,
  );
  return file;
}

function run(name: string, message: string, change: string) {
  const preload = pathToFileURL(changing(name, message, change)).href;
  return runCommand(['run', ring, '--nodes', '3', '--pes', '1'], { env: { NODE_OPTIONS: `--import=${preload}` } });
}

describe('a job whose nodes differ', { concurrency: 2 }, () => {
  it('does not start with another version of charm4ts on one of them, and says where', async () => {
    const ended = await run('version', 'hello', "said.identity = { ...said.identity, charm4ts: '0.0.1' };");
    assertReport(ended, [
      "the nodes of this job can't work together",
      'charm4ts: ',
      /0\.0\.1 on node \d/,
      'the launcher and nodes',
      'ERR_VERSION_MISMATCH',
    ]);
  });

  it('does not start with another class on one of them, and says where', async () => {
    const ended = await run('classes', 'loaded', "said.description = [...said.description, 'class Extra: go'];");
    assertReport(ended, [
      'the program differs between nodes',
      /only on node \d: class Extra: go/,
      'ERR_REGISTRY_MISMATCH',
    ]);
  });

  it('does not start with another program on one of them, and says where', async () => {
    const ended = await run('hash', 'loaded', "said.hash = 'feedfacefeedface';");
    assertReport(ended, [
      /the program: .*feedfacefeedface on node \d/,
      /[0-9a-f]{16} on nodes \d, \d/,
      'ERR_REGISTRY_MISMATCH',
    ]);
  });
});

describe('the comparison of nodes', () => {
  const identity = { charm4ts: '1.0.0', frames: '1' };

  it('finds nothing where all are alike', () => {
    assert.equal(
      compareIdentities(
        new Map([
          [-1, identity],
          [0, identity],
          [1, { ...identity }],
        ]),
      ),
      undefined,
    );
    const program: NodeProgram = { description: ['class A: go', 'reducer max'], hash: 'ab' };
    const inBrowser: NodeProgram = { ...program, hash: undefined };
    assert.equal(
      comparePrograms(
        new Map([
          [0, program],
          [1, inBrowser],
        ]),
      ),
      undefined,
    );
  });

  it('lists every difference, with the nodes that have it', () => {
    const error = compareIdentities(
      new Map([
        [-1, identity],
        [0, identity],
        [1, { ...identity, frames: '2' }],
        [2, { charm4ts: '1.1.0', frames: '2' }],
      ]),
    );
    assert.equal(error?.code, 'ERR_VERSION_MISMATCH');
    assert.match(
      error.message,
      /charm4ts: 1\.0\.0 on the launcher and nodes 0, 1, 1\.1\.0 on node 2\n {2}frames: 1 on the launcher and node 0, 2 on nodes 1, 2/,
    );
    const programs = comparePrograms(
      new Map([
        [0, { description: ['class A: go', 'class B: run'], hash: 'ab' }],
        [1, { description: ['class A: go stop', 'class B: run'], hash: 'cd' }],
      ]),
    );
    assert.match(
      programs!.message,
      /only on node 0: class A: go\n {2}only on node 1: class A: go stop\n {2}the program: ab on node 0, cd on node 1/,
    );
  });

  it('takes programs for the same that differ in comments and source maps only', async () => {
    const hashes = await Promise.all(
      [
        '// one/way.ts\nconst a = 1;\n//# sourceMappingURL=data:x',
        '// another/way.ts\nconst a = 1;\n',
        'const a = 2;',
      ].map((text, i) => {
        const file = join(folder, `program-${i}.mjs`);
        writeFileSync(file, text);
        return programHash(pathToFileURL(file).href);
      }),
    );
    assert.equal(hashes[0], hashes[1]);
    assert.notEqual(hashes[1], hashes[2]);
    assert.equal(hashes[0]!.length, 16);
  });
});
