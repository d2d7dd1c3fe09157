/** Dummy: moves nothing. For measuring what balancing itself costs. */
import type { Strategy } from '../core/balance/strategy.ts';

export const dummy: Strategy = () => [];
