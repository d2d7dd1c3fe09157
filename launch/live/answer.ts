/** A PE's answers to those who look at a running job. */
import { describeThrown } from '../../core/base/errors.ts';
import type { Pe } from '../../core/pe/pe.ts';
import type { WorkerMessage, WorkerOrder } from '../worker-protocol.ts';
import { viewOf } from './pe-view.ts';

export type LiveOrder = Extract<WorkerOrder, { readonly kind: 'look' | 'balancer' }>;

export function answerLive(pe: Pe, order: LiveOrder, tell: (message: WorkerMessage) => void): void {
  if (pe.isStopped) return;
  if (order.kind === 'look') return tell({ kind: 'seen', id: order.id, view: viewOf(pe, order.detail) });
  const done = (error?: string): void =>
    tell({ kind: 'balancerSet', id: order.id, ...(error === undefined ? {} : { error }) });
  pe.lb.setBalancer(order.names).then(
    () => done(),
    (error: unknown) => done(describeThrown(error)),
  );
}
