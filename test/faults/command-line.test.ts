/** The command itself: what is typed wrongly is told, and what a script wants it gets. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { programPath, runCommand } from './command.ts';

const hello = fileURLToPath(new URL('../../examples/hello.ts', import.meta.url));

async function told(args: readonly string[], expected: RegExp): Promise<void> {
  const { code, stdout, stderr } = await runCommand(args);
  assert.deepEqual([code, stdout], [1, '']);
  assert.match(stderr, expected);
}

describe('the command line', () => {
  it('says what a command could have been', async () => {
    await told(['rnu', hello], /unknown command 'rnu'\n\(Did you mean run\?\)/);
    await told(['app.ts', '--pes', '2'], /unknown command 'app.ts'\n\(Did you mean charm4ts run app.ts --pes 2\?\)/);
  });

  it('says what an option could have been', async () => {
    await told(['run', hello, '--pse', '2'], /unknown option '--pse'\n\(Did you mean --pes\?\)/);
    await told(['run', hello, '+blancer', 'X'], /unknown option '\+blancer'. Did you mean \+balancer\?/);
  });

  it('says how to hand an option to the program', async () => {
    await told(
      ['run', hello, 'mesh', '--out', 'x'],
      /unknown option '--out'\n\(What is meant for the program goes behind --:\n {4}charm4ts run \S+hello.ts mesh -- --out x/,
    );
    await told(['sim', hello, '--pes', '2', '--deep=3'], /charm4ts sim \S+hello.ts --pes 2 -- --deep=3/);
    const { stderr } = await runCommand(['run', '--out', 'x', hello]);
    assert.doesNotMatch(stderr, /goes behind --/);
  });

  it('runs what is typed as for charmrun', async () => {
    const { code, stdout, stderr } = await runCommand(['+p2', hello, '+pemap', '0-1']);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /hello from PE 1 of 2/);
    assert.match(stderr, /^charm4ts: note: \+pemap changes nothing: [^\n]*\n$/);
  });

  it('tells the options of Charm++ to charm4ts sim too', async () => {
    const { code, stdout } = await runCommand(['sim', hello, '+p4', '++ppn', '2', '--json']);
    assert.equal(code, 0);
    assert.equal(JSON.parse(stdout.trim().split('\n').at(-1)!).nodes, 2);
  });

  it('ends with one JSON object if asked to', async () => {
    const good = await runCommand(['run', hello, '+p2', '--json']);
    const { seconds, ...rest } = JSON.parse(good.stdout.trim().split('\n').at(-1)!) as Record<string, unknown>;
    assert.deepEqual(rest, { program: hello, nodes: 1, pes: 2, exitCode: 0 });
    assert(typeof seconds === 'number' && seconds > 0);
    const bad = await runCommand(['run', programPath('usage'), '--pes', '2', '--json', 'rangeFlat']);
    const { exitCode, error } = JSON.parse(bad.stdout.trim().split('\n').at(-1)!) as {
      readonly exitCode: number;
      readonly error: Readonly<Record<string, unknown>>;
    };
    assert.deepEqual([exitCode, error['code'], error['place']], [1, 'ERR_MAIN_FAILED', { pe: 0, chare: 'main' }]);
    assert.equal(`${error['report']}\n`, bad.stderr);
  });
});
