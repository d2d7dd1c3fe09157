/** Time profile: what all PEs together did, over time, entry methods stacked. */
import type { TimeProfile } from '../../../analysis/time-profile.ts';
import { drawTimeAxis, drawValueAxis } from '../axis.ts';
import { ChartView, type Hit, type Option } from '../chart-view.ts';
import type { Context } from '../context.ts';
import { formatShare, formatTime } from '../format.ts';
import type { Painter } from '../painter.ts';
import type { Table } from '../view.ts';

const columnsMax = 400;

export class TimeProfileView extends ChartView<TimeProfile> {
  readonly id = 'time';
  readonly title = 'Time profile';
  readonly question = 'What did all PEs together spend their time on, and when?';
  protected override readonly options: readonly Option[] = [
    {
      key: 'scale',
      label: 'height',
      values: [
        ['share', 'share of the time'],
        ['pes', 'PEs'],
      ],
    },
  ];

  protected load({ source, store }: Context): Promise<TimeProfile> {
    return source.ask('timeProfile', { ...store.selection, columns: columnsMax });
  }

  protected render(painter: Painter, data: TimeProfile, hits: Hit[]): void {
    const { palette } = this.context;
    const { grid, entry, busy, other, idle, available } = data;
    const box = { x: 70, y: 34, width: painter.width - 90, height: painter.height - 50 };
    const end = grid.begin + grid.width * grid.count;
    const x = (time: number): number => box.x + ((time - grid.begin) / (end - grid.begin)) * box.width;
    drawTimeAxis(painter, { begin: grid.begin, end, x }, palette, { ...box, y: box.y - 6 });
    const isShare = this.option('scale') === 'share';
    const top = isShare ? 1 : Math.max(...available) / grid.width;
    const y = drawValueAxis(painter, palette, box, top, isShare ? formatShare : (pes) => pes.toFixed(pes < 10 ? 1 : 0));
    const step = box.width / grid.count;
    const scaled = (value: number, column: number): number =>
      isShare ? value / Math.max(1, available[column]!) : value / grid.width;
    for (let column = 0; column < grid.count; column++) {
      let sum = 0;
      const layer = (value: number, color: string): void => {
        if (value <= 0) return;
        const part = scaled(value, column);
        painter.rect(box.x + column * step, y(sum + part), step + 0.4, y(sum) - y(sum + part), color);
        sum += part;
      };
      for (const [i, row] of entry.entries()) layer(busy[i * grid.count + column]!, palette.entry(row));
      layer(other[column]!, palette.faint);
      // Idle time hangs from the top; what is left between is overhead.
      const total = scaled(available[column]!, column);
      const idlePart = scaled(idle[column]!, column);
      if (total > sum) painter.rect(box.x + column * step, y(total), step + 0.4, y(sum) - y(total), palette.overhead);
      if (idlePart > 0)
        painter.rect(box.x + column * step, y(total), step + 0.4, y(total - idlePart) - y(total), palette.idle);
    }
    hits.push({
      ...box,
      at: (px, py) => {
        const column = Math.min(grid.count - 1, Math.floor((px - box.x) / step));
        return { text: this.#describe(data, column, y, py), click: () => this.#zoom(data, column) };
      },
    });
  }

  #describe(
    { grid, entry, busy, other, idle, available }: TimeProfile,
    column: number,
    y: (value: number) => number,
    py: number,
  ): string {
    const isShare = this.option('scale') === 'share';
    const share = (ns: number): string => formatShare(ns / Math.max(1, available[column]!));
    let sum = 0;
    let under = 'overhead';
    for (const [i, row] of entry.entries()) {
      const ns = busy[i * grid.count + column]!;
      const part = isShare ? ns / Math.max(1, available[column]!) : ns / grid.width;
      if (ns > 0 && py <= y(sum) && py > y(sum + part)) under = `${this.context.entryName(row)}: ${share(ns)}`;
      sum += part;
    }
    const time = `${formatTime(grid.begin + column * grid.width)} + ${formatTime(grid.width)}`;
    return `${under}\n${time}\nidle ${share(idle[column]!)}, others ${share(other[column]!)}\nclick: zoom in`;
  }

  #zoom({ grid }: TimeProfile, column: number): void {
    const middle = grid.begin + (column + 0.5) * grid.width;
    const half = (grid.width * grid.count) / 10;
    this.context.store.setWindow(middle - half, middle + half);
  }

  protected tableOf({ grid, entry, busy, other, idle, available }: TimeProfile): Table {
    const names = Array.from(entry, this.context.entryName);
    const titles = ['begin', ...names, 'others', 'idle', 'available'];
    const rows = Array.from({ length: grid.count }, (_, column) => [
      grid.begin + column * grid.width,
      ...Array.from(entry, (_row, i) => busy[i * grid.count + column]!),
      other[column]!,
      idle[column]!,
      available[column]!,
    ]);
    return { columns: titles.map((title) => ({ title, format: formatTime })), rows };
  }
}
