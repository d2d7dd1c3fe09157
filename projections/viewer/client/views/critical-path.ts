/** The critical path as a report: what is on it, and what it would bring to make one entry method faster. */
import type { CriticalPath } from '../../../analysis/critical-path.ts';
import { boxHit, type Hit } from '../chart-view.ts';
import { formatCount, formatMoment, formatShare, formatTime } from '../format.ts';
import type { Painter } from '../painter.ts';
import { SelectionView } from '../selection-view.ts';
import type { Table } from '../view.ts';

const rowHeight = 28;
const top = 66;

export class CriticalPathView extends SelectionView<'criticalPath'> {
  protected readonly asks = 'criticalPath';
  readonly id = 'path';
  readonly title = 'Critical path';
  readonly question =
    'Which executions and messages did the end wait for? Only these make the run shorter. C shows it in the timeline.';

  protected override heightFor({ entry }: CriticalPath, available: number): number {
    return Math.max(available, top + (entry.length + 2) * rowHeight);
  }

  protected render(painter: Painter, data: CriticalPath, hits: Hit[]): void {
    const { palette, entryName, store } = this.context;
    const { length, wait, entry, busy, count, pe } = data;
    const onPes = new Set(pe).size;
    const facts = `${formatTime(length)} long, ${formatCount(pe.length)} executions on ${onPes} PEs, ${formatShare(wait / Math.max(1, length))} waiting for messages`;
    painter.text(20, 16, facts, { color: palette.text, size: 13, isBold: true });
    const explained = 'share of the path; right: the run, if this were twice as fast and nothing else took its place';
    painter.text(20, 38, `${explained}${this.#chosenPart(data)}`, { color: palette.faint, size: 12 });
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

  /** What of the path the filters let pass. The path is that of the run, whatever they are. */
  #chosenPart({ isChosen, begin, end, length }: CriticalPath): string {
    const { entries, chare } = this.context.store.state;
    if (entries === undefined && chare === '') return '';
    const ns = begin.reduce((sum, from, i) => sum + (isChosen[i] === 1 ? end[i]! - from : 0), 0);
    return `. What is chosen has ${formatShare(ns / Math.max(1, length))} of it`;
  }

  protected tableOf({ pe, row, begin, end, isMessage, isChosen }: CriticalPath): Table {
    const shown = Array.from(pe.keys()).filter((i) => isChosen[i] === 1);
    return {
      columns: [
        { title: 'PE' },
        { title: 'begin', format: (ns) => formatMoment(ns, 1) },
        { title: 'time on the path', format: formatTime },
        { title: 'waited for' },
      ],
      rows: shown.map((i) => [
        pe[i]!,
        begin[i]!,
        end[i]! - begin[i]!,
        i === 0 ? 'first' : isMessage[i] === 1 ? 'a message' : 'its PE',
      ]),
      onRow: (at) => this.context.store.set({ execution: { pe: pe[shown[at]!]!, row: row[shown[at]!]! } }),
    };
  }
}
