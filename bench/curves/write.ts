/** The files of a curve: `<curve>.json` with everything, `<curve>.csv` with a line a point, `<curve>-<panel>.svg`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Curve, CurveResult } from './curve.ts';
import { panelSvg } from './plot.ts';

/** Returns the paths. @throws Error of the system, with the path. */
export async function writeCurve(folder: string, curve: Curve, seed: number, result: CurveResult): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const { name, published, setting } = curve;
  const files: [string, string][] = [
    [`${name}.json`, `${JSON.stringify({ curve: name, seed, published, setting, ...result }, undefined, 1)}\n`],
    [`${name}.csv`, csv(result)],
    ...result.panels.map((panel): [string, string] => [`${name}-${panel.name}.svg`, panelSvg(panel)]),
  ];
  const paths = files.map(([file]) => join(folder, file));
  await Promise.all(files.map(([, text], i) => writeFile(paths[i]!, text)));
  return paths;
}

function csv({ panels }: CurveResult): string {
  const lines = panels.flatMap(({ name, series }) =>
    series.flatMap((one) => one.points.map(({ x, y }) => [name, one.name, x, y].map(field).join(','))),
  );
  return `panel,series,x,y\n${lines.join('\n')}\n`;
}

function field(value: string | number): string {
  const text = String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
