/** Seed balancers by name: ours, and what the original calls them. */
import type { SeedStrategy } from '../../core/balance/seed-balancer.ts';
import { local } from './local.ts';
import { neighbor } from './neighbor.ts';
import { random } from './random.ts';
import { roundRobin } from './round-robin.ts';
import { spray } from './spray.ts';
import { workStealing } from './work-stealing.ts';

const balancers: Readonly<Record<string, SeedStrategy>> = {
  random,
  'round-robin': roundRobin,
  neighbor,
  spray,
  'work-stealing': workStealing,
  none: local,
};

const aliases: Readonly<Record<string, string>> = {
  local: 'none',
  neighbour: 'neighbor',
  rand: 'random',
  roundrobin: 'round-robin',
  workstealing: 'work-stealing',
};

export const defaultSeedBalancer = 'random';

/** Names of all seed balancers, without aliases. */
export function seedBalancerNames(): string[] {
  return Object.keys(balancers);
}

/** The balancer with this name, in any case; undefined if there is none. */
export function seedBalancerNamed(text: string): SeedStrategy | undefined {
  const name = text.toLowerCase();
  const known = aliases[name] ?? name;
  return Object.hasOwn(balancers, known) ? balancers[known] : undefined;
}
