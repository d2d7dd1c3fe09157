/** Curve `memory-ushering`: tasks that nearly fill the memory of a cluster, where they started against ushered. */
import { SeededRandom } from '../../core/base/random.ts';
import { type DistributedStrategy, memoryUsher } from '../../lb-strategies/index.ts';
import type { NetworkDescription } from '../../transports/sim/network-description.ts';
import { shippedNetworks } from '../../transports/sim/shipped-networks.ts';
import type { Curve, CurveContext, CurvePoint, Series } from './curve.ts';
import { simulate } from './simulate.ts';
import { runTasks, type Task } from './tasks.ts';

const mib = 2 ** 20;
const nodeBytes = 110 * mib;
const meanBytes = 8 * mib;
/** Of all memory: what the tasks need together. */
const filling = 0.9;
const taskSeconds = 60;
const sliceSeconds = 0.25;
const periodSeconds = 1;
/** What a node keeps free. */
const bytesKept = 2 * mib;
/** A node whose tasks need twice its memory computes this many times slower: it pages. */
const pagingSlowdown = 4;

function machine(): NetworkDescription {
  const gigabit = shippedNetworks.find(({ name }) => name === 'gigabit')!;
  return { ...gigabit, memory: { bytesPerHost: nodeBytes, slowdown: pagingSlowdown } };
}

/** Sizes are exponentially distributed; as many tasks as fill the nodes. */
function draw(nodes: number, seed: number): Task[] {
  const random = new SeededRandom(seed, nodes);
  const tasks: Task[] = [];
  for (let bytes = 0; ; ) {
    const size = Math.min(nodeBytes / 2, -meanBytes * Math.log(1 - random.next()));
    bytes += size;
    if (bytes > filling * nodes * nodeBytes) return tasks;
    tasks.push({ seconds: taskSeconds, bytes: Math.round(size) });
  }
}

interface Ushering {
  readonly name: string;
  readonly balancer?: readonly (string | DistributedStrategy)[];
}

async function measure(
  nodes: number,
  { name, balancer }: Ushering,
  samples: number,
  context: CurveContext,
): Promise<number> {
  let sum = 0;
  for (let sample = 0; sample < samples; sample++) {
    context.signal.throwIfAborted();
    context.progress(`${name}: ${nodes} nodes, ${sample + 1} of ${samples}`);
    const balancing = balancer === undefined ? {} : { balancer, lbPeriod: periodSeconds };
    const { value } = await simulate(runTasks(draw(nodes, context.seed + sample), sliceSeconds, periodSeconds), {
      pes: nodes,
      network: machine(),
      seed: context.seed + sample,
      signal: context.signal,
      ...balancing,
    });
    sum += value;
  }
  return sum / samples;
}

export const memoryUshering: Curve = {
  name: 'memory-ushering',
  summary: 'tasks that nearly fill the memory of 8 to 32 nodes: static placement pages, ushering does not',
  published: [
    'Processes of exponentially distributed sizes, mean 8 MB, filling 110 MB a node: static placement is slower by 29 % on 8 nodes and 175 % on 32, since ever more likely one node runs out of memory.',
    'With ushering the time stays flat as nodes are added.',
  ],
  setting: [
    `The network "gigabit"; ${nodeBytes / mib} MiB a node, tasks of ${taskSeconds} s that need ${100 * filling} % of all memory together, dealt out in turn.`,
    `A node whose tasks need more than it has pages: at twice its memory it computes ${pagingSlowdown} times slower, in proportion in between.`,
    `MemoryUsher and, for contrast, Gossip, which knows loads only; without steps, each node in its own time, about every ${periodSeconds} s. Each point is a mean over several draws of the sizes.`,
  ],
  async run(context) {
    const sizes = context.isQuick ? [8, 16] : [8, 12, 16, 20, 24, 28, 32];
    const samples = context.isQuick ? 1 : 6;
    const balancers: readonly Ushering[] = [
      { name: 'static' },
      { name: 'Gossip', balancer: ['Gossip'] },
      { name: 'MemoryUsher', balancer: [memoryUsher(bytesKept)] },
    ];
    const series: Series[] = [];
    for (const ushering of balancers) {
      const points: CurvePoint[] = [];
      for (const x of sizes) points.push({ x, y: await measure(x, ushering, samples, context) });
      series.push({ name: ushering.name, points });
    }
    return {
      panels: [
        {
          name: 'time',
          title: 'Time until all tasks have ended',
          x: { label: 'nodes' },
          y: { label: 'seconds' },
          series,
        },
      ],
      findings: findings(series[0]!, series[2]!),
    };
  },
};

function findings(still: Series, ushered: Series): string[] {
  const [first, last] = [0, still.points.length - 1];
  const slower = (i: number): string =>
    `${Math.round(100 * (still.points[i]!.y / ushered.points[i]!.y - 1))} % on ${still.points[i]!.x} nodes`;
  const times = ushered.points.map(({ y }) => y);
  const flat = `${Math.min(...times).toFixed(0)} to ${Math.max(...times).toFixed(0)} s`;
  return [
    `Static placement is slower by ${slower(first)} and ${slower(last)} (published: 29 % on 8, 175 % on 32).`,
    `With ushering the time is ${flat} whatever the number of nodes.`,
  ];
}
