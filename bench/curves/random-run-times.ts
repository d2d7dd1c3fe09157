/** Curve `random-run-times`: tasks of 0 to 600 s on 16 nodes, where they started against balanced by Gossip. */
import { SeededRandom } from '../../core/base/random.ts';
import type { NetworkDescription, SpeedChange } from '../../transports/sim/network-description.ts';
import { shippedNetworks } from '../../transports/sim/shipped-networks.ts';
import { at, type Curve, type CurveContext, type Series } from './curve.ts';
import { simulate } from './simulate.ts';
import { runTasks, type Task } from './tasks.ts';

const nodes = 16;
const secondsMax = 600;
/** Balancing goes on all the time, at each node's own pace. */
const periodSeconds = 2;
const sliceSeconds = 0.5;
/** With background: other users take half of the processor on every second node. */
const background: readonly SpeedChange[] = Array.from({ length: nodes / 2 }, (_, i) => ({
  pes: [2 * i, 2 * i],
  load: 0.5,
}));

function machine(isLoaded: boolean): NetworkDescription {
  const gigabit = shippedNetworks.find(({ name }) => name === 'gigabit')!;
  return { ...gigabit, ...(isLoaded ? { speeds: background } : {}) };
}

/** How much longer the tasks take where they started, in per cent. */
async function slowdown(
  tasks: readonly Task[],
  isLoaded: boolean,
  seed: number,
  context: CurveContext,
): Promise<number> {
  const options = { pes: nodes, network: machine(isLoaded), seed, signal: context.signal };
  const still = await simulate(runTasks(tasks, sliceSeconds, periodSeconds), options);
  const balanced = await simulate(runTasks(tasks, sliceSeconds, periodSeconds), {
    ...options,
    balancer: 'Gossip',
    lbPeriod: periodSeconds,
  });
  return 100 * (still.value / balanced.value - 1);
}

async function sweep(
  isLoaded: boolean,
  counts: readonly number[],
  samples: number,
  context: CurveContext,
): Promise<Series> {
  const name = isLoaded ? 'with background load' : 'without background load';
  const points = [];
  for (const count of counts) {
    let sum = 0;
    for (let sample = 0; sample < samples; sample++) {
      context.signal.throwIfAborted();
      context.progress(`${name}: ${count} tasks, ${sample + 1} of ${samples}`);
      const random = new SeededRandom(context.seed + sample, count);
      const tasks = Array.from({ length: count }, () => ({ seconds: secondsMax * random.next() }));
      sum += await slowdown(tasks, isLoaded, context.seed + sample, context);
    }
    points.push({ x: count, y: sum / samples });
  }
  return { name, points };
}

export const randomRunTimes: Curve = {
  name: 'random-run-times',
  summary: 'tasks of 0 to 600 s on 16 nodes: how much slower static placement is than the Gossip balancer',
  published: [
    'CPU-bound processes of 0 to 600 s on 16 identical nodes: static placement is slower than the decentralised balancer by 52 % on average and by 75 % at 36 processes.',
    'With background load: 35 % on average, 62 % at 20 processes.',
  ],
  setting: [
    `The network "gigabit", ${nodes} nodes. Tasks are dealt out in turn; run times are uniform in 0 to ${secondsMax} s and not known to anybody.`,
    `Gossip, continuously, every ${periodSeconds} s. Background: other users take half of the processor on every second node.`,
    'Each point is the mean over several draws of the run times, the same ones for both placements.',
  ],
  async run(context) {
    const counts = context.isQuick ? [20, 36] : [16, 20, 28, 36, 52, 68, 100, 132];
    const samples = context.isQuick ? 2 : 8;
    const series = [await sweep(false, counts, samples, context), await sweep(true, counts, samples, context)];
    return {
      panels: [
        {
          name: 'slowdown',
          title: 'Static placement against Gossip',
          x: { label: `tasks on ${nodes} nodes` },
          y: { label: 'static is slower by, %' },
          series,
        },
      ],
      findings: findings(series[0]!, series[1]!),
    };
  },
};

function findings(unloaded: Series, loaded: Series): string[] {
  const mean = ({ points }: Series): string =>
    `${Math.round(points.reduce((sum, { y }) => sum + y, 0) / points.length)} %`;
  return [
    `Static placement is slower by ${mean(unloaded)} on average and ${Math.round(at(unloaded, 36))} % at 36 tasks (published: 52 % and 75 %).`,
    `With background load: ${mean(loaded)} on average, ${Math.round(at(loaded, 20))} % at 20 tasks (published: 35 % and 62 %; how much load, on which nodes, is not).`,
  ];
}
