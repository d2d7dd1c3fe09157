/** The invariants I1 to I12 as objects; docs/simulator.md says what they look at. */
import { CharmError } from '../../../core/base/errors.ts';
import { windowBytes } from '../../../transports/sim/faults/reliable-links.ts';
import type { SimNetwork } from '../../../transports/sim/sim-network.ts';
import { Checks } from './checker.ts';
import { type Held, LeftoverChecker, LimitChecker } from './memory.ts';
import { ChannelChecker, DeliveryChecker, ForwardingChecker, QuiescenceChecker } from './messages.ts';
import { ExistenceChecker, HomeChecker } from './places.ts';
import { ReductionChecker } from './reductions.ts';
import { BalancingChecker } from './told.ts';

export { Checker, Checks, type RunEnd } from './checker.ts';
export { type Held, LeftoverChecker, LimitChecker } from './memory.ts';
export { ChannelChecker, DeliveryChecker, ForwardingChecker, QuiescenceChecker } from './messages.ts';
export { ExistenceChecker, HomeChecker } from './places.ts';
export { ReductionChecker } from './reductions.ts';
export { BalancingChecker, type Lane, NonOvertakingChecker, RecoveryChecker } from './told.ts';

/** Those that a simulated run can feed; `balancing` is to be told of steps. */
export class SimulationChecks extends Checks {
  readonly balancing: BalancingChecker;

  constructor(network: SimNetwork) {
    const balancing = new BalancingChecker();
    super([
      new DeliveryChecker(),
      new ChannelChecker(),
      new ExistenceChecker(),
      new ForwardingChecker(),
      new ReductionChecker(),
      new QuiescenceChecker(),
      new HomeChecker(),
      balancing,
      new LimitChecker(() => heldBy(network)),
      new LeftoverChecker(),
    ]);
    this.balancing = balancing;
  }

  /** The error of a run whose invariants did not hold. */
  get error(): CharmError | undefined {
    const { violations } = this;
    if (violations.length === 0) return undefined;
    const list = violations.map((line) => `\n  - ${line}`).join('');
    return new CharmError(
      'ERR_INTERNAL',
      `invariants did not hold:${list}\nThis is a bug in charm4ts, please report it.`,
    );
  }
}

function heldBy({ links, overfull }: SimNetwork): Held[] {
  if (links === undefined) return [];
  const { underWay, early } = links.held;
  return [
    { what: 'bytes under way in a channel', amount: underWay, limit: windowBytes },
    { what: 'bytes that came early in a channel', amount: early, limit: windowBytes },
    { what: 'frames put into a full inbox', amount: overfull, limit: 0 },
  ];
}
