/** Call graph: on the left who sends, on the right what runs; a ribbon is as thick as there are messages. */
import type { CallGraph } from '../../../analysis/call-graph.ts';
import { boxHit, type Hit, type Option } from '../chart-view.ts';
import { formatBytes, formatCount, formatTime } from '../format.ts';
import type { Painter } from '../painter.ts';
import { SelectionView } from '../selection-view.ts';
import type { Table } from '../view.ts';

type Weight = 'count' | 'bytes' | 'busy';
const edgesMax = 120;
const gap = 6;

interface Side {
  readonly y: number;
  readonly height: number;
  used: number;
}

export class CallGraphView extends SelectionView<'callGraph'> {
  protected readonly asks = 'callGraph';
  readonly id = 'calls';
  readonly title = 'Call graph';
  readonly question = 'Which entry method sends messages that run which?';
  protected override readonly options: readonly Option[] = [
    {
      key: 'weight',
      label: 'width',
      values: [
        ['count', 'messages'],
        ['bytes', 'bytes'],
        ['busy', 'time of what they run'],
      ],
    },
  ];

  #edges(data: CallGraph): number[] {
    const weights = data[this.option('weight') as Weight];
    return Array.from(weights.keys())
      .filter((at) => weights[at]! > 0)
      .sort((a, b) => weights[b]! - weights[a]!)
      .slice(0, edgesMax);
  }

  protected override heightFor(data: CallGraph, available: number): number {
    const nodes = Math.max(new Set(data.from).size, new Set(data.to).size);
    return Math.max(available, Math.min(2000, 60 + nodes * 26));
  }

  protected render(painter: Painter, data: CallGraph, hits: Hit[]): void {
    const { palette, entryName, store } = this.context;
    const weight = this.option('weight') as Weight;
    const weights = data[weight];
    const edges = this.#edges(data);
    const [x1, x2] = [painter.width * 0.36, painter.width * 0.64];
    const left = this.#side(data.from, weights, edges, painter.height);
    const right = this.#side(data.to, weights, edges, painter.height);
    const name = (entry: number): string => (entry < 0 ? '(not sent by an execution)' : entryName(entry));
    painter.text(x1 - 10, 14, 'sender', { color: palette.faint, size: 12, align: 'right' });
    painter.text(x2 + 22, 14, 'what its messages run', { color: palette.faint, size: 12 });
    const scale = scaleOf(weights, edges, Math.max(left.size, right.size), painter.height);
    for (const at of edges) {
      const [from, to] = [left.get(data.from[at]!)!, right.get(data.to[at]!)!];
      const thickness = Math.max(0.6, weights[at]! * scale);
      const [y1, y2] = [from.y + from.used, to.y + to.used];
      from.used += weights[at]! * scale;
      to.used += weights[at]! * scale;
      const middle = (x1 + x2) / 2;
      const points: number[] = [];
      for (let i = 0; i <= 12; i++) points.push(...curve(i / 12, x1 + 12, y1, middle, x2, y2));
      for (let i = 12; i >= 0; i--) points.push(...curve(i / 12, x1 + 12, y1 + thickness, middle, x2, y2 + thickness));
      painter.area(points, palette.entry(data.to[at]!), 0.6);
      const text = [
        `${name(data.from[at]!)} → ${name(data.to[at]!)}`,
        `${formatCount(data.count[at]!)} messages, ${formatBytes(data.bytes[at]!)}, ${formatCount(data.remote[at]!)} to another PE`,
        `${formatTime(data.latency[at]! / Math.max(1, data.timed[at]!))} from send to execution, on average`,
        `they ran for ${formatTime(data.busy[at]!)}`,
      ].join('\n');
      hits.push({
        x: x1,
        y: Math.min(y1, y2),
        width: x2 - x1,
        height: Math.abs(y2 - y1) + Math.max(3, thickness),
        at: (x, y) => {
          const middleY = curve((x - x1) / (x2 - x1), x1, y1, middle, x2, y2)[1]!;
          return y >= middleY - 2 && y <= middleY + Math.max(3, thickness) ? { text } : undefined;
        },
      });
    }
    for (const [side, x, isLeft] of [
      [left, x1, true],
      [right, x2, false],
    ] as const)
      for (const [entry, { y, height }] of side) {
        painter.rect(x, y, 12, height, palette.entry(entry));
        const style = { color: palette.text, size: 12, widthMax: x1 - 30 };
        if (isLeft) painter.text(x - 8, y + height / 2, name(entry), { ...style, align: 'right' });
        else painter.text(x + 20, y + height / 2, name(entry), style);
        const click = (): void => store.set({ entries: entry < 0 ? undefined : [entry] });
        const box = { x: isLeft ? 0 : x, y, width: isLeft ? x + 12 : painter.width - x, height: Math.max(14, height) };
        hits.push(boxHit(box, { text: `${name(entry)}\nclick: only this entry method`, click }));
      }
  }

  #side(ends: Int32Array, weights: Float64Array, edges: readonly number[], height: number): Map<number, Side> {
    const totals = new Map<number, number>();
    for (const at of edges) totals.set(ends[at]!, (totals.get(ends[at]!) ?? 0) + weights[at]!);
    const total = [...totals.values()].reduce((sum, one) => sum + one, 0);
    const scale = (height - 40 - (gap + 8) * totals.size) / Math.max(1e-9, total);
    const side = new Map<number, Side>();
    let y = 28;
    for (const [entry, weight] of [...totals].sort(([, a], [, b]) => b - a)) {
      const thickness = Math.max(2, weight * scale);
      side.set(entry, { y, height: thickness, used: 0 });
      y += Math.max(8, thickness) + gap;
    }
    return side;
  }

  protected tableOf(data: CallGraph): Table {
    const { entryName } = this.context;
    const name = (entry: number): string => (entry < 0 ? '(not sent by an execution)' : entryName(entry));
    return {
      columns: [
        { title: 'from' },
        { title: 'to' },
        { title: 'messages', format: formatCount },
        { title: 'to another PE', format: formatCount },
        { title: 'bytes', format: formatBytes },
        { title: 'mean time to execution', format: formatTime },
        { title: 'time of executions', format: formatTime },
      ],
      rows: Array.from(data.from, (from, at) => [
        name(from),
        name(data.to[at]!),
        data.count[at]!,
        data.remote[at]!,
        data.bytes[at]!,
        data.latency[at]! / Math.max(1, data.timed[at]!),
        data.busy[at]!,
      ]),
    };
  }
}

/** A point of a curve that leaves and arrives level. */
function curve(t: number, x1: number, y1: number, middle: number, x2: number, y2: number): [number, number] {
  const u = 1 - t;
  const [a, b, c, d] = [u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t];
  return [a * x1 + (b + c) * middle + d * x2, (a + b) * y1 + (c + d) * y2];
}

/** Pixels of a unit of weight. */
function scaleOf(weights: Float64Array, edges: readonly number[], nodes: number, height: number): number {
  const total = edges.reduce((sum, at) => sum + weights[at]!, 0);
  return (height - 40 - (gap + 8) * nodes) / Math.max(1e-9, total);
}
