/** Communication: a matrix of who sends to whom, or how much over time. */
import type { CommunicationMatrix, CommunicationOverTime, Ends } from '../../../analysis/communication.ts';
import { drawTimeAxis, drawValueAxis } from '../axis.ts';
import { ChartView, type Hit, type Option } from '../chart-view.ts';
import { scaleColor, textOn } from '../colors.ts';
import type { Context } from '../context.ts';
import { formatBytes, formatCount, formatTime } from '../format.ts';
import type { Painter } from '../painter.ts';
import type { Table } from '../view.ts';
import { drawCells, drawScale } from './grid.ts';

type Data =
  | { readonly matrix: CommunicationMatrix; readonly over?: undefined }
  | { readonly matrix?: undefined; readonly over: CommunicationOverTime };

export class CommunicationView extends ChartView<Data> {
  readonly id = 'communication';
  readonly title = 'Communication';
  readonly question = 'Who sends how much to whom, and when?';
  protected override readonly options: readonly Option[] = [
    {
      key: 'ends',
      label: 'show',
      values: [
        ['pe', 'PE to PE'],
        ['node', 'node to node'],
        ['entry', 'entry method to entry method'],
        ['time', 'over time'],
      ],
    },
    {
      key: 'measure',
      label: 'count',
      values: [
        ['messages', 'messages'],
        ['bytes', 'bytes'],
      ],
    },
  ];

  protected async load({ source, store }: Context): Promise<Data> {
    const ends = this.option('ends');
    if (ends === 'time')
      return { over: await source.ask('communicationOverTime', { ...store.selection, columns: 300 }) };
    return { matrix: await source.ask('communication', { ...store.selection, ends: ends as Ends }) };
  }

  get #format(): (value: number) => string {
    return this.option('measure') === 'bytes' ? formatBytes : formatCount;
  }

  protected render(painter: Painter, { matrix, over }: Data, hits: Hit[]): void {
    if (matrix !== undefined) this.#matrix(painter, matrix, hits);
    else this.#overTime(painter, over, hits);
  }

  #name({ ends, first, last }: CommunicationMatrix, at: number): string {
    const [from, to] = [first[at]!, last[at]!];
    if (ends === 'entry') return from === to ? this.context.entryName(from) : `${this.context.entryName(from)}, ...`;
    const word = ends === 'pe' ? 'PE' : 'node';
    return from === to ? `${word} ${from}` : `${word} ${from}-${to}`;
  }

  #matrix(painter: Painter, matrix: CommunicationMatrix, hits: Hit[]): void {
    const { palette, store } = this.context;
    const values = this.option('measure') === 'bytes' ? matrix.bytes : matrix.messages;
    const size = matrix.first.length;
    const left = matrix.ends === 'entry' ? 240 : 90;
    const side = Math.max(60, Math.min(painter.width - left - 40, painter.height - 90));
    const box = { x: left, y: 34, width: side, height: side };
    const max = values.reduce((most, one) => Math.max(most, one), 0);
    const scale = Math.log1p(max) || 1;
    const share = (column: number, row: number): number => {
      const value = values[row * size + column]!;
      return value === 0 ? -1 : Math.log1p(value) / scale;
    };
    drawCells(painter, { columns: size, rows: size, share }, box, palette);
    painter.outline(box.x, box.y, box.width, box.height, palette.grid, 1);
    const cell = side / Math.max(1, size);
    if (cell > 44)
      for (let at = 0; at < size * size; at++) {
        if (values[at] === 0) continue;
        const color = textOn(scaleColor(share(at % size, Math.floor(at / size))));
        const [x, y] = [box.x + ((at % size) + 0.5) * cell, box.y + (Math.floor(at / size) + 0.5) * cell];
        painter.text(x, y, this.#format(values[at]!), { color, size: 11, align: 'center' });
      }
    const step = Math.max(1, Math.ceil(14 / cell));
    for (let at = 0; at < size; at += step) {
      const style = { color: palette.faint, size: 11, align: 'right' as const, widthMax: left - 16 };
      painter.text(box.x - 8, box.y + (at + 0.5) * cell, this.#name(matrix, at), style);
      if (matrix.ends !== 'entry' && at % (cell > 24 ? step : step * 4) === 0)
        painter.text(box.x + (at + 0.5) * cell, box.y - 9, String(matrix.first[at]), {
          ...style,
          align: 'center',
        });
    }
    painter.text(8, 14, 'senders ↓, receivers →', { color: palette.faint, size: 11 });
    drawScale(painter, box.x + 30, box.y + side + 14, '1', this.#format(max), palette);
    hits.push({
      ...box,
      at: (x, y) => {
        const [column, row] = [Math.floor((x - box.x) / cell), Math.floor((y - box.y) / cell)];
        if (column >= size || row >= size) return undefined;
        const at = row * size + column;
        const text =
          `${this.#name(matrix, row)} to ${this.#name(matrix, column)}\n` +
          `${formatCount(matrix.messages[at]!)} messages, ${formatBytes(matrix.bytes[at]!)}`;
        if (matrix.ends !== 'pe') return { text };
        const pes = [...new Set([matrix.first[row]!, matrix.first[column]!])].sort((a, b) => a - b);
        return { text: `${text}\nclick: these PEs in the timeline`, click: () => store.set({ pes, view: 'timeline' }) };
      },
    });
  }

  #series(over: CommunicationOverTime): readonly (readonly [name: string, values: Float64Array, color: string])[] {
    const { palette } = this.context;
    if (this.option('measure') === 'bytes')
      return [
        ['sent', over.sentBytes, palette.accent],
        ['from another PE', over.otherPeBytes, '#e69f00'],
        ['from another node', over.otherNodeBytes, palette.path],
      ];
    return [
      ['sends', over.sends, palette.accent],
      ['messages executed', over.executed, '#009e73'],
      ['from another PE', over.fromOtherPe, '#e69f00'],
      ['from another node', over.fromOtherNode, palette.path],
    ];
  }

  #overTime(painter: Painter, over: CommunicationOverTime, hits: Hit[]): void {
    const { palette } = this.context;
    const { grid } = over;
    const series = this.#series(over);
    const box = { x: 80, y: 58, width: painter.width - 100, height: painter.height - 74 };
    const end = grid.begin + grid.width * grid.count;
    const x = (time: number): number => box.x + ((time - grid.begin) / (end - grid.begin)) * box.width;
    drawTimeAxis(painter, { begin: grid.begin, end, x }, palette, { ...box, y: box.y - 6 });
    const y = drawValueAxis(
      painter,
      palette,
      box,
      Math.max(...series.map(([, values]) => Math.max(...values))),
      this.#format,
    );
    for (const [i, [name, values, color]] of series.entries()) {
      const points = Array.from(values, (value, column) => [
        x(grid.begin + (column + 0.5) * grid.width),
        y(value),
      ]).flat();
      painter.line(points, color, 1.8);
      painter.rect(80 + i * 170, 8, 14, 4, color);
      painter.text(100 + i * 170, 10, name, { color: palette.text, size: 12 });
    }
    hits.push({
      ...box,
      at: (px) => {
        const column = Math.min(grid.count - 1, Math.floor(((px - box.x) / box.width) * grid.count));
        const lines = series.map(([name, values]) => `${name}: ${this.#format(values[column]!)}`);
        return {
          text: `${formatTime(grid.begin + column * grid.width)} + ${formatTime(grid.width)}\n${lines.join('\n')}`,
        };
      },
    });
  }

  protected tableOf({ matrix, over }: Data): Table {
    if (matrix !== undefined) {
      const size = matrix.first.length;
      const used = Array.from(matrix.messages.keys()).filter((at) => matrix.messages[at]! > 0);
      const rows = used.map((at) => [
        this.#name(matrix, Math.floor(at / size)),
        this.#name(matrix, at % size),
        matrix.messages[at]!,
        matrix.bytes[at]!,
      ]);
      rows.sort((a, b) => Number(b[2]) - Number(a[2]));
      return {
        columns: [
          { title: 'from' },
          { title: 'to' },
          { title: 'messages', format: formatCount },
          { title: 'bytes', format: formatBytes },
        ],
        rows,
      };
    }
    const series = this.#series(over);
    const { grid } = over;
    return {
      columns: [{ title: 'begin', format: formatTime }, ...series.map(([title]) => ({ title, format: this.#format }))],
      rows: Array.from({ length: grid.count }, (_, i) => [
        grid.begin + i * grid.width,
        ...series.map(([, values]) => values[i]!),
      ]),
    };
  }
}
