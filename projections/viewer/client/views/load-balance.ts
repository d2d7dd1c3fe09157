/** Load balancing: how uneven the load was over the steps, and for one step the loads before and after, and who moved. */
import { imbalance, type LbStep, type LoadBalance } from '../../../analysis/load-balance.ts';
import { drawValueAxis } from '../axis.ts';
import { boxHit, type Hit, type Option } from '../chart-view.ts';
import { formatBytes, formatTime } from '../format.ts';
import type { Painter } from '../painter.ts';
import { SelectionView } from '../selection-view.ts';
import type { Table } from '../view.ts';

export class LoadBalanceView extends SelectionView<'loadBalance'> {
  protected readonly asks = 'loadBalance';
  readonly id = 'balance';
  readonly title = 'Load balance';
  readonly question = 'What did each balancing step do to the load? Click a step.';
  protected override readonly options: readonly Option[] = [
    {
      key: 'loads',
      label: 'loads',
      values: [
        ['measured', 'measured before and after'],
        ['said', 'as the balancer said'],
      ],
    },
  ];

  #chosen({ steps }: LoadBalance): number {
    const wanted = Number(this.context.store.option('balance.step', ''));
    const at = steps.findIndex(({ step }) => step === wanted);
    // The first step mostly moves most.
    return at >= 0 ? at : 0;
  }

  #loads(step: LbStep): readonly [Float64Array, Float64Array] {
    const hasSaid = step.saidBefore.length > 0;
    if (this.option('loads') === 'said' && hasSaid) return [step.saidBefore, step.saidAfter];
    return [rates(step.before, step.begin - step.phaseBegin), rates(step.after, step.phaseEnd - step.end)];
  }

  protected render(painter: Painter, data: LoadBalance, hits: Hit[]): void {
    const { palette, store } = this.context;
    if (data.steps.length === 0) {
      painter.text(20, 30, 'There is no balancing step in this part of the run.', { color: palette.faint, size: 13 });
      return;
    }
    const at = this.#chosen(data);
    const half = Math.min(190, painter.height * 0.32);
    const top = { x: 70, y: 34, width: painter.width - 100, height: half - 30 };
    painter.text(10, 14, 'busiest PE / mean, before (grey) and after (blue) each step; 1 is perfect', {
      color: palette.text,
      size: 12,
    });
    const pairs = data.steps.map((step) => this.#loads(step).map(imbalance) as [number, number]);
    const y = drawValueAxis(painter, palette, top, Math.max(...pairs.flat()), (value) => value.toFixed(1));
    painter.line([top.x, y(1), top.x + top.width, y(1)], palette.path, 1, [4, 3]);
    const width = top.width / data.steps.length;
    for (const [i, [before, after]] of pairs.entries()) {
      const x = top.x + i * width;
      const bar = Math.max(1, Math.min(18, width * 0.4));
      if (i === at) painter.rect(x, top.y - 4, width, top.height + 8, palette.accent, 0.12);
      painter.rect(x + width / 2 - bar, y(before), bar, y(0) - y(before), palette.overhead);
      painter.rect(x + width / 2, y(after), bar, y(0) - y(after), palette.accent);
      const { step, moves } = data.steps[i]!;
      const text = `step ${step} at ${formatTime(data.steps[i]!.begin)}\n${before.toFixed(2)} → ${after.toFixed(2)}, ${moves.element.length} moves`;
      hits.push(boxHit({ ...top, x, width }, { text, click: () => store.setOption('balance.step', String(step)) }));
    }
    this.#step(painter, data, data.steps[at]!, half + 20, hits);
  }

  #step(painter: Painter, { pe }: LoadBalance, step: LbStep, top: number, hits: Hit[]): void {
    const { palette } = this.context;
    const [before, after] = this.#loads(step);
    const isSaid = this.option('loads') === 'said' && step.saidBefore.length > 0;
    const format = isSaid ? formatTime : (share: number): string => `${Math.round(100 * share)} %`;
    const { moves } = step;
    const facts = [
      `Step ${step.step}${told(step)}: took ${formatTime(step.end - step.begin)}`,
      `${moves.element.length} moved`,
      `busiest / mean ${imbalance(before).toFixed(2)} → ${imbalance(after).toFixed(2)}`,
      `from other PEs ${formatBytes(rateOf(step.trafficBefore, step.begin - step.phaseBegin))}/s → ${formatBytes(rateOf(step.trafficAfter, step.phaseEnd - step.end))}/s`,
    ];
    painter.text(10, top, facts.join('   '), { color: palette.text, size: 12, isBold: true });
    const box = { x: 70, y: top + 22, width: painter.width - 100, height: Math.max(60, painter.height - top - 150) };
    const y = drawValueAxis(painter, palette, box, Math.max(...before, ...after), format);
    const width = box.width / pe.length;
    const bar = Math.max(0.8, Math.min(22, width * 0.4));
    for (let i = 0; i < pe.length; i++) {
      const x = box.x + (i + 0.5) * width;
      painter.rect(x - bar, y(before[i]!), bar, y(0) - y(before[i]!), palette.overhead);
      painter.rect(x, y(after[i]!), bar, y(0) - y(after[i]!), palette.accent);
      const text = `PE ${pe[i]}: ${format(before[i]!)} → ${format(after[i]!)}`;
      hits.push(boxHit({ ...box, x: x - width / 2, width }, { text }));
    }
    this.#moves(painter, pe, step, box, hits);
  }

  /** Arcs below the bars, from where an element was to where it is. */
  #moves(
    painter: Painter,
    pe: Int32Array,
    { moves }: LbStep,
    box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
    hits: Hit[],
  ): void {
    const { palette, store } = this.context;
    const place = new Map(Array.from(pe, (one, i) => [one, box.x + ((i + 0.5) * box.width) / pe.length]));
    const y = box.y + box.height + 4;
    const most = Math.max(1, ...moves.load);
    for (let i = Math.min(400, moves.element.length) - 1; i >= 0; i--) {
      const [x1, x2] = [place.get(moves.from[i]!), place.get(moves.to[i]!)];
      if (x1 === undefined || x2 === undefined) continue;
      const depth = Math.min(80, 14 + Math.abs(x2 - x1) * 0.25) + (i % 7) * 2;
      const points: number[] = [];
      for (let step = 0; step <= 16; step++) {
        const t = step / 16;
        points.push(x1 + (x2 - x1) * t, y + 4 * depth * t * (1 - t));
      }
      painter.line(points, palette.accent, 0.6 + 2 * (moves.load[i]! / most));
      painter.area([x2 - 3, y + 7, x2 + 3, y + 7, x2, y], palette.accent);
      const text = `${moves.names[i]}: PE ${moves.from[i]} → PE ${moves.to[i]}\n${formatTime(moves.load[i]!)} in the phase before`;
      const middle = (x1 + x2) / 2;
      hits.push(
        boxHit(
          { x: middle - 8, y: y + depth - 6, width: 16, height: 12 },
          { text, click: () => store.set({ chare: moves.names[i]! }) },
        ),
      );
    }
  }

  protected tableOf(data: LoadBalance): Table {
    const step = data.steps[this.#chosen(data)];
    if (step === undefined)
      return { columns: [], rows: [], note: 'There is no balancing step in this part of the run.' };
    const { moves } = step;
    const all = data.steps.map((one) => {
      const [before, after] = this.#loads(one).map((loads) => imbalance(loads).toFixed(2));
      return `${one.step}${told(one)}: ${before} → ${after}, ${one.moves.element.length} moves`;
    });
    return {
      columns: [
        { title: `moved in step ${step.step}` },
        { title: 'from PE' },
        { title: 'to PE' },
        { title: 'busy in the phase before', format: formatTime },
        { title: 'bytes', format: formatBytes },
      ],
      rows: moves.names.map((name, i) => [name, moves.from[i]!, moves.to[i]!, moves.load[i]!, moves.bytes[i]!]),
      note: `Steps (busiest / mean): ${all.slice(0, 200).join(' · ')}${refusals(step)}`,
      onRow: (row) => this.context.store.set({ chare: moves.names[row]! }),
    };
  }
}

/** Strategy and cause, of traces of our own. */
function told({ report }: LbStep): string {
  if (report === null) return '';
  const refused = report.refused === 0 ? '' : `, ${report.refused} refused`;
  return ` (${report.strategy}, ${report.trigger}${refused})`;
}

function refusals({ report }: LbStep): string {
  return report === null || report.reasons.length === 0 ? '' : ` · Not moved: ${report.reasons.join('; ')}`;
}

function rates(busy: Float64Array, length: number): Float64Array {
  return busy.map((ns) => ns / Math.max(1, length));
}

function rateOf(bytes: number, ns: number): number {
  return bytes / (Math.max(1, ns) / 1e9);
}
