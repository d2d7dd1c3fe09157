/**
 * A page that stands alone and shows what strategies did: for each case, the load of each PE and what it exchanges with
 * others, before and after. Scales are the same within a case, so that bars compare. Colours are told apart by people
 * who do not see red and green, and follow the light or dark setting of the browser.
 */
import type { Dump } from '../../lb-strategies/index.ts';
import { peLoads, peTraffic } from '../../lb-strategies/quality.ts';
import type { Row } from './simulate.ts';

export interface Picture {
  readonly dump: Dump;
  readonly rows: readonly Row[];
  readonly placements: ReadonlyMap<string, Int32Array>;
}

/** More PEs than this are drawn in groups, each as its largest. */
const barsMax = 256;
const width = 640;
const height = 90;

export function page(pictures: readonly Picture[]): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>charm4ts lb-sim</title>
<style>${style}</style>
<h1>Load balancing, before and after</h1>
<p><span class="key load"></span> load of a PE &nbsp; <span class="key traffic"></span> bytes it exchanges with other PEs
&nbsp; <span class="key average"></span> average load</p>
${pictures.map(section).join('\n')}
</html>
`;
}

const style = `
:root { color-scheme: light dark; --load: #0072b2; --traffic: #e69f00; --line: #000; --text: #222; --back: #fff; --frame: #ddd; }
@media (prefers-color-scheme: dark) { :root { --load: #56b4e9; --line: #fff; --text: #ddd; --back: #16181c; --frame: #3a3d44; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); max-width: 1360px; margin: 2em auto; padding: 0 1em; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .15em .8em; border-bottom: 1px solid var(--frame); }
th:first-child, td:first-child { text-align: left; }
.charts { display: flex; flex-wrap: wrap; gap: 1em; }
figure { margin: 1em 0; flex: 1 1 ${width}px; min-width: 0; }
svg { width: 100%; height: auto; border: 1px solid var(--frame); display: block; margin-top: .3em; }
.load { fill: var(--load); background: var(--load); } .traffic { fill: var(--traffic); background: var(--traffic); }
.average { stroke: var(--line); stroke-dasharray: 4 3; background: var(--line); }
.key { display: inline-block; width: .8em; height: .8em; }`;

function section({ dump, rows, placements }: Picture): string {
  const { statistics } = dump;
  const shown = [...placements].map(([name, placement]) => ({
    name,
    load: grouped(peLoads(statistics, placement, true)),
    traffic: grouped(peTraffic(statistics, placement)),
  }));
  const loadMax = Math.max(...shown.flatMap(({ load }) => load));
  const trafficMax = Math.max(...shown.flatMap(({ traffic }) => traffic));
  const average = peLoads(statistics, statistics.objects.pe, true).reduce(
    (sum, load) => sum + load / statistics.pes.count,
    0,
  );
  const charts = shown.map(
    ({ name, load, traffic }) => `<figure><figcaption>${escaped(name)}</figcaption>
${chart(load, loadMax, 'load', average)}${chart(traffic, trafficMax, 'traffic')}</figure>`,
  );
  const { objects, pes, edges } = statistics;
  return `<h2>${escaped(dump.name)}</h2>
<p>${objects.count} objects on ${pes.count} PEs, ${edges.count} edges</p>
<table><tr><th>strategy<th>max/avg<th>external bytes<th>messages<th>migrations<th>seconds</tr>
${rows.map(line).join('\n')}</table>
<div class="charts">${charts.join('\n')}</div>`;
}

function line(row: Row): string {
  const numbers = [row.externalBytes, row.externalMessages, row.migrations].map((value) => Math.round(value));
  return `<tr><td>${escaped(row.strategy)}<td>${row.maxOverAvg.toFixed(4)}<td>${numbers.join('<td>')}<td>${row.seconds ?? ''}</tr>`;
}

/** Bars of one quantity; each tells its PE and value to whoever points at it. */
function chart(values: readonly number[], max: number, kind: 'load' | 'traffic', average?: number): string {
  const step = width / values.length;
  const bars = values.map((value, index) => {
    const bar = max === 0 ? 0 : (value / max) * (height - 4);
    const box = `x="${(index * step).toFixed(2)}" y="${(height - bar).toFixed(2)}" width="${(step * 0.86).toFixed(2)}" height="${bar.toFixed(2)}"`;
    return `<rect ${box}><title>${kind} ${index}: ${Number(value.toPrecision(5))}</title></rect>`;
  });
  const y = average === undefined || max === 0 ? undefined : (height - (average / max) * (height - 4)).toFixed(2);
  const mark = y === undefined ? '' : `<line class="average" x1="0" x2="${width}" y1="${y}" y2="${y}"/>`;
  const label = kind === 'load' ? 'load of each PE' : 'bytes each PE exchanges with others';
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}"><g class="${kind}">${bars.join('')}</g>${mark}</svg>`;
}

function grouped(values: Float64Array): number[] {
  const size = Math.ceil(values.length / barsMax);
  const groups: number[] = [];
  for (let first = 0; first < values.length; first += size)
    groups.push(Math.max(...values.subarray(first, first + size)));
  return groups;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
