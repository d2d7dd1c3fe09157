/**
 * Drawn programs whose elements come to AtSync, while messages, broadcasts, contributions, insertions, deaths and moves of their
 * own happen. Every element lives for a drawn number of steps and then ends, so that nobody waits for it.
 */
import assert from 'node:assert/strict';
import { type ArrayProxy, Chare, type Charm } from 'charm4ts';
import type { Strategy } from 'charm4ts/lb';
import fc from 'fast-check';
import { ChareBase } from '../../core/chare/chare.ts';
import type { BalancerChoice, BalancingHooks, BalancingOptions } from '../../launch/balancing-options.ts';
import type { Program, Schedule } from './schedule.ts';
import { schedules } from './schedule.ts';

const allDeeds = ['letter', 'all', 'move', 'insert', 'demand', 'pin', 'balance', 'switch', 'leave'] as const;
type Deed = (typeof allDeeds)[number];

export interface BalancedPlan {
  readonly schedule: Schedule;
  readonly size: number;
  readonly isSparse: boolean;
  readonly isBound: boolean;
  readonly steps: number;
  /** What who does in which step. */
  readonly deeds: readonly {
    readonly index: number;
    readonly step: number;
    readonly deed: Deed;
    readonly to: number;
  }[];
  /** Elements whose index leaves 0 when divided by it await; 0: none do. */
  readonly awaiting: number;
  /** One of `strategies`. */
  readonly strategy: number;
  readonly mode: number;
}

/** Ways to balance. */
const modes: readonly BalancingOptions[] = [
  {},
  { lbPeriod: 2e-4 },
  { lbAdaptive: true },
  { lbAsync: true },
  { lbPredict: true },
  { lbAsync: true, lbAdaptive: true },
];

/** The job may have no balancer just then. */
const ignore = (): void => undefined;

/** A strategy that says anything, wrong things too. */
const drawn: Strategy = ({ objects, pes }, { random }) => {
  const below = (n: number): number => Math.floor(random.next() * n);
  return Array.from({ length: objects.count }, () => ({ object: below(objects.count + 1), to: below(pes.count + 1) }));
};
const rotating: Strategy = ({ objects, pes }) =>
  Array.from(objects.pe, (pe, object) => ({ object, to: (pe + 1) % pes.count }));
const strategies: readonly BalancerChoice[] = [drawn, rotating, () => [], 'Gossip', 'Neighbor', 'WorkStealing'];

export const balancedPlans: fc.Arbitrary<BalancedPlan> = fc.record({
  schedule: schedules,
  size: fc.integer({ min: 1, max: 10 }),
  isSparse: fc.boolean(),
  isBound: fc.boolean(),
  steps: fc.integer({ min: 0, max: 6 }),
  deeds: fc.array(
    fc.record({
      index: fc.nat(14),
      step: fc.nat(6),
      deed: fc.constantFrom(...allDeeds),
      to: fc.nat(14),
    }),
    { maxLength: 20 },
  ),
  awaiting: fc.constantFrom(0, 0, 1, 2, 3),
  strategy: fc.nat(strategies.length - 1),
  mode: fc.nat(modes.length - 1),
});

/** What the elements have done. */
export class BalancedWorld {
  readonly plan: BalancedPlan;
  readonly made = new Set<number>();
  /** Per life: steps begun and gone on from. */
  readonly synced: number[] = [];
  readonly resumed: number[] = [];
  readonly ended = new Set<number>();
  letters = 0;
  readonly read = new Map<number, number>();
  contributed = 0;
  sums = 0;

  constructor(plan: BalancedPlan) {
    this.plan = plan;
  }

  check(): void {
    assert.deepEqual(this.resumed, this.synced, 'every element goes on once from every step');
    assert.equal(this.ended.size, this.synced.length, 'every element comes to its end');
    for (let id = 0; id < this.letters; id++) assert.equal(this.read.get(id), 1, `letter ${id} was read once`);
  }
}

export function balancedProgram(plan: BalancedPlan): {
  readonly program: Program;
  readonly world: BalancedWorld;
  readonly balancing: BalancingOptions & BalancingHooks;
} {
  const world = new BalancedWorld(plan);
  const { isSparse, steps, size, awaiting } = plan;
  const indexMax = isSparse ? 15 : size;

  class Walker extends Chare {
    private readonly life: number;
    private step = 0;
    private all: ArrayProxy<Walker, number> | undefined;
    private isWaiting = false;

    constructor() {
      super();
      world.made.add(this.index);
      this.life = world.synced.push(0) - 1;
      world.resumed.push(0);
    }

    begin(): Promise<void> | undefined {
      if (this.all !== undefined) return undefined;
      this.all = this.array;
      return this._go();
    }

    _go(): Promise<void> | undefined {
      for (const { index, step, deed, to } of plan.deeds)
        if (index % indexMax === this.index && step === this.step) this._do(deed, to);
      if (this.step++ >= steps) {
        world.ended.add(this.life);
        if (isSparse) this.destroy();
        return undefined;
      }
      world.synced[this.life]!++;
      this.isWaiting = true;
      if (awaiting > 0 && this.index % awaiting === 0) return this._wait();
      this.atSync();
      return undefined;
    }

    async _wait(): Promise<void> {
      await this.atSync();
      await this._resume();
    }

    resumeFromSync(): void {
      if (awaiting > 0 && this.index % awaiting === 0) return;
      void this._resume();
    }

    _resume(): Promise<void> | undefined {
      assert.equal(this.isWaiting, true, 'it goes on twice, or without having come');
      this.isWaiting = false;
      world.resumed[this.life]!++;
      return this._go();
    }

    read(id: number): void {
      world.read.set(id, (world.read.get(id) ?? 0) + 1);
    }

    hear(): void {}

    _do(deed: Deed, to: number): void {
      const index = to % indexMax;
      switch (deed) {
        case 'letter':
          // For those that last; a letter to a dead index would wait for ever.
          if (!isSparse) this.array.at(index).read(world.letters++);
          break;
        case 'all':
          this.array.all.hear();
          break;
        case 'move':
          if (!ChareBase.recordOf(this).companions.some(({ isPinned }) => isPinned))
            this.migrateTo(to % this.charm.pes);
          break;
        case 'insert':
          if (!isSparse || world.made.has(index)) break;
          world.made.add(index);
          this.array.insert(index, to % 2 === 0 ? {} : { onPe: to % this.charm.pes });
          this.array.at(index).begin();
          break;
        case 'demand':
          if (!isSparse || world.made.has(index)) break;
          world.made.add(index);
          this.array
            .at(index)
            .with({ create: to % 2 === 0 ? 'home' : 'here' })
            .begin();
          break;
        case 'pin':
          this.setMigratable(to % 2 === 0);
          break;
        case 'balance':
          this.charm.balance().catch(ignore);
          break;
        case 'switch':
          this.charm.setBalancer(['Rotate', 'Greedy', 'Distributed', ''][to % 4] || []).catch(ignore);
          break;
        case 'leave':
          this.charm.setAvailable(to % this.charm.pes, to % 2 === 0);
          break;
      }
    }
  }

  /** Moves along, and comes to every step as well. */
  class Follower extends Walker {}

  const main = async (charm: Charm): Promise<void> => {
    const indices = Array.from({ length: size }, (_, index) => index);
    const extent = isSparse ? { indices } : { size };
    const walkers = await charm.array(Walker, { ...extent, usesAtSync: true });
    walkers.all.begin();
    if (plan.isBound && !isSparse) {
      const followers = await charm.array(Follower, { ...extent, bindTo: walkers, usesAtSync: true });
      followers.all.begin();
    }
    await charm.quiescence();
    charm.exit();
  };
  const balancing = { ...modes[plan.mode], balancer: [strategies[plan.strategy]!], onLbStep: ignore };
  return { program: { main, Walker, Follower }, world, balancing };
}
