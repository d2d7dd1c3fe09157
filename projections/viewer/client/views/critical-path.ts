/** The critical path as a report: what is on it, and what it would bring to make one entry method faster. */
import type { CriticalPath } from '../../../analysis/critical-path.ts';
import { boxHit, ChartView, type Hit } from '../chart-view.ts';
import type { Context } from '../context.ts';
import { formatCount, formatMoment, formatShare, formatTime } from '../format.ts';
import type { Painter } from '../painter.ts';
import type { Table } from '../view.ts';

const rowHeight = 28;
const top = 66;

export class CriticalPathView extends ChartView<CriticalPath> {
  readonly id = 'path';
  readonly title = 'Critical path';
  readonly question =
    'Which executions and messages did the end wait for? Only these make the run shorter. C shows it in the timeline.';

  protected load({ source, store }: Context): Promise<CriticalPath> {
    return source.ask('criticalPath', store.selection);
  }

  protected override heightFor({ entry }: CriticalPath, available: number): number {
    return Math.max(available, top + (entry.length + 2) * rowHeight);
  }

  protected render(painter: Painter, data: CriticalPath, hits: Hit[]): void {
    const { palette, entryName, store } = this.context;
    const { length, wait, entry, busy, count, pe } = data;
    const onPes = new Set(pe).size;
    const facts = `${formatTime(length)} long, ${formatCount(pe.length)} executions on ${onPes} PEs, ${formatShare(wait / Math.max(1, length))} waiting for messages`;
    painter.text(20, 16, facts, { color: palette.text, size: 13, isBold: true });
    painter.text(
      20,
      38,
      'share of the path; right: the run, if this entry method were twice as fast and nothing else took its place',
      { color: palette.faint, size: 12 },
    );
    const width = Math.max(100, painter.width - 640);
    const row = (i: number, name: string, ns: number, color: string, note: string, click?: () => void): void => {
      const y = top + i * rowHeight;
      const share = ns / Math.max(1, length);
      painter.text(290, y + 10, name, { color: palette.text, size: 12, align: 'right', widthMax: 270 });
      painter.rect(300, y, Math.max(1, share * width), rowHeight - 8, color);
      painter.text(308 + share * width, y + 10, `${formatShare(share)}  ${note}`, { color: palette.faint, size: 12 });
      hits.push(
        boxHit(
          { x: 0, y, width: painter.width, height: rowHeight },
          { text: `${name}\n${formatTime(ns)} on the path`, ...(click === undefined ? {} : { click }) },
        ),
      );
    };
    row(0, 'messages and queues', wait, palette.overhead, formatTime(wait));
    for (const [i, at] of entry.entries()) {
      const faster = `${formatTime(busy[i]!)} in ${formatCount(count[i]!)}; twice as fast: ${formatTime(length - busy[i]! / 2)} (${(length / Math.max(1, length - busy[i]! / 2)).toFixed(2)} ×)`;
      row(i + 1, entryName(at), busy[i]!, palette.entry(at), faster, () => store.set({ entries: [at] }));
    }
    if (data.isCut)
      painter.text(
        20,
        top + (entry.length + 1) * rowHeight,
        'The path is longer than what is shown: choose a shorter window.',
        { color: palette.warn, size: 12 },
      );
  }

  protected tableOf({ pe, row, begin, end, isMessage }: CriticalPath): Table {
    return {
      columns: [
        { title: 'PE' },
        { title: 'begin', format: (ns) => formatMoment(ns, 1) },
        { title: 'time on the path', format: formatTime },
        { title: 'waited for' },
      ],
      rows: Array.from(pe, (at, i) => [
        at,
        begin[i]!,
        end[i]! - begin[i]!,
        i === 0 ? 'first' : isMessage[i] === 1 ? 'a message' : 'its PE',
      ]),
      onRow: (i) => this.context.store.set({ execution: { pe: pe[i]!, row: row[i]! } }),
    };
  }
}
