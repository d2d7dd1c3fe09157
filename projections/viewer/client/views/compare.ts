/** Two runs: what became slower, what faster. In all, by entry method, by PE, by phase, over time. */
import type { Difference } from '../../../analysis/compare.ts';
import { drawValueAxis } from '../axis.ts';
import { boxHit, ChartView, type Hit, type Option, type Place } from '../chart-view.ts';
import type { Context } from '../context.ts';
import { formatCount, formatShare, formatTime } from '../format.ts';
import type { Painter } from '../painter.ts';
import type { Table } from '../view.ts';
import { type CompareRows, type Comparison, compareRuns, curveColumns } from './compare-data.ts';

const rowHeight = 34;
const top = 120;
const rowsMax = 100;

/** Absent: there is only one trace. */
type Data = Comparison | undefined;

interface Shown {
  readonly comparison: Data;
}

const titles: Readonly<Record<CompareRows, string>> = {
  entries: 'entry method',
  pes: 'PE',
  phases: 'phase',
  totals: 'in all',
  time: 'part of the run',
};

export class CompareView extends ChartView<Shown> {
  readonly id = 'compare';
  readonly title = 'Compare';
  readonly question =
    'What changed between two runs? Whole runs, or this window of the first against all of the second.';
  protected override readonly options: readonly Option[] = [
    {
      key: 'rows',
      label: 'compare',
      values: [
        ['entries', 'entry methods'],
        ['pes', 'PEs'],
        ['phases', 'phases between balancing steps'],
        ['totals', 'in all'],
        ['time', 'over time'],
      ],
    },
    {
      key: 'by',
      label: 'by',
      values: [
        ['time', 'time'],
        ['mean', 'mean time of an execution'],
        ['count', 'executions'],
      ],
    },
  ];

  protected async load({ source, store, others, info }: Context): Promise<Shown> {
    const [other] = others;
    if (other === undefined) return { comparison: undefined };
    const { begin: _from, end: _to, entries: _entries, ...rest } = store.selection;
    // Rows of the entry table are the first trace's own; in the other, entry methods of the same names are meant.
    const otherInfo = await other.source.ask('info', {});
    const chosen = store.state.entries?.map((row) => info.entries[row]?.name);
    const rowsThere = chosen?.map((name) => otherInfo.entries.findIndex((entry) => entry.name === name));
    const there = rowsThere === undefined ? rest : { ...rest, entries: rowsThere.filter((row) => row >= 0) };
    const here = store.isWhole ? { ...rest, ...entriesOf(store.state.entries) } : store.selection;
    const first = { name: info.name, source, info, selection: here };
    const second = { name: other.name, source: other.source, info: otherInfo, selection: there };
    return { comparison: await compareRuns([first, second], this.option('rows') as CompareRows) };
  }

  protected override heightFor({ comparison }: Shown, available: number): number {
    const rows = Math.min(rowsMax, comparison?.differences.length ?? 0);
    return Math.max(available, top + rows * rowHeight + 20);
  }

  #values({ busy, count }: Difference): readonly [number, number] {
    const by = this.option('by');
    if (by === 'count') return count;
    return by === 'time' ? busy : [busy[0] / Math.max(1, count[0]), busy[1] / Math.max(1, count[1])];
  }

  protected render(painter: Painter, { comparison }: Shown, hits: Hit[]): void {
    const { palette } = this.context;
    if (comparison === undefined) {
      painter.text(20, 30, 'Start the viewer with two traces to compare them: charm4ts projections BEFORE AFTER', {
        color: palette.faint,
        size: 13,
      });
      return;
    }
    this.#heads(painter, comparison);
    if (comparison.rows === 'time') this.#curves(painter, comparison);
    else this.#bars(painter, comparison, hits);
  }

  #heads(painter: Painter, { runs }: Comparison): void {
    const { palette } = this.context;
    for (const [i, { name, info: of, profile }] of runs.entries()) {
      const y = 16 + i * 40;
      painter.rect(20, y - 6, 12, 12, i === 0 ? palette.overhead : palette.accent);
      painter.text(40, y, name, { color: palette.text, size: 13, isBold: true, widthMax: 260 });
      const share = (ns: number): string => formatShare(ns / Math.max(1, profile.time));
      const facts = `${formatTime(of.end - of.begin)} on ${of.pes.length} PEs   busy ${share(profile.totalBusy)}   idle ${share(profile.idle)}   ${formatTime(profile.totalBusy)} of work`;
      painter.text(310, y, facts, { color: palette.text, size: 12 });
    }
    const [before, after] = runs.map((run) => run.info.end - run.info.begin) as [number, number];
    painter.text(20, 94, `The second took ${formatShare(after / before)} of the time of the first.`, {
      color: palette.text,
      size: 13,
      isBold: true,
    });
  }

  #bars(painter: Painter, { differences, rows }: Comparison, hits: Hit[]): void {
    const { palette } = this.context;
    const shown = differences.filter((one) => this.#values(one).some((value) => value > 0)).slice(0, rowsMax);
    const most = Math.max(1, ...shown.flatMap((one) => [...this.#values(one)]));
    const format = this.option('by') === 'count' ? formatCount : formatTime;
    const width = painter.width - 560;
    for (const [i, difference] of shown.entries()) {
      const y = top + i * rowHeight;
      const [a, b] = this.#values(difference);
      painter.text(290, y + 11, difference.name, { color: palette.text, size: 12, align: 'right', widthMax: 270 });
      painter.rect(300, y, Math.max(0.5, (a / most) * width), 11, palette.overhead);
      painter.rect(300, y + 12, Math.max(0.5, (b / most) * width), 11, palette.accent);
      const color = b > a * 1.02 ? palette.path : palette.text;
      const text = `${format(a)} → ${format(b)}   ${changeOf(a, b)}`;
      painter.text(310 + (Math.max(a, b) / most) * width, y + 11, text, { color, size: 12 });
      hits.push(boxHit({ x: 0, y, width: painter.width, height: rowHeight }, this.#place(difference, rows)));
    }
  }

  #place({ name, busy, count }: Difference, rows: CompareRows): Place {
    const { info, store } = this.context;
    const text = `${name}\ntime ${formatTime(busy[0])} → ${formatTime(busy[1])}\ncount ${formatCount(count[0])} → ${formatCount(count[1])}`;
    if (rows === 'pes') return { text, click: () => store.set({ pes: [Number(name.slice(3))] }) };
    if (rows !== 'entries') return { text };
    const row = info.entries.findIndex((entry) => entry.name === name);
    return { text, click: () => store.set({ entries: row < 0 ? undefined : [row] }) };
  }

  /** Busy shares, each run from its begin to its end. */
  #curves(painter: Painter, { runs }: Comparison): void {
    const { palette } = this.context;
    const box = { x: 80, y: top + 10, width: painter.width - 110, height: painter.height - top - 40 };
    const y = drawValueAxis(painter, palette, box, 1, formatShare);
    for (const share of [0, 0.25, 0.5, 0.75, 1])
      painter.text(box.x + share * box.width, box.y + box.height + 14, `${100 * share} % of the run`, {
        color: palette.faint,
        size: 11,
        align: share === 1 ? 'right' : share === 0 ? 'left' : 'center',
      });
    for (const [i, { curve }] of runs.entries()) {
      const points = curve.flatMap((share, at) => [box.x + ((at + 0.5) / curve.length) * box.width, y(share)]);
      painter.line(points, i === 0 ? palette.faint : palette.accent, i === 0 ? 1.5 : 2);
    }
  }

  protected tableOf({ comparison }: Shown): Table {
    if (comparison === undefined) return { columns: [], rows: [], note: 'There is only one trace.' };
    const { differences, runs, rows } = comparison;
    const [a, b] = [runs[0].name, runs[1].name];
    if (rows === 'time')
      return {
        columns: [titles.time, `busy, ${a}`, `busy, ${b}`].map((title) => ({ title, format: formatShare })),
        rows: Array.from({ length: curveColumns }, (_, i) => [
          i / curveColumns,
          runs[0].curve[i] ?? 0,
          runs[1].curve[i] ?? 0,
        ]),
      };
    const counted = rows === 'phases' ? 'elements moved' : rows === 'totals' ? 'count' : 'executions';
    return {
      columns: [
        { title: titles[rows] },
        { title: `time, ${a}`, format: formatTime },
        { title: `time, ${b}`, format: formatTime },
        { title: 'change', format: formatTime },
        { title: `${counted}, ${a}`, format: formatCount },
        { title: `${counted}, ${b}`, format: formatCount },
      ],
      rows: differences.map(({ name, busy, count }) => [name, busy[0], busy[1], busy[1] - busy[0], count[0], count[1]]),
    };
  }
}

function entriesOf(entries: readonly number[] | undefined): { readonly entries?: readonly number[] } {
  return entries === undefined ? {} : { entries };
}

function changeOf(a: number, b: number): string {
  if (a === 0) return b === 0 ? '' : 'new';
  return b === 0 ? 'gone' : `${b >= a ? '+' : ''}${(100 * (b / a - 1)).toFixed(1)} %`;
}
