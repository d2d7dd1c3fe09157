/** Curve `random-run-times`: tasks of 0 to 600 s on 16 nodes, where they started against balanced by Gossip. */
import { SeededRandom } from '../../core/base/random.ts';
import type { NetworkDescription, SpeedChange } from '../../transports/sim/network-description.ts';
import { shippedNetworks } from '../../transports/sim/shipped-networks.ts';
import { at, type Curve, type CurveContext, type CurvePoint, type Series } from './curve.ts';
import { simulate } from './simulate.ts';
import { runTasks, type Task } from './tasks.ts';

const nodes = 16;
const secondsMax = 600;
const periodSeconds = 2;
/** As the time slice of an operating system: what is said to a node waits for no longer. */
const sliceSeconds = 0.05;
/** With background: other users take half of the processor on every second node. */
const background: readonly SpeedChange[] = Array.from({ length: nodes / 2 }, (_, i) => ({
  pes: [2 * i, 2 * i],
  load: 0.5,
}));

interface Setting {
  readonly name: string;
  readonly isLoaded: boolean;
  readonly isRandom: boolean;
}

const settings: readonly Setting[] = [
  { name: 'dealt out in turn', isLoaded: false, isRandom: false },
  { name: 'placed at random', isLoaded: false, isRandom: true },
  { name: 'in turn, with background load', isLoaded: true, isRandom: false },
  { name: 'at random, with background load', isLoaded: true, isRandom: true },
];

function machine(isLoaded: boolean): NetworkDescription {
  const gigabit = shippedNetworks.find(({ name }) => name === 'gigabit')!;
  return { ...gigabit, ...(isLoaded ? { speeds: background } : {}) };
}

function draw(count: number, seed: number, isRandom: boolean): Task[] {
  const random = new SeededRandom(seed, count);
  const seconds = Array.from({ length: count }, () => secondsMax * random.next());
  return seconds.map((one, i) => ({ seconds: one, pe: isRandom ? random.below(nodes) : i % nodes }));
}

/**
 * Seconds until all tasks have ended if at every moment all that are left have equal shares of all processors, at most one
 * each: the best that can be done without knowing how long they run.
 */
function sharedSeconds(tasks: readonly Task[]): number {
  const left = tasks.map(({ seconds }) => seconds).sort((a, b) => a - b);
  let time = 0;
  let done = 0;
  for (const [i, seconds] of left.entries()) {
    time += (seconds - done) * Math.max(1, (left.length - i) / nodes);
    done = seconds;
  }
  return time;
}

/** Per cent by which a time is longer than another. */
function longer(time: number, than: number): number {
  return 100 * (time / than - 1);
}

async function sweep(
  { name, isLoaded, isRandom }: Setting,
  counts: readonly number[],
  samples: number,
  context: CurveContext,
): Promise<{ readonly gossip: Series; readonly best: Series }> {
  const gossip: CurvePoint[] = [];
  const best: CurvePoint[] = [];
  for (const count of counts) {
    let [sum, sumBest] = [0, 0];
    for (let sample = 0; sample < samples; sample++) {
      context.signal.throwIfAborted();
      context.progress(`${name}: ${count} tasks, ${sample + 1} of ${samples}`);
      const seed = context.seed + sample;
      const tasks = draw(count, seed, isRandom);
      const options = { pes: nodes, network: machine(isLoaded), seed, signal: context.signal };
      const program = runTasks(tasks, sliceSeconds, periodSeconds);
      const still = await simulate(program, options);
      const balanced = await simulate(program, { ...options, balancer: 'Gossip', lbPeriod: periodSeconds });
      sum += longer(still.value, balanced.value);
      sumBest += longer(still.value, sharedSeconds(tasks));
    }
    gossip.push({ x: count, y: sum / samples });
    best.push({ x: count, y: sumBest / samples });
  }
  return {
    gossip: { name, points: gossip },
    best: { name: `${name}: than the best`, points: best, isReference: true },
  };
}

export const randomRunTimes: Curve = {
  name: 'random-run-times',
  summary: 'tasks of 0 to 600 s on 16 nodes: how much slower static placement is than the Gossip balancer',
  published: [
    'CPU-bound processes of 0 to 600 s on 16 identical nodes: static placement is slower than the decentralised balancer by 52 % on average and by 75 % at 36 processes.',
    'With background load: 35 % on average, 62 % at 20 processes.',
  ],
  setting: [
    `The network "gigabit", ${nodes} nodes. Run times are uniform in 0 to ${secondsMax} s and not known to anybody; what counts as load is how many tasks want to compute.`,
    `Gossip, without steps: each node in its own time, about every ${periodSeconds} s. Background: other users take half of the processor on every second node.`,
    'Each point is the mean over several draws, the same ones for static placement and for Gossip.',
    'The best, dashed: equal shares of all processors for all tasks at every moment, which no balancer can beat that does not know run times.',
  ],
  async run(context) {
    const counts = context.isQuick ? [20, 36] : [16, 20, 28, 36, 52, 84];
    const samples = context.isQuick ? 2 : 5;
    const series: Series[] = [];
    for (const setting of settings) {
      const { gossip, best } = await sweep(setting, counts, samples, context);
      series.push(gossip);
      if (!setting.isLoaded) series.push(best);
    }
    const x = { label: `tasks on ${nodes} nodes` };
    const y = { label: 'static placement is slower by, %' };
    const title = 'Static placement against Gossip';
    return { panels: [{ name: 'slowdown', title, x, y, series }], findings: findings(series) };
  },
};

function findings(series: readonly Series[]): string[] {
  const named = (name: string): Series => series.find((one) => one.name === name)!;
  const mean = ({ points }: Series): string =>
    `${Math.round(points.reduce((sum, { y }) => sum + y, 0) / points.length)} %`;
  const both = (a: string, b: string, count: number): string =>
    [a, b]
      .map((name) => `${name}: ${mean(named(name))} on average, ${Math.round(at(named(name), count))} % at ${count}`)
      .join('; ');
  const [inTurn, random] = [settings[0]!.name, settings[1]!.name];
  return [
    `Static placement is slower. Tasks ${both(inTurn, random, 36)} (published: 52 % and 75 %; how processes were placed is not).`,
    `With background load. Tasks ${both(settings[2]!.name, settings[3]!.name, 20)} (published: 35 % and 62 %; how much load, and where, is not).`,
    `Against the best without knowing run times, static placement is slower by ${mean(named(`${inTurn}: than the best`))} in turn and ${mean(named(`${random}: than the best`))} at random.`,
  ];
}
