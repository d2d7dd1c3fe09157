/** Seeds go to a random PE, each PE alike, and stay there. */
import type { SeedStrategy } from '../../core/balance/seed-balancer.ts';

export const random: SeedStrategy = ({ random, pes }) => ({ place: () => Math.floor(random.next() * pes) });
