import type { Strategy } from '../core/balance/strategy.ts';
import { refine } from './refine.ts';
import { refineComm } from './refine-comm.ts';
export function strategyNamed(name: string): Strategy { return name === 'Refine' ? refine : refineComm; }
