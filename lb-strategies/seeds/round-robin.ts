/** Each PE deals its seeds out in turns, the first to its neighbour. */
import type { SeedStrategy } from '../../core/balance/seed-balancer.ts';

export const roundRobin: SeedStrategy = ({ pe, pes }) => {
  let last = pe;
  return {
    place: () => {
      last = (last + 1) % pes;
      return last;
    },
  };
};
