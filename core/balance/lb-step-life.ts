/**
 * The life of a balancing step on PE 0, as the configuration of an XState machine. Whoever starts a job makes the machine
 * of it, since the core uses it without importing the library, and a job without balancing does not load that.
 * The picture in docs/load-balancing.md is made of the same table.
 */
import type { LbStepEvent, LbStepState } from './balancing.ts';

type Transitions = Readonly<Partial<Record<LbStepEvent, LbStepState>>>;

export const lbStepLife: {
  readonly id: string;
  readonly initial: LbStepState;
  readonly states: Readonly<Record<LbStepState, { readonly description: string; readonly on: Transitions }>>;
} = {
  id: 'lbStep',
  initial: 'waiting',
  states: {
    waiting: {
      description: 'until every element has come to AtSync, or a step is asked for',
      on: { requested: 'measuring' },
    },
    measuring: { description: 'PEs send what they have measured', on: { measured: 'deciding' } },
    deciding: { description: 'the strategy says who moves', on: { decided: 'moving' } },
    moving: { description: 'elements are on their way', on: { arrived: 'waiting' } },
  },
};
