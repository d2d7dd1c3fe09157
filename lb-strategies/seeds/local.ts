/** Seeds stay where they are created. */
import type { SeedStrategy } from '../../core/balance/seed-balancer.ts';

export const local: SeedStrategy = ({ pe }) => ({ place: () => pe });
