/** What a PE says of itself when somebody looks at a running job. Costs nothing until then. */
import { getHeapStatistics } from 'node:v8';
import type { LbStepReport } from '../../core/balance/balancing.ts';
import type { ElementRecord } from '../../core/chare/element.ts';
import type { Pe } from '../../core/pe/pe.ts';

/** `short`: the busiest elements only. */
export type ViewDetail = 'short' | 'elements';

export interface ElementView {
  readonly name: string;
  /** Seconds that its entry methods have taken since the last balancing step, by estimate. */
  readonly load: number;
}

export interface CollectionView {
  readonly name: string;
  readonly kind: string;
  readonly elements: number;
  readonly load: number;
}

export interface PeView {
  readonly pe: number;
  readonly node: number;
  /** Seconds of this PE's clock, and how many of them it had nothing to do. */
  readonly seconds: number;
  readonly idleSeconds: number;
  /** Messages, from the start on. */
  readonly created: number;
  readonly processed: number;
  readonly queue: number;
  readonly heapBytes: number;
  readonly collections: readonly CollectionView[];
  /** The busiest first. */
  readonly elements: readonly ElementView[];
  /** On PE 0. */
  readonly lastStep: StepView | null;
}

export type StepView = Pick<
  LbStepReport,
  'step' | 'strategy' | 'trigger' | 'objects' | 'before' | 'after' | 'migrations' | 'seconds'
>;

const busiestMax = 10;
const elementsMax = 100_000;

export function viewOf(pe: Pe, detail: ViewDetail): PeView {
  const collections: CollectionView[] = [];
  const elements: ElementRecord[] = [];
  for (const { type, shape, elements: own } of pe.collections.all()) {
    if (own.length === 0) continue;
    const kind = shape.isArray ? 'array' : shape.isGroup ? 'group' : 'chare';
    const load = own.reduce((sum, element) => sum + loadOf(element), 0);
    collections.push({ name: type.name, kind, elements: own.length, load });
    for (const element of own) elements.push(element);
  }
  elements.sort((a, b) => loadOf(b) - loadOf(a));
  const shown = elements.slice(0, detail === 'short' ? busiestMax : elementsMax);
  return {
    pe: pe.id,
    node: pe.node,
    seconds: pe.clock.now() / 1000,
    idleSeconds: pe.host.vitals().idleSeconds,
    created: pe.created,
    processed: pe.processed,
    queue: pe.queue.length,
    heapBytes: getHeapStatistics().used_heap_size,
    collections,
    elements: shown.map((element) => ({ name: element.label, load: loadOf(element) })),
    lastStep: stepView(pe.lb.lastReport),
  };
}

function loadOf({ load, ticks }: ElementRecord): number {
  return load + ticks * 1e-9;
}

function stepView(report: LbStepReport | undefined): StepView | null {
  if (report === undefined) return null;
  const { step, strategy, trigger, objects, before, after, migrations, seconds } = report;
  return { step, strategy, trigger, objects, before, after, migrations, seconds };
}
