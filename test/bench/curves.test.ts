/** The curves of the literature: what they write, and what must hold of them whatever the seed. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { CurveContext, Panel } from '../../bench/curves/curve.ts';
import { cutRows, rowSeconds } from '../../bench/curves/device-cycles.ts';
import { curves } from '../../bench/curves/index.ts';
import { panelSvg } from '../../bench/curves/plot.ts';
import { simulate } from '../../bench/curves/simulate.ts';
import { runTasks } from '../../bench/curves/tasks.ts';
import { shippedNetworks } from '../../transports/sim/shipped-networks.ts';
import { runCommand } from '../faults/command.ts';

const folder = mkdtempSync(join(tmpdir(), 'charm4ts-curves-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const context: CurveContext = {
  isQuick: true,
  seed: 1,
  signal: new AbortController().signal,
  progress: () => undefined,
};

function curve(name: string): (typeof curves)[number] {
  return curves.find((one) => one.name === name)!;
}

describe('charm4ts bench curves', () => {
  it('writes JSON, CSV and SVG, and says what was published and what is shown', async () => {
    const { code, stdout, stderr } = await runCommand([
      'bench',
      'curves',
      'migrated-traffic',
      '--quick',
      '--out',
      folder,
    ]);
    assert.equal(stderr, '');
    assert.equal(code, 0);
    assert.match(stdout, /published: /);
    assert.match(stdout, /here: /);
    const json = JSON.parse(readFileSync(join(folder, 'migrated-traffic.json'), 'utf8')) as { panels: Panel[] };
    const points = json.panels.flatMap(({ series }) => series.flatMap((one) => one.points));
    const lines = readFileSync(join(folder, 'migrated-traffic.csv'), 'utf8').trimEnd().split('\n');
    assert.equal(lines[0], 'panel,series,x,y');
    assert.equal(lines.length, 1 + points.length);
    for (const { name } of json.panels)
      assert.match(readFileSync(join(folder, `migrated-traffic-${name}.svg`), 'utf8'), /^<svg .*<\/svg>\n$/s);
  });

  it('says which curves there are when it does not know one', async () => {
    const { code, stderr } = await runCommand(['bench', 'curves', 'speed']);
    assert.equal(code, 1);
    for (const { name } of curves) assert.ok(stderr.includes(name));
  });

  it('is the same for the same seed', async () => {
    const [first, second] = [
      await curve('migrated-traffic').run(context),
      await curve('migrated-traffic').run(context),
    ];
    assert.deepEqual(second, first);
  });
});

describe('traffic after a migration', () => {
  it('is as fast as that of chares that never moved', async () => {
    const { panels } = await curve('migrated-traffic').run(context);
    for (const { name, series } of panels) {
      const [fresh, ...others] = series;
      for (const moved of others.slice(0, 3)) {
        for (const [i, { y }] of moved.points.entries())
          assert.ok(
            Math.abs(y / fresh!.points[i]!.y - 1) < 0.03,
            `${name}, ${moved.name}: ${y}, fresh ${fresh!.points[i]!.y}`,
          );
      }
    }
  });
});

describe('the cut of the device', () => {
  for (const cut of ['equal', 'by rows'] as const) {
    it(`${cut}: every strip has rows, and every row a strip`, () => {
      for (const strips of [1, 2, 37, 80, 640]) {
        const starts = cutRows(strips, cut);
        assert.equal(starts.length, strips + 1);
        assert.equal(starts[0], 0);
        assert.equal(starts.at(-1), rowSeconds.length);
        for (let strip = 0; strip < strips; strip++) assert.ok(starts[strip + 1]! > starts[strip]!);
      }
    });
  }
});

describe('a simulated host', () => {
  const gigabit = shippedNetworks.find(({ name }) => name === 'gigabit')!;
  const memory = { bytesPerHost: 1000, slowdown: 5 };
  const secondsOf = async (sizes: readonly number[], pes: number): Promise<number> => {
    const tasks = sizes.map((bytes) => ({ seconds: 10, bytes }));
    return (await simulate(runTasks(tasks, 0.1, 1), { pes, network: { ...gigabit, memory } })).value;
  };

  it('computes as fast as ever while its chares fit its memory', async () => {
    const seconds = await secondsOf([500, 500], 1);
    assert.ok(Math.abs(seconds - 20) < 0.1, `${seconds} s`);
  });

  it('pages when they need more: at twice its memory by the factor of its description', async () => {
    const seconds = await secondsOf([2000], 1);
    assert.ok(Math.abs(seconds - 50) < 0.1, `${seconds} s`);
  });

  it('has memory of its own, beside the other hosts', async () => {
    const seconds = await secondsOf([1000, 1000], 2);
    assert.ok(Math.abs(seconds - 10) < 0.1, `${seconds} s`);
  });
});

describe('a panel', () => {
  it('shows names as text, whatever is in them', () => {
    const svg = panelSvg({
      name: 'p',
      title: 'a < b & "c"',
      x: { label: 'x', isLog: true },
      y: { label: '<script>' },
      series: [{ name: '<img>', points: [{ x: 1, y: 0 }] }],
    });
    assert.ok(!/<script|<img/.test(svg));
    assert.match(svg, /a &lt; b &amp; /);
  });
});
