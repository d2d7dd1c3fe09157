/** Curve `speedup`: the device simulation on 1 to 37 nodes, and on to 80 virtual nodes on these. */
import { at, type Curve, type CurveContext, type Series } from './curve.ts';
import { type DeviceCycles, deviceCycles, secondsOfCycle } from './device-cycles.ts';
import { simulate } from './simulate.ts';

const hosts = 37;
const virtualNodes = 80;
const manyStrips = 640;

interface Variant {
  readonly name: string;
  /** Default: a strip a node. */
  readonly strips?: number;
  readonly options: Omit<DeviceCycles, 'strips'>;
}

const variants = {
  oneEqual: { name: '1 strip a node, equal slices', options: { cut: 'equal' } },
  oneByRows: { name: '1 strip a node, unequal slices', options: { cut: 'by rows' } },
  oneSynchronised: {
    name: '1 strip a node, unequal, sub-cycle barriers',
    options: { cut: 'by rows', isSynchronised: true },
  },
  oneCentral: { name: '1 strip a node, unequal, through one node', options: { cut: 'by rows', isCentralised: true } },
  manyEqual: { name: `${manyStrips} equal slices, not balanced`, strips: manyStrips, options: { cut: 'equal' } },
  manyBalanced: {
    name: `${manyStrips} equal slices, RefineComm`,
    strips: manyStrips,
    options: { cut: 'equal', isBalanced: true },
  },
  manyBoth: {
    name: `${manyStrips} unequal slices, RefineComm`,
    strips: manyStrips,
    options: { cut: 'by rows', isBalanced: true },
  },
} as const satisfies Record<string, Variant>;

type Name = keyof typeof variants;

async function sweep(variant: Variant, nodes: readonly number[], context: CurveContext): Promise<Series> {
  const points = [];
  for (const x of nodes) {
    context.signal.throwIfAborted();
    context.progress(`${variant.name}: ${x} nodes`);
    const program = deviceCycles({ strips: variant.strips ?? x, ...variant.options });
    const { value } = await simulate(program, {
      pes: x,
      network: 'gigabit',
      seed: context.seed,
      balancer: 'RefineComm',
      signal: context.signal,
    });
    points.push({ x, y: secondsOfCycle / value });
  }
  return { name: variant.name, points };
}

export const speedup: Curve = {
  name: 'speedup',
  summary:
    'the device simulation on 1 to 37 nodes and on to 80 virtual ones: balanced or not, barriers, through one node',
  published: [
    'A device simulation on a cluster of 37 single-processor nodes, switched gigabit Ethernet: speed-up near-linear to 37 nodes.',
    'Slackness (several processes a processor that interleave) keeps speed-up rising past 37, to 80 virtual nodes.',
    'Barriers in sub-cycles cost much; balancing by the system and by the application together is best; communication through one node sags.',
  ],
  setting: [
    'The network "gigabit" (charm4ts sim --show-network gigabit); virtual nodes share the 37 processors in turn.',
    'The program is a model of the device simulation: bench/curves/device-cycles.ts states every number in it.',
    'Speed-up: seconds of a cycle on one processor without a runtime over those measured, in the cycles behind three balancing steps.',
  ],
  async run(context) {
    const nodes = context.isQuick
      ? [1, 8, hosts, virtualNodes]
      : [1, 2, 4, 8, 12, 16, 20, 24, 28, 32, hosts, 48, 56, 64, 74, virtualNodes];
    const measured = {} as Record<Name, Series>;
    for (const name of Object.keys(variants) as Name[]) measured[name] = await sweep(variants[name], nodes, context);
    const ideal = { name: 'ideal', points: nodes.map((x) => ({ x, y: Math.min(x, hosts) })), isReference: true };
    return {
      panels: [
        {
          name: 'nodes',
          title: 'Speed-up of the device simulation',
          x: { label: `nodes (past ${hosts}: virtual nodes on ${hosts} processors)` },
          y: { label: 'speed-up' },
          series: [ideal, ...Object.values(measured)],
        },
      ],
      findings: findings(measured),
    };
  },
};

function findings(measured: Record<Name, Series>): string[] {
  const percent = (name: Name): string => `${Math.round((100 * at(measured[name], hosts)) / hosts)} %`;
  const speed = (name: Name, x: number): string => at(measured[name], x).toFixed(1);
  return [
    `Efficiency on ${hosts} nodes: ${percent('manyBalanced')} with RefineComm, ${percent('manyEqual')} without balancing, ${percent('manyBoth')} with unequal slices too, ${percent('oneByRows')} with unequal slices alone.`,
    `One strip a node, past ${hosts}: ${speed('oneByRows', hosts)} on ${hosts} nodes, ${speed('oneByRows', virtualNodes)} on ${virtualNodes} virtual ones (where some processors have three and others two, so that the curve saws).`,
    `Sub-cycle barriers on ${hosts} nodes: ${speed('oneSynchronised', hosts)} instead of ${speed('oneByRows', hosts)}.`,
    `Through one node: ${speed('oneCentral', hosts)} instead of ${speed('oneByRows', hosts)} on ${hosts} nodes.`,
  ];
}
