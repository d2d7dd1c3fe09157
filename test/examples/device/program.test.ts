/** The program as a user runs it. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type JobResult, runJob } from 'charm4ts/run';
import { reduced, shippedText } from './devices.ts';

const program = new URL('../../../examples/device/device.ts', import.meta.url);

function run(...args: string[]): Promise<JobResult> {
  return runJob({ program, args, pes: 2, stdout: 'capture' });
}

describe('the program', () => {
  const folder = mkdtempSync(join(tmpdir(), 'device-'));
  const file = join(folder, 'small.json');
  const out = join(folder, 'results');
  let result: JobResult;
  before(async () => {
    const sweep = { reverse: { toVolts: -1, stepVolts: 0.5 }, forward: { toVolts: 0.6, stepVolts: 0.05 } };
    const device = reduced('one-sided', { coarser: 3, strips: 10, sweep });
    writeFileSync(file, JSON.stringify(device));
    result = await run(file, '--out', out);
    assert.equal(result.exitCode, 0, `${result.error?.message ?? ''} ${result.stderr}`);
  });
  after(() => rmSync(folder, { recursive: true }));

  const table = (name: string): string[][] =>
    readFileSync(join(out, name), 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(','));

  it('shows a line of progress for every bias point, in a pipe', () => {
    assert.match(result.stdout, /^ 1\/15 +0\.000 V +0\.000e\+0 A\/cm2 .* s$/m);
    assert.match(result.stdout, /^15\/15 +0\.600 V/m);
    assert.ok(!result.stdout.includes('\r'));
  });

  it('says how the result compares with theory, and where the time went', () => {
    assert.match(result.stdout, /ok {4}built-in potential +0\.83\d\d V +theory 0\.83\d\d/);
    assert.match(result.stdout, /PE 0 .* busy/);
    assert.match(result.stdout, /PE 1 .* busy/);
    assert.ok(!result.stdout.includes('FAIL'));
  });

  it('writes the tables and the report', () => {
    const files = ['bands.csv', 'electrons.csv', 'holes.csv', 'iv.csv', 'potential.csv', 'report.html'];
    assert.deepEqual(readdirSync(out).sort(), files);
    const currents = table('iv.csv');
    assert.deepEqual(currents[0]!.slice(0, 2), ['voltage_V', 'current_A_per_cm2']);
    assert.deepEqual(
      currents.slice(1).map(([volts]) => volts),
      ['-1', '-0.5', '0', ...Array.from({ length: 12 }, (_, i) => String(Number((0.05 * (i + 1)).toFixed(2))))],
    );
    const map = table('potential.csv');
    assert.deepEqual(map[0], [
      'depth_um',
      'lateral_um',
      'potential_V_at_-1_V',
      'potential_V_at_0_V',
      'potential_V_at_0.6_V',
    ]);
    for (const row of map) assert.equal(row.length, 5);
  });

  it('makes a report that needs no other file', () => {
    const html = readFileSync(join(out, 'report.html'), 'utf8');
    assert.ok(!/\b(src|href)=|@import|url\((?!#)/.test(html));
    const withoutScript = html.slice(0, html.indexOf('<script type="module">'));
    assert.ok(!/NaN|undefined|Infinity/.test(withoutScript));
    for (const title of ['Against theory', 'Forward current', 'Bands at 0 V', 'potential at -1 V', 'Time per PE'])
      assert.ok(html.includes(title), title);
  });

  it('prints JSON alone if asked', async () => {
    const { stdout, stderr, exitCode } = await run(file, '--out', out, '--json', '--strips', '4');
    assert.equal(exitCode, 0);
    const summary = JSON.parse(stdout) as { strips: number; points: unknown[]; busySecondsByPe: number[] };
    assert.equal(summary.strips, 4);
    assert.equal(summary.points.length, 15);
    assert.equal(summary.busySecondsByPe.length, 2);
    assert.match(stderr, /^15\/15 /m);
  });

  it('says what balancing has saved, as text and as JSON', async () => {
    const balanced = { program, pes: 2, stdout: 'capture', balancer: 'RefineComm' } as const;
    const text = await runJob({ ...balanced, args: [file, '--out', out] });
    assert.match(text.stdout, /RefineComm: 3 steps moved \d+ strips; busiest PE to average \d\.\d\d before/);
    assert.match(
      text.stdout,
      /balancing saved (about -?\d+\.\d of \d+\.\d s \(-?\d+ %\)|nothing that shows), by the clock: a linear iteration takes \d+\.\d\d ms, and \d+\.\d\d ms with/,
    );
    const { stdout } = await runJob({ ...balanced, args: [file, '--out', out, '--json'] });
    const { balancing, savings } = JSON.parse(stdout) as {
      balancing: { strategy: string; after: number }[];
      savings: { trial: { balanced: number; unmoved: number }; balancedSeconds: number };
    };
    assert.ok(savings.trial.balanced > 0 && savings.trial.unmoved > 0 && savings.balancedSeconds > 0);
    assert.deepEqual(
      balancing.map(({ strategy }) => strategy),
      ['RefineComm', 'RefineComm', 'RefineComm'],
    );
  });

  it('is balanced as `npm start`', () => {
    const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
    const { scripts } = JSON.parse(text) as { scripts: { start: string } };
    assert.match(scripts.start, /--balancer RefineComm examples\/device\/device\.ts$/);
  });

  it('refuses a wrong device file with the place and the range', async () => {
    const wrong = join(folder, 'wrong.json');
    writeFileSync(wrong, shippedText('abrupt').replace('"stepVolts": 0.025', '"stepVolts": -1'));
    const { exitCode, stderr } = await run(wrong);
    assert.equal(exitCode, 2);
    assert.ok(stderr.endsWith('wrong.json: $.sweep.forward.stepVolts is -1; it must be a number from 0.001 to 10 V\n'));
  });

  it('refuses a device that there is not, and names those there are', async () => {
    const { exitCode, stderr } = await run('abrubt');
    assert.equal(exitCode, 2);
    assert.equal(stderr, 'there is no device file "abrubt"; shipped are abrupt, fine-mesh, one-sided\n');
  });

  it('refuses wrong options', async () => {
    const { exitCode, stderr } = await run('--strips', '0');
    assert.equal(exitCode, 2);
    assert.match(stderr, /^command line: --strips is 0; it must be a whole number from 1 to 133/);
    assert.match((await run('--strip', '3')).stderr, /unknown option '--strip'/);
  });

  it('explains itself', async () => {
    const { exitCode, stdout } = await run('--help');
    assert.equal(exitCode, 0);
    for (const word of ['--out', '--strips', '--json', 'one-sided']) assert.ok(stdout.includes(word), word);
  });
});
