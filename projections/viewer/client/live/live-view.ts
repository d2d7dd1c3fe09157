/** A running job: what `charm4ts top` prints, over time. It follows the job, whatever part of a trace is selected. */
import type { LivePes, LiveSample } from '../../live.ts';
import { ChartView, type Hit, type Option } from '../chart-view.ts';
import { formatBytes, formatCount, formatShare } from '../format.ts';
import type { Painter } from '../painter.ts';
import type { Table } from '../view.ts';
import { drawLive, heightOf, type LiveMeasure, liveMeasureNames, liveMeasures } from './draw.ts';
import type { LiveWatch } from './watch.ts';

interface Looks {
  readonly samples: readonly LiveSample[];
  readonly end: string | undefined;
}

export class LiveView extends ChartView<Looks> {
  readonly id = 'live';
  readonly title = 'Live';
  readonly question = 'What does the job do now?';
  readonly #watch: LiveWatch;
  protected override readonly options: readonly Option[] = [
    { key: 'measure', label: 'PEs by', values: liveMeasureNames.map((name) => [name, liveMeasures[name].title]) },
  ];

  constructor(watch: LiveWatch) {
    super();
    this.#watch = watch;
  }

  protected override get version(): number {
    return this.#watch.version;
  }

  protected async load(): Promise<Looks> {
    const { samples, end } = this.#watch;
    return { samples, end };
  }

  protected override heightFor(data: Looks, available: number): number {
    return Math.max(available, heightOf(data));
  }

  protected render(painter: Painter, data: Looks, hits: Hit[]): void {
    const measure = this.option('measure') as LiveMeasure;
    drawLive(painter, { ...data, measure, palette: this.context.palette }, hits);
  }

  protected tableOf({ samples, end }: Looks): Table {
    const last = samples.at(-1);
    const pes = last?.pes;
    const notes = [
      ...(end === undefined ? [] : [end]),
      ...(last?.silent ?? []).map((one) => `PE ${one.pe} runs ${one.running}`),
    ];
    return {
      columns: [
        { title: 'PE' },
        { title: 'node' },
        { title: 'busy', format: formatShare },
        { title: 'messages a second', format: formatCount },
        { title: 'queue', format: formatCount },
        { title: 'heap', format: formatBytes },
        { title: 'elements', format: formatCount },
        { title: 'busiest chare' },
      ],
      rows: pes === undefined ? [] : rowsOf(pes),
      ...(notes.length === 0 ? {} : { note: notes.join('; ') }),
    };
  }
}

function rowsOf(pes: LivePes): (string | number)[][] {
  return pes.pe.map((pe, i) => [
    pe,
    pes.node[i]!,
    pes.busy[i]!,
    pes.messagesPerSecond[i]!,
    pes.queue[i]!,
    pes.heapBytes[i]!,
    pes.elements[i]!,
    pes.busiest[i]!,
  ]);
}
