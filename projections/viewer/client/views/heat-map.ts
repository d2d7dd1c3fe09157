/** Heat map: every PE over time in one picture, by one measure. */
import type { HeatMap } from '../../../analysis/heat-map.ts';
import { drawTimeAxis } from '../axis.ts';
import { ChartView, type Hit, type Option } from '../chart-view.ts';
import type { Context } from '../context.ts';
import { formatCount, formatShare, formatTime } from '../format.ts';
import type { Painter } from '../painter.ts';
import type { Table } from '../view.ts';
import { drawCells, drawScale } from './grid.ts';

type Measure = 'busy' | 'idle' | 'executions' | 'longest';
const formats: Readonly<Record<Measure, (value: number) => string>> = {
  busy: formatShare,
  idle: formatShare,
  executions: formatCount,
  longest: formatTime,
};

export class HeatMapView extends ChartView<HeatMap> {
  readonly id = 'heat';
  readonly title = 'Heat map';
  readonly question = 'Which PEs were busy when? Click a place to see it in the timeline.';
  protected override readonly options: readonly Option[] = [
    {
      key: 'measure',
      label: 'colour',
      values: [
        ['busy', 'busy'],
        ['idle', 'idle'],
        ['executions', 'executions begun'],
        ['longest', 'longest execution'],
      ],
    },
  ];

  protected load({ source, store }: Context): Promise<HeatMap> {
    return source.ask('heatMap', { ...store.selection, columns: 600, rowsMax: 1024 });
  }

  protected render(painter: Painter, data: HeatMap, hits: Hit[]): void {
    const { palette, store } = this.context;
    const { grid, first, last } = data;
    const measure = this.option('measure') as Measure;
    const values = data[measure];
    const rows = first.length;
    const max = measure === 'busy' || measure === 'idle' ? 1 : values.reduce((most, one) => Math.max(most, one), 0);
    const box = { x: 76, y: 34, width: painter.width - 96, height: painter.height - 64 };
    const end = grid.begin + grid.width * grid.count;
    const x = (time: number): number => box.x + ((time - grid.begin) / (end - grid.begin)) * box.width;
    drawTimeAxis(painter, { begin: grid.begin, end, x }, palette, { ...box, y: box.y - 4 });
    // Counts and lengths differ by powers of ten: a logarithm shows more than their share.
    const shareOf = (value: number): number => (max === 1 ? value : Math.log1p(value) / Math.log1p(Math.max(1, max)));
    const share = (column: number, row: number): number => shareOf(values[row * grid.count + column]!);
    drawCells(painter, { columns: grid.count, rows, share }, box, palette);
    drawScale(painter, box.x + 60, painter.height - 20, formats[measure](0), formats[measure](max), palette);
    const rowHeight = box.height / Math.max(1, rows);
    const step = Math.max(1, Math.ceil(14 / rowHeight));
    for (let row = 0; row < rows; row += step)
      painter.text(box.x - 8, box.y + (row + 0.5) * rowHeight, nameOf(first[row]!, last[row]!), {
        color: palette.faint,
        size: 11,
        align: 'right',
      });
    hits.push({
      ...box,
      at: (px, py) => {
        const column = Math.min(grid.count - 1, Math.floor(((px - box.x) / box.width) * grid.count));
        const row = Math.min(rows - 1, Math.floor((py - box.y) / rowHeight));
        const time = grid.begin + column * grid.width;
        const text = `${nameOf(first[row]!, last[row]!)} at ${formatTime(time)}\n${measure}: ${formats[measure](values[row * grid.count + column]!)}`;
        const click = (): void => {
          store.setWindow(time - 20 * grid.width, time + 20 * grid.width);
          store.set({ view: 'timeline' });
        };
        return { text, click };
      },
    });
  }

  protected tableOf(data: HeatMap): Table {
    const measure = this.option('measure') as Measure;
    const { grid, first, last } = data;
    const columns = [
      { title: 'PEs' },
      ...Array.from({ length: grid.count }, (_, i) => ({
        title: formatTime(grid.begin + i * grid.width),
        format: formats[measure],
      })),
    ];
    const rows = Array.from(first, (from, row) => [
      nameOf(from, last[row]!),
      ...data[measure].subarray(row * grid.count, (row + 1) * grid.count),
    ]);
    return { columns, rows };
  }
}

function nameOf(first: number, last: number): string {
  return first === last ? `PE ${first}` : `PE ${first}-${last}`;
}
