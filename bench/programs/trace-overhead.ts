/**
 * What recording costs: a ring on one PE, recorded, with recording on and off in turns; a figure is the difference.
 * `send` is a burst of messages that run later, while recording is off. `untraced` is what a run that records nothing pays:
 * a test of a field when a message is sent and three when it runs. With the argument `summary` the job keeps a summary, and
 * only messages are measured.
 */
import { Chare, type Charm, type Future } from '../../core/index.ts';
import { ringSize, tokenCount } from '../calibration/denque-loop.ts';
import { Ring, ringWork } from '../ring-chare.ts';
import { type Calibration, measure, type Plan, planOf, report, type Work } from '../sampling.ts';

export { Ring };

/** Sends in one go to its neighbour. */
export class Burster extends Chare<number> {
  #spentMs = 0;

  burst(count: number, isOn: boolean, done: Future<number>): void {
    const { trace } = this.charm;
    const next = this.array.at(1);
    if (isOn) trace.on();
    const start = performance.now();
    for (let i = 0; i < burstSends; i++) next.nothing();
    this.#spentMs += performance.now() - start;
    trace.off();
    if (count > burstSends) return this.self.burst(count - burstSends, isOn, done);
    done.set(this.#spentMs);
    this.#spentMs = 0;
  }

  nothing(): void {}
}

const burstSends = 1000;

/** A reading of the clock, which is most of what recording costs. */
const clock: Calibration = {
  name: 'clock',
  run: (count) => {
    const start = performance.now();
    for (let i = 1; i < count; i++) performance.now();
    return performance.now() - start;
  },
};

/** Stands for a PE. */
class Watched {
  number = 0;
  readonly trace: object | undefined;

  constructor(trace?: object) {
    this.trace = trace;
  }
}

function withoutTests(pes: readonly Watched[], count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const pe = pes[i & 7]!;
    pe.number = (pe.number + 1) | 0;
    sum = (sum + pe.number) | 0;
  }
  return sum;
}

/** The tests that a message meets: one when it is sent, the others on its way through its execution. */
function withTests(pes: readonly Watched[], count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const pe = pes[i & 7]!;
    if (pe.trace !== undefined) sum ^= 1;
    pe.number = (pe.number + 1) | 0;
    if (pe.trace !== undefined) sum ^= 2;
    sum = (sum + pe.number) | 0;
    if (pe.trace !== undefined) sum ^= 4;
    if (pe.trace !== undefined) sum ^= 8;
  }
  return sum;
}

const untracedCount = 200_000;
const untracedTurns = 30;

/** Milliseconds of a message. Of many short turns the shortest: a difference of a nanosecond drowns in any other. */
function untracedSample(): number {
  const pes = Array.from({ length: 8 }, () => new Watched());
  // Both branches are met, so that none can be left out of the code.
  const mixed = [new Watched(pes), ...pes.slice(1)];
  let sum = withoutTests(mixed, 100_000) + withTests(mixed, 100_000);
  let [without, tested] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let turn = 0; turn < untracedTurns; turn++) {
    const start = performance.now();
    sum += withoutTests(pes, untracedCount);
    const middle = performance.now();
    sum += withTests(pes, untracedCount);
    without = Math.min(without, middle - start);
    tested = Math.min(tested, performance.now() - middle);
  }
  return Number.isNaN(sum) ? 0 : Math.max(0, tested - without) / untracedCount;
}

/** Not through `measure`, which goes on until a difference that may be nothing has taken long enough. */
function reportUntraced({ runs }: Plan): void {
  const figure: number[] = [];
  const values: number[] = [];
  for (let run = 0; run <= runs; run++) {
    figure.push(untracedSample());
    values.push(Number(clock.run(untracedCount)) / untracedCount);
  }
  // The first has warmed up.
  report({ case: 'untraced', figure: figure.slice(1), calibration: { name: clock.name, values: values.slice(1) } });
}

export default async function main(charm: Charm): Promise<void> {
  const { trace } = charm;
  const ring = await charm.array(Ring, { size: ringSize });
  const bursters = await charm.array(Burster, { size: 2 });
  const pass = ringWork(charm, ring, 'pass');
  const message: Work = {
    step: tokenCount,
    run: async (count) => {
      trace.off();
      const without = await pass.run(count);
      trace.on();
      const recorded = await pass.run(count);
      trace.off();
      return recorded - without;
    },
  };
  const bursts = async (count: number, isOn: boolean): Promise<number> => {
    const done = charm.future<number>();
    bursters.at(0).burst(count, isOn, done);
    return done.get();
  };
  const send: Work = {
    step: burstSends,
    run: async (count) => {
      const without = await bursts(count, false);
      return (await bursts(count, true)) - without;
    },
  };
  const trials =
    charm.args[1] === 'summary'
      ? [{ case: 'summary', figure: message, calibration: clock }]
      : [
          { case: 'message', figure: message, calibration: clock },
          { case: 'send', figure: send, calibration: clock },
        ];
  const plan = planOf(charm);
  await measure(plan, trials);
  if (charm.args[1] !== 'summary') reportUntraced(plan);
  charm.exit();
}
