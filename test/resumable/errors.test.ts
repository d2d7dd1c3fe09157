/** What the compile step refuses, and what stack traces say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as runtime from '../../core/resumable/index.ts';
import { Promised, Status } from '../../core/resumable/promised.ts';
import { compileModule } from '../../resumable/compile/compile.ts';
import { compileSource } from '../../resumable/compile/program-source.ts';

const refused: readonly (readonly [string, RegExp])[] = [
  ['async function f() {\n  return arguments.length;\n}', /^2:9 f: `arguments`/],
  ['async function f(list) {\n  for await (const x of list) g(x);\n}', /^2:2 f: a `for await` loop/],
  ['const f = async function g(n) { return n > 0 ? g(n - 1) : 0; };', /^1:10 g: .* calls itself by its name g/],
  [
    'function f() {\n  return class {\n    async m() {}\n  };\n}',
    /^3:4 m: a method of a class that is declared in a function/,
  ],
  ['const o = {\n  async m() { return super.m(); },\n};', /^2:2 m: `super` in a method of an object literal/],
  ['async function f(code) {\n  return eval(code);\n}', /^2:9 f: a direct eval/],
];

for (const [source, expected] of refused) {
  test(`refused by name, line and column [${expected.source}]`, () => {
    const { refusals } = compileModule(source, { file: 'a.js', runtime: 'r' });
    assert.equal(refusals.length, 1);
    const [{ line, column, message }] = refusals as [(typeof refusals)[0]];
    assert.match(`${line}:${column} ${message}`, expected);
  });
}

test('refusals name the lines of the TypeScript file', async () => {
  const source =
    'interface A {\n  a: number;\n}\n\n\nasync function f(x: A): Promise<number> {\n  return arguments.length + x.a;\n}\nexport { f };\n';
  const { refusals } = await compileSource('/a/b.ts', source);
  assert.deepEqual(
    refusals.map(({ line, column }) => [line, column]),
    [[7, 9]],
  );
});

test('an error that passes through awaits names those that wait for it', () => {
  const source = `
async function inner(wait) {
  await wait;
  throw new Error('deep');
}
async function outer(wait) {
  return 1 + (await inner(wait));
}`;
  const { code } = compileModule(source, { file: 'stack.js', runtime: 'r' });
  const body = code.replace(/^import .*$/m, '');
  const outer = new Function('$r', `${body}\nreturn outer;`)(runtime) as (wait: Promised) => runtime.Activation;
  const wait = new Promised(undefined);
  const call = outer(wait);
  call.isAsked = true;
  wait.settleFor(Status.fulfilled, 1)?.goOn();
  assert.equal(call.status, Status.rejected);
  assert.match((call.value as Error).stack!, /at inner[\s\S]*at async outer \(stack\.js:7:15\)/);
});
