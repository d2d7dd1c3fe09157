/** Histograms of durations, waits and sizes, with percentiles. */
import type { Histogram, Measure, Percentiles } from '../../../analysis/histogram.ts';
import { drawValueAxis } from '../axis.ts';
import { ChartView, type Hit, type Option } from '../chart-view.ts';
import type { Context } from '../context.ts';
import { formatBytes, formatCount, formatTime } from '../format.ts';
import type { Painter } from '../painter.ts';
import type { Table } from '../view.ts';

export class HistogramView extends ChartView<Histogram> {
  readonly id = 'histogram';
  readonly title = 'Histograms';
  readonly question = 'How long do executions and messages take, how large are messages? Scale: powers of ten.';
  protected override readonly options: readonly Option[] = [
    {
      key: 'measure',
      label: 'of',
      values: [
        ['duration', 'duration of executions'],
        ['queueWait', 'wait in the queue'],
        ['latency', 'time from send to execution'],
        ['bytes', 'message size'],
      ],
    },
    {
      key: 'weight',
      label: 'height',
      values: [
        ['count', 'number'],
        ['sum', 'sum of the values'],
      ],
    },
  ];

  protected load({ source, store }: Context): Promise<Histogram> {
    return source.ask('histogram', { ...store.selection, measure: this.option('measure') as Measure });
  }

  #format({ measure }: Histogram): (value: number) => string {
    return measure === 'bytes' ? formatBytes : formatTime;
  }

  protected render(painter: Painter, data: Histogram, hits: Hit[]): void {
    const { palette, entryName } = this.context;
    const format = this.#format(data);
    const { edges, entry, counts, other, sums, summary } = data;
    if (summary.count === 0) {
      const text =
        data.measure === 'queueWait'
          ? 'This trace does not say when messages came into the queue.'
          : 'There is nothing in this selection.';
      painter.text(20, 30, text, { color: palette.faint, size: 13 });
      return;
    }
    const bins = edges.length - 1;
    const isSum = this.option('weight') === 'sum';
    const box = { x: 80, y: 60, width: painter.width - 110, height: painter.height - 100 };
    const totals = Array.from({ length: bins }, (_, bin) => {
      let sum = other[bin]!;
      for (let i = 0; i < entry.length; i++) sum += counts[i * bins + bin]!;
      return sum;
    });
    const heights = isSum ? Array.from(sums) : totals;
    const y = drawValueAxis(painter, palette, box, Math.max(...heights), isSum ? format : formatCount);
    const step = box.width / bins;
    for (let bin = 0; bin < bins; bin++) {
      // In a bin all values are about the same, so its sum is shared like its number.
      const unit = heights[bin]! / Math.max(1, totals[bin]!);
      let sum = 0;
      const layer = (count: number, color: string): void => {
        if (count === 0) return;
        const part = count * unit;
        painter.rect(box.x + bin * step + 0.5, y(sum + part), Math.max(1, step - 1), y(sum) - y(sum + part), color);
        sum += part;
      };
      for (let i = 0; i < entry.length; i++) layer(counts[i * bins + bin]!, palette.entry(entry[i]!));
      layer(other[bin]!, palette.faint);
      if (bin % Math.max(1, Math.ceil(70 / step)) === 0)
        painter.text(box.x + bin * step, box.y + box.height + 14, format(edges[bin]!), {
          color: palette.faint,
          size: 11,
          align: 'center',
        });
    }
    const xOf = (value: number): number => {
      const share =
        (Math.log10(Math.max(1, value)) - Math.log10(edges[0]!)) / (Math.log10(edges[bins]!) - Math.log10(edges[0]!));
      return box.x + share * box.width;
    };
    this.#percentiles(painter, summary, xOf, box, format);
    hits.push({
      ...box,
      at: (px, py) => {
        const bin = Math.min(bins - 1, Math.floor((px - box.x) / step));
        const unit = heights[bin]! / Math.max(1, totals[bin]!);
        let sum = 0;
        let under = '';
        for (let i = 0; i < entry.length; i++) {
          const part = counts[i * bins + bin]! * unit;
          if (part > 0 && py <= y(sum) && py > y(sum + part))
            under = `${entryName(entry[i]!)}: ${formatCount(counts[i * bins + bin]!)}\n`;
          sum += part;
        }
        return {
          text: `${under}${format(edges[bin]!)} to ${format(edges[bin + 1]!)}\n${formatCount(totals[bin]!)} in all, sum ${format(sums[bin]!)}`,
        };
      },
    });
  }

  #percentiles(
    painter: Painter,
    { count, mean, p50, p90, p99, p999, max }: Percentiles,
    x: (value: number) => number,
    box: { readonly x: number; readonly y: number; readonly height: number },
    format: (value: number) => string,
  ): void {
    const { palette } = this.context;
    const marks = [
      ['median', p50],
      ['90 %', p90],
      ['99 %', p99],
      ['99.9 %', p999],
    ] as const;
    const shown = marks.map(([name, value]) => `${name} ${format(value)}`).join('   ');
    painter.text(box.x, 14, `${formatCount(count)} values   mean ${format(mean)}   ${shown}   longest ${format(max)}`, {
      color: palette.text,
      size: 12,
    });
    for (const [i, [name, value]] of marks.entries()) {
      painter.line([x(value), box.y - 6, x(value), box.y + box.height], palette.path, 1, [4, 3]);
      painter.text(x(value) + 3, box.y - 14 - (i % 2) * 12, name, { color: palette.path, size: 11 });
    }
  }

  protected tableOf(data: Histogram): Table {
    const format = this.#format(data);
    const titles = ['mean', 'min', 'median', '90 %', '99 %', '99.9 %', 'max'];
    const rowOf = (name: string, one: Percentiles): (string | number)[] => [
      name,
      one.count,
      one.mean,
      one.min,
      one.p50,
      one.p90,
      one.p99,
      one.p999,
      one.max,
    ];
    return {
      columns: [
        { title: 'entry method' },
        { title: 'count', format: formatCount },
        ...titles.map((title) => ({ title, format })),
      ],
      rows: [
        rowOf('all', data.summary),
        ...data.summaries.map((one, i) => rowOf(this.context.entryName(data.entry[i]!), one)),
      ],
    };
  }
}
