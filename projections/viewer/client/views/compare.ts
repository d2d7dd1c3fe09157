/** Two runs, entry method by entry method: what became slower, what faster. */
import { compareProfiles, type Difference } from '../../../analysis/compare.ts';
import type { EntryProfile } from '../../../analysis/profile.ts';
import type { ViewInfo } from '../../protocol.ts';
import { boxHit, ChartView, type Hit, type Option } from '../chart-view.ts';
import type { Context } from '../context.ts';
import { formatCount, formatShare, formatTime } from '../format.ts';
import type { Painter } from '../painter.ts';
import type { Table } from '../view.ts';

interface Run {
  readonly name: string;
  readonly info: ViewInfo;
  readonly profile: EntryProfile;
}

interface Data {
  readonly runs: readonly [Run, Run] | undefined;
  readonly differences: readonly Difference[];
}

const rowHeight = 34;
const top = 120;

export class CompareView extends ChartView<Data> {
  readonly id = 'compare';
  readonly title = 'Compare';
  readonly question =
    'What changed between two runs? Whole runs, or this window of the first against all of the second.';
  protected override readonly options: readonly Option[] = [
    {
      key: 'by',
      label: 'compare',
      values: [
        ['time', 'time'],
        ['mean', 'mean time of an execution'],
        ['count', 'executions'],
      ],
    },
  ];

  protected async load({ source, store, others, info }: Context): Promise<Data> {
    const [other] = others;
    if (other === undefined) return { runs: undefined, differences: [] };
    const { begin: _from, end: _to, ...rest } = store.selection;
    const [otherInfo, first, second] = await Promise.all([
      other.source.ask('info', {}),
      source.ask('profile', store.isWhole ? rest : store.selection),
      other.source.ask('profile', {}),
    ]);
    const named = (profile: EntryProfile, { entries }: ViewInfo) => ({
      names: Array.from(profile.entry, (row) => entries[row]?.name ?? '(none)'),
      busy: profile.busy,
      count: profile.count,
    });
    return {
      runs: [
        { name: info.name, info, profile: first },
        { name: other.name, info: otherInfo, profile: second },
      ],
      differences: compareProfiles(named(first, info), named(second, otherInfo)),
    };
  }

  protected override heightFor({ differences }: Data, available: number): number {
    return Math.max(available, top + Math.min(100, differences.length) * rowHeight + 20);
  }

  #values({ busy, count }: Difference): readonly [number, number] {
    const by = this.option('by');
    if (by === 'count') return count;
    return by === 'time' ? busy : [busy[0] / Math.max(1, count[0]), busy[1] / Math.max(1, count[1])];
  }

  protected render(painter: Painter, { runs, differences }: Data, hits: Hit[]): void {
    const { palette, info, store } = this.context;
    if (runs === undefined) {
      painter.text(20, 30, 'Start the viewer with two traces to compare them: charm4ts projections BEFORE AFTER', {
        color: palette.faint,
        size: 13,
      });
      return;
    }
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
    const shown = differences.slice(0, 100);
    const most = Math.max(1, ...shown.flatMap((one) => [...this.#values(one)]));
    const format = this.option('by') === 'count' ? formatCount : formatTime;
    const width = painter.width - 560;
    for (const [i, difference] of shown.entries()) {
      const y = top + i * rowHeight;
      const [a, b] = this.#values(difference);
      painter.text(290, y + 11, difference.name, { color: palette.text, size: 12, align: 'right', widthMax: 270 });
      painter.rect(300, y, Math.max(0.5, (a / most) * width), 11, palette.overhead);
      painter.rect(300, y + 12, Math.max(0.5, (b / most) * width), 11, palette.accent);
      const change = a === 0 ? 'new' : b === 0 ? 'gone' : `${b >= a ? '+' : ''}${(100 * (b / a - 1)).toFixed(1)} %`;
      const color = b > a * 1.02 ? palette.path : palette.text;
      painter.text(310 + (Math.max(a, b) / most) * width, y + 11, `${format(a)} → ${format(b)}   ${change}`, {
        color,
        size: 12,
      });
      const text = `${difference.name}\ntime ${formatTime(difference.busy[0])} → ${formatTime(difference.busy[1])}\nexecutions ${formatCount(difference.count[0])} → ${formatCount(difference.count[1])}`;
      const row = info.entries.findIndex(({ name }) => name === difference.name);
      const click = (): void => store.set({ entries: row < 0 ? undefined : [row] });
      hits.push(boxHit({ x: 0, y, width: painter.width, height: rowHeight }, { text, click }));
    }
  }

  protected tableOf({ differences, runs }: Data): Table {
    const [a, b] = [runs?.[0].name ?? 'first', runs?.[1].name ?? 'second'];
    return {
      columns: [
        { title: 'entry method' },
        { title: `time, ${a}`, format: formatTime },
        { title: `time, ${b}`, format: formatTime },
        { title: 'change', format: formatTime },
        { title: `executions, ${a}`, format: formatCount },
        { title: `executions, ${b}`, format: formatCount },
      ],
      rows: differences.map(({ name, busy, count }) => [name, busy[0], busy[1], busy[1] - busy[0], count[0], count[1]]),
    };
  }
}
