/** Usage profile: one bar a PE, entry methods stacked, idle time and overhead behind them. */
import type { UsageProfile } from '../../../analysis/profile.ts';
import { boxHit, type Hit, type Option } from '../chart-view.ts';
import { formatCount, formatShare, formatTime } from '../format.ts';
import type { Painter } from '../painter.ts';
import { SelectionView } from '../selection-view.ts';
import type { Table } from '../view.ts';

const [left, top] = [90, 44];

export class UsageView extends SelectionView<'usage'> {
  protected readonly asks = 'usage';
  readonly id = 'usage';
  readonly title = 'Usage';
  readonly question = 'How busy was each PE, and with what? Is the load even?';
  protected override readonly options: readonly Option[] = [
    {
      key: 'sort',
      label: 'order',
      values: [
        ['pe', 'PE'],
        ['busy', 'busiest first'],
        ['idle', 'most idle first'],
      ],
    },
  ];

  protected override heightFor({ pe }: UsageProfile): number {
    return top + 12 + (pe.length + 1) * this.#rowHeight(pe.length, this.body.clientHeight);
  }

  #rowHeight(rows: number, height: number): number {
    return Math.max(3, Math.min(26, (height - top - 16) / (rows + 1)));
  }

  #busyOf({ busy, entry }: UsageProfile, at: number): number {
    let sum = 0;
    for (let i = at * entry.length; i < (at + 1) * entry.length; i++) sum += busy[i]!;
    return sum;
  }

  #order(data: UsageProfile): number[] {
    const rows = Array.from(data.pe.keys());
    const sort = this.option('sort');
    if (sort === 'busy') rows.sort((a, b) => this.#busyOf(data, b) - this.#busyOf(data, a));
    if (sort === 'idle') rows.sort((a, b) => data.idle[b]! - data.idle[a]!);
    return rows;
  }

  protected render(painter: Painter, data: UsageProfile, hits: Hit[]): void {
    const { palette } = this.context;
    const width = painter.width - left - 70;
    const rowHeight = this.#rowHeight(data.pe.length, painter.height);
    const busy = Array.from(data.pe, (_, at) => this.#busyOf(data, at));
    const mean = busy.reduce((sum, one) => sum + one, 0) / Math.max(1, busy.length);
    const factor = mean > 0 ? Math.max(...busy) / mean : 1;
    const waste = mean > 0 ? 1 - mean / Math.max(...busy) : 0;
    painter.text(left, 14, `busiest PE / mean = ${factor.toFixed(2)}`, { color: palette.text, size: 13, isBold: true });
    painter.text(left + 190, 14, `with an even load the busiest PE would have ${formatShare(waste)} less to do`, {
      color: palette.faint,
      size: 12,
    });
    for (const share of [0, 0.25, 0.5, 0.75, 1]) {
      const x = left + share * width;
      painter.line([x, top - 6, x, painter.height], palette.grid, 1);
      painter.text(x, top - 12, formatShare(share), { color: palette.faint, size: 11, align: 'center' });
    }
    const step = Math.max(1, Math.ceil(13 / rowHeight));
    for (const [row, at] of [-1, ...this.#order(data)].entries()) {
      const y = top + row * rowHeight;
      const label = at < 0 ? 'mean' : `PE ${data.pe[at]}`;
      if (row % step === 0)
        painter.text(left - 8, y + rowHeight / 2, label, { color: palette.faint, size: 11, align: 'right' });
      this.#bar(painter, data, at, { x: left, y, width, height: rowHeight - (rowHeight > 5 ? 2 : 0) }, hits);
    }
    // Where perfect balance would be.
    const total = data.time.reduce((sum, one) => sum + one, 0) / Math.max(1, data.time.length);
    const x = left + (mean / Math.max(1, total)) * width;
    painter.line([x, top, x, painter.height], palette.path, 1.5, [5, 4]);
  }

  /** `at` is a PE, or -1 for the mean of all. */
  #bar(
    painter: Painter,
    data: UsageProfile,
    at: number,
    box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
    hits: Hit[],
  ): void {
    const { palette, entryName, store } = this.context;
    const pes = at < 0 ? Array.from(data.pe.keys()) : [at];
    const sumOf = (column: Float64Array): number => pes.reduce((sum, pe) => sum + column[pe]!, 0);
    const time = Math.max(1, sumOf(data.time));
    const name = at < 0 ? 'all PEs' : `PE ${data.pe[at]}`;
    painter.rect(box.x, box.y, box.width, box.height, palette.overhead);
    let x = box.x;
    const part = (ns: number, color: string, text: string, click?: () => void): void => {
      const width = (ns / time) * box.width;
      if (width < 0.05) return;
      painter.rect(x, box.y, width, box.height, color);
      const place = { text: `${name}: ${text}\n${formatShare(ns / time)}, ${formatTime(ns / pes.length)}` };
      hits.push(boxHit({ ...box, x, width }, click === undefined ? place : { ...place, click }));
      x += width;
    };
    for (const [i, entry] of data.entry.entries()) {
      const ns = pes.reduce((sum, pe) => sum + data.busy[pe * data.entry.length + i]!, 0);
      const count = pes.reduce((sum, pe) => sum + data.count[pe * data.entry.length + i]!, 0);
      const click = at < 0 ? undefined : () => store.set({ pes: [data.pe[at]!] });
      part(ns, palette.entry(entry), `${entryName(entry)}, ${formatCount(count)} times`, click);
    }
    const idle = sumOf(data.idle);
    x = Math.max(x, box.x + box.width * (1 - idle / time));
    part(idle, palette.idle, 'idle');
    if (box.height > 10 && at < 0) painter.outline(box.x, box.y, box.width, box.height, palette.faint, 1);
  }

  protected tableOf(data: UsageProfile): Table {
    const names = Array.from(data.entry, this.context.entryName);
    const share = { format: formatShare };
    const columns = [
      { title: 'PE' },
      { title: 'busy', ...share },
      { title: 'idle', ...share },
      { title: 'sent' },
      { title: 'received' },
    ];
    const rows = this.#order(data).map((at) => {
      const time = Math.max(1, data.time[at]!);
      const shares = Array.from(data.entry, (_, i) => data.busy[at * data.entry.length + i]! / time);
      return [
        data.pe[at]!,
        this.#busyOf(data, at) / time,
        data.idle[at]! / time,
        data.sent[at]!,
        data.received[at]!,
        ...shares,
      ];
    });
    return {
      columns: [...columns, ...names.map((title) => ({ title, ...share }))],
      rows,
      onRow: (row) => this.context.store.set({ pes: [rows[row]![0]!] }),
    };
  }
}
