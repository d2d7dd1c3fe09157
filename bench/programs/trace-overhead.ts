/**
 * What recording costs: a ring on one PE, recorded, with recording on and off in turns; a figure is the difference.
 * `send` is a burst of messages that run later, while recording is off.
 */
import { Chare, type Charm, type Future } from '../../core/index.ts';
import { ringSize, tokenCount } from '../calibration/denque-loop.ts';
import { Ring, ringWork } from '../ring-chare.ts';
import { type Calibration, measure, planOf, type Work } from '../sampling.ts';

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
  await measure(planOf(charm), [
    { case: 'message', figure: message, calibration: clock },
    { case: 'send', figure: send, calibration: clock },
  ]);
  charm.exit();
}
