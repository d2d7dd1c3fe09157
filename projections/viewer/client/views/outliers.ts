/** Outliers: each PE a dot on the scale of each measure; those that are unlike the others stand out. Below, long executions. */
import { type Outliers, peMeasures } from '../../../analysis/outliers.ts';
import { boxHit, type Hit } from '../chart-view.ts';
import type { Context } from '../context.ts';
import { formatCount, formatMoment, formatShare, formatTime } from '../format.ts';
import type { Painter } from '../painter.ts';
import { SelectionView } from '../selection-view.ts';
import type { Table } from '../view.ts';

const names = ['busy', 'idle', 'overhead', 'executions', 'mean execution', 'messages sent', 'messages executed'];
const formats = [formatShare, formatShare, formatShare, formatCount, formatTime, formatCount, formatCount];
const unusual = 3;
const rowHeight = 42;

export class OutliersView extends SelectionView<'outliers'> {
  protected readonly asks = 'outliers';
  readonly id = 'outliers';
  readonly title = 'Outliers';
  readonly question =
    'Which PEs are unlike the others, and which executions took much longer than others of their kind?';

  protected override heightFor({ longest }: Outliers): number {
    return 60 + names.length * rowHeight + 30 + Math.min(60, longest.pe.length) * 18;
  }

  protected render(painter: Painter, data: Outliers, hits: Hit[]): void {
    const { palette, store } = this.context;
    const pes = data.pe.length;
    const [left, width] = [150, painter.width - 230];
    for (const [measure, name] of names.entries()) {
      const y = 40 + measure * rowHeight;
      const values = data.values.subarray(measure * pes, (measure + 1) * pes);
      const scores = data.scores.subarray(measure * pes, (measure + 1) * pes);
      const low = values.reduce((least, one) => Math.min(least, one), Number.POSITIVE_INFINITY);
      const high = values.reduce((most, one) => Math.max(most, one), Number.NEGATIVE_INFINITY);
      const format = formats[measure]!;
      painter.text(left - 14, y, name, { color: palette.text, size: 12, align: 'right' });
      painter.line([left, y, left + width, y], palette.grid, 1);
      painter.text(left, y + 15, format(low), { color: palette.faint, size: 10 });
      painter.text(left + width, y + 15, format(high), { color: palette.faint, size: 10, align: 'right' });
      for (let at = 0; at < pes; at++) {
        const x = left + (high > low ? (values[at]! - low) / (high - low) : 0.5) * width;
        const isUnusual = Math.abs(scores[at]!) > unusual;
        const size = isUnusual ? 5 : 3;
        painter.area(
          [x - size, y, x, y - size, x + size, y, x, y + size],
          isUnusual ? palette.path : palette.accent,
          isUnusual ? 1 : 0.5,
        );
        if (isUnusual && data.order.subarray(0, 12).includes(at))
          painter.text(x, y - 13, `PE ${data.pe[at]}`, { color: palette.path, size: 10, align: 'center' });
        const text = `PE ${data.pe[at]}: ${name} ${format(values[at]!)}\n${scores[at]!.toFixed(1)} deviations from the median\nclick: this PE in the timeline`;
        const click = (): void => store.set({ pes: [data.pe[at]!], view: 'timeline' });
        hits.push(boxHit({ x: x - 5, y: y - 8, width: 10, height: 16 }, { text, click }));
      }
    }
    this.#longest(painter, data, 50 + names.length * rowHeight, hits);
  }

  #longest(painter: Painter, { longest }: Outliers, top: number, hits: Hit[]): void {
    const { palette, entryName, store } = this.context;
    const count = Math.min(60, longest.pe.length);
    const title =
      count === 0
        ? 'No execution took three times as long as the median of its kind.'
        : 'Executions that took longest, compared with the median of their entry method:';
    painter.text(20, top, title, { color: palette.text, size: 12, isBold: true });
    for (let i = 0; i < count; i++) {
      const y = top + 20 + i * 18;
      const factor = longest.duration[i]! / Math.max(1, longest.median[i]!);
      painter.rect(20, y - 5, 10, 10, palette.entry(longest.entry[i]!));
      const text = `${factor.toFixed(1)} ×  ${formatTime(longest.duration[i]!)}  PE ${longest.pe[i]}  at ${formatMoment(longest.begin[i]!, 1e5)}  ${entryName(longest.entry[i]!)}`;
      painter.text(38, y, text, { color: palette.text, size: 12, widthMax: painter.width - 60 });
      const click = (): void => show(store, longest.pe[i]!, longest.row[i]!, longest.begin[i]!, longest.duration[i]!);
      hits.push(
        boxHit(
          { x: 20, y: y - 9, width: painter.width - 40, height: 18 },
          { text: 'click: show it in the timeline', click },
        ),
      );
    }
  }

  protected tableOf({ longest, ...data }: Outliers): Table {
    const { entryName, store } = this.context;
    const pes = data.pe.length;
    const unusualPes = Array.from(data.order.subarray(0, 20))
      .map((at) => ({ at, worst: Math.max(...peMeasures.map((_, i) => Math.abs(data.scores[i * pes + at]!))) }))
      .filter(({ worst }) => worst > unusual)
      .map(({ at, worst }) => `PE ${data.pe[at]} (${worst.toFixed(1)})`);
    return {
      columns: [
        { title: 'PE' },
        { title: 'entry method' },
        { title: 'begin', format: (ns) => formatMoment(ns, 1e3) },
        { title: 'duration', format: formatTime },
        { title: 'median', format: formatTime },
        { title: 'times', format: (times) => times.toFixed(1) },
      ],
      rows: Array.from(longest.pe, (pe, i) => [
        pe,
        entryName(longest.entry[i]!),
        longest.begin[i]!,
        longest.duration[i]!,
        longest.median[i]!,
        longest.duration[i]! / Math.max(1, longest.median[i]!),
      ]),
      note: unusualPes.length === 0 ? 'No PE is unusual.' : `Unusual PEs (deviations): ${unusualPes.join(', ')}`,
      onRow: (i) => show(store, longest.pe[i]!, longest.row[i]!, longest.begin[i]!, longest.duration[i]!),
    };
  }
}

function show(store: Context['store'], pe: number, row: number, begin: number, duration: number): void {
  store.setWindow(begin - 5 * duration, begin + 6 * duration);
  store.set({ view: 'timeline', execution: { pe, row } });
}
