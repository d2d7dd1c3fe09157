/** The spellings of Charm++'s command line: what becomes of each, and of what nobody knows. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { charmOptions } from '../../cli/charm-options/table.ts';
import { type Translation, translateCharmOptions } from '../../cli/charm-options/translate.ts';
import { check } from '../support/property.ts';

const allFlags = new Set([
  ...charmOptions.flatMap(({ flag }) => (flag === undefined || flag === '--restart' ? [] : [flag])),
  '--nodes',
]);

function translate(line: string, flags: ReadonlySet<string> = allFlags): Translation {
  return translateCharmOptions(line.split(' '), flags);
}

function ours(line: string, flags?: ReadonlySet<string>): string {
  const { argv, notes, error } = translate(line, flags);
  assert.deepEqual([notes, error], [[], undefined], line);
  return argv.join(' ');
}

describe('the options of Charm++', () => {
  const same: readonly (readonly [string, string])[] = [
    ['+p4 app.ts', 'app.ts --pes=4'],
    ['app.ts +p 4 x', 'app.ts x --pes=4'],
    ['app.ts ++p=4', 'app.ts --pes=4'],
    ['app.ts +P4', 'app.ts --pes=4'],
    ['app.ts +p8 ++ppn 2', 'app.ts --pes=2 --nodes=4'],
    ['app.ts ++n 2 ++ppn4', 'app.ts --pes=4 --nodes=2'],
    ['app.ts ++n 2 +p6', 'app.ts --pes=3 --nodes=2'],
    ['app.ts ++ppn 3', 'app.ts --pes=3'],
    ['app.ts ++n 3', 'app.ts --pes=1 --nodes=3'],
    ['app.ts +p4 ++ppn 4', 'app.ts --pes=4'],
    [
      '+balancer GreedyLB app.ts +balancer ./mine.ts +LBPeriod 0.5',
      'app.ts --lb-period=0.5 --balancer GreedyLB,./mine.ts',
    ],
    ['app.ts +LBDebug 2 mesh +LBDebug', 'app.ts --lb-debug mesh --lb-debug'],
    ['app.ts +traceroot traces +LBPeriod.5', 'app.ts --trace=traces --lb-period=.5'],
    ['app.ts +CmiSleepOnIdle', 'app.ts --spin-ms=0'],
    ['+record d app.ts', '--record=d app.ts'],
    ['app.ts +5 -- +p4 +blancer', 'app.ts +5 -- +p4 +blancer'],
    ['++help', '--help'],
  ];
  for (const [theirs, expected] of same) it(`${theirs} is ${expected}`, () => assert.equal(ours(theirs), expected));

  it('lay out nodes where the command has them', () => {
    const flags = new Set(['--pes', '--pes-per-node']);
    assert.equal(ours('app.ts +p8 ++ppn 2', flags), 'app.ts --pes=8 --pes-per-node=2');
    assert.match(translate('app.ts +p9 ++ppn 2').error ?? '', /9 PEs can't be shared out/);
  });

  it('that change nothing say why, unless they shall be quiet', () => {
    const { argv, notes, error } = translate('app.ts +pemap L0-3 x +setcpuaffinity');
    assert.deepEqual([argv.join(' '), error], ['app.ts x', undefined]);
    assert.match(notes.join('\n'), /^\+pemap changes nothing: .*taskset.*\n\+setcpuaffinity changes nothing/);
    assert.deepEqual(translate('app.ts +pemap L0-3 ++quiet').notes, []);
  });

  const refused: readonly (readonly [string, RegExp])[] = [
    ['app.ts +restart d', /there are no checkpoints yet/],
    ['app.ts ++nodelist hosts', /on this machine/],
    ['app.ts +lifo', /first come, first served/],
    ['app.ts +p', /\+p needs a value/],
    ['app.ts +LBPeriod --shuffle', /\+LBPeriod needs a value/],
    ['app.ts +pfour', /unknown option '\+pfour'/],
    ['app.ts +p=four', /\+p takes a number from 1 on, not four/],
    ['app.ts +p0', /\+p takes a number from 1 on/],
    ['app.ts +blancer X', /unknown option '\+blancer'. Did you mean \+balancer\?/],
    ['app.ts ++pnn 2', /Did you mean \+\+ppn\?/],
    ['app.ts +tracerot d', /Did you mean \+traceroot\?/],
    ['app.ts +completelyDifferent', /unknown option '\+completelyDifferent'. \(What begins/],
  ];
  for (const [line, message] of refused)
    it(`${line} is refused`, () => assert.match(translate(line).error ?? 'no error', message));

  it('that need a flag which a command does not have are refused', () =>
    assert.match(
      translate('app.ts +balancer X', new Set(['--pes'])).error ?? '',
      /would be --balancer, which this command does not have/,
    ));

  it('leave every other word alone, in order', () =>
    check(fc.array(fc.stringMatching(/^[^+][ -~]*$/)), (words) => {
      assert.deepEqual(translateCharmOptions(words, allFlags), { argv: words, notes: [], error: undefined });
    }));

  it('all stand in the manual, and no other does', () => {
    const page = readFileSync(new URL('../../docs/command-line.md', import.meta.url), 'utf8');
    const rows = page
      .slice(page.indexOf('## As in Charm++'))
      .split('\n')
      .filter((line) => line.startsWith('| `'));
    const shown = rows.flatMap((row) =>
      [...row.split('|')[1]!.matchAll(/\+\+?[A-Za-z][\w-]*/g)].map(([name]) => name.replace(/^\+p4$/, '+p')),
    );
    const known = charmOptions.flatMap(({ names }) => names);
    assert.deepEqual([...new Set(shown)].sort(), [...known].sort());
    assert.equal(new Set(known).size, known.length, 'an option stands twice in the table');
  });
});
