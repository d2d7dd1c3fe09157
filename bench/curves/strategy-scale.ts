/** Curve `strategy-scale`: what each strategy makes of a step, and how long it takes, from 64 to 16,384 PEs. */
import { distributedStrategyNames, type Migration, offlineContext, strategyNamed } from '../../lb-strategies/index.ts';
import { type Quality, qualityOf } from '../../lb-strategies/quality.ts';
import type { Curve, CurveContext, CurvePoint, Panel } from './curve.ts';
import { hotCorner } from './hot-corner.ts';

const strategies = [
  'Greedy',
  'GreedyRefine',
  'Refine',
  'RefineComm',
  'Frontier',
  'MetisRepartition',
  'RecBipart',
  'Orb',
  'Hybrid',
  'Neighbor',
  'Distributed',
  'Gossip',
] as const;
const objectsPerPe = 16;
/** A strategy is not asked for larger steps than the one at which it took this long. */
const secondsMax = 120;

interface Answer {
  readonly seconds: number;
  readonly quality: Quality;
}

function answer(name: string, statistics: ReturnType<typeof hotCorner>): Answer {
  const strategy = strategyNamed(name);
  const started = process.cpuUsage();
  const migrations: Migration[] = [...strategy(statistics, offlineContext())];
  const { user, system } = process.cpuUsage(started);
  const seconds = (user + system) / 1e6;
  const placement = statistics.objects.pe.slice();
  for (const { object, to } of migrations) placement[object] = to;
  return { seconds, quality: qualityOf(statistics, placement) };
}

const measures: readonly {
  readonly name: string;
  readonly title: string;
  readonly label: string;
  readonly isLog: boolean;
  readonly of: (answer: Answer, before: Quality) => number;
}[] = [
  {
    name: 'balance',
    title: 'Balance',
    label: 'max/avg load of a PE',
    isLog: false,
    of: ({ quality }) => quality.maxOverAvg,
  },
  {
    name: 'traffic',
    title: 'Traffic between PEs',
    label: 'external bytes over those before',
    isLog: false,
    of: ({ quality }, before) => quality.externalBytes / before.externalBytes,
  },
  {
    name: 'migrations',
    title: 'Migrations',
    label: 'objects moved over objects',
    isLog: false,
    of: ({ quality }) => quality.migrations,
  },
  { name: 'seconds', title: 'Time to decide', label: 'seconds', isLog: true, of: ({ seconds }) => seconds },
];

export const strategyScale: Curve = {
  name: 'strategy-scale',
  summary: "each strategy's balance, traffic, migrations and time on steps of 64 to 16,384 PEs",
  published: [
    'Charm++ 6.10, from shared cases: RefineCommLB takes 23 ms for 2,048 objects on 32 PEs; there are no published figures for these sizes.',
  ],
  setting: [
    `A 3-D stencil with about ${objectsPerPe} objects a PE, of which an eighth, in one corner, work three times as long.`,
    'Times are seconds of processor time on this machine, which what else it does hardly changes, without collecting the statistics; agents of distributed strategies all run in one thread, so their times are sums over all PEs.',
    `A strategy that took more than ${secondsMax} s is not asked for larger steps.`,
  ],
  async run(context) {
    const sizes = context.isQuick ? [64, 256] : [64, 256, 1024, 4096, 16384];
    const points = new Map<string, CurvePoint[]>();
    const slow = new Map<string, number>();
    for (const pes of sizes) await measureSize(pes, points, slow, context);
    const panels: Panel[] = measures.map(({ name, title, label, isLog }) => ({
      name,
      title,
      x: { label: 'PEs', isLog: true },
      y: { label, isLog },
      series: strategies.map((strategy) => ({ name: strategy, points: points.get(`${name}/${strategy}`) ?? [] })),
    }));
    return { panels, findings: findings(panels, sizes, slow) };
  },
};

async function measureSize(
  pes: number,
  points: Map<string, CurvePoint[]>,
  slow: Map<string, number>,
  context: CurveContext,
): Promise<void> {
  const statistics = hotCorner(Math.round(Math.cbrt(pes * objectsPerPe)), pes);
  const before = qualityOf(statistics, statistics.objects.pe);
  for (const name of strategies) {
    if (slow.has(name)) continue;
    context.signal.throwIfAborted();
    context.progress(`${name}: ${pes} PEs`);
    // A turn of the event loop, so that an interruption is heard.
    await new Promise((resolve) => setImmediate(resolve));
    const result = answer(name, statistics);
    if (result.seconds > secondsMax) slow.set(name, pes);
    for (const measure of measures) {
      const key = `${measure.name}/${name}`;
      const y = measure.of(result, before) / (measure.name === 'migrations' ? statistics.objects.count : 1);
      points.set(key, [...(points.get(key) ?? []), { x: pes, y }]);
    }
  }
}

function findings(panels: readonly Panel[], sizes: readonly number[], slow: ReadonlyMap<string, number>): string[] {
  const most = sizes.at(-1)!;
  const value = (panel: string, strategy: string): string => {
    const series = panels.find(({ name }) => name === panel)!.series.find(({ name }) => name === strategy)!;
    return series.points.find(({ x }) => x === most)?.y.toPrecision(3) ?? 'not run';
  };
  const agents = new Set(distributedStrategyNames());
  const lines = strategies.map(
    (name) =>
      `${name}${agents.has(name) ? ' (agents)' : ''} at ${most} PEs: max/avg ${value('balance', name)}, traffic ${value('traffic', name)}, moved ${value('migrations', name)}, ${value('seconds', name)} s.`,
  );
  for (const [name, pes] of slow)
    lines.push(`${name} took more than ${secondsMax} s at ${pes} PEs and was not run beyond.`);
  return lines;
}
