/** Small parts of a recording: what it remembers of executions that it must come back to, and what is rare. */
import type { LbStepReport } from '../../core/balance/balancing.ts';
import type { ElementRecord } from '../../core/chare/element.ts';
import type { SendOptions } from '../../core/chare/proxy-types.ts';
import type { EntryMethod } from '../../core/message/entry-table.ts';
import { none, type Recorder } from '../../projections/index.ts';

/** An execution that another one interrupts. */
export interface Outer {
  readonly depth: number;
  readonly entry: number;
  readonly element: number;
  readonly source: number;
  readonly message: number;
}

/** An execution that is not recorded. */
export interface Unseen {
  readonly element: ElementRecord;
  readonly entry: EntryMethod;
  readonly source: number;
  readonly event: number;
}

/** A bit vector counts by its first word. */
export function priorityOf({ priority }: SendOptions): number {
  if (priority === undefined) return 0;
  if (typeof priority === 'number') return priority;
  return priority.length === 0 ? 0 : (priority.words[0]! ^ 0x80000000) | 0;
}

/** Reasons of refusals that are kept: the first ones say what is wrong. */
const reasonsMax = 5;

/** A load-balancing step that has ended now: the span, the loads of all PEs in nanoseconds, and what the balancer tells. */
export function recordLbStep(recorder: Recorder, now: number, report: LbStepReport): void {
  const { step, seconds, migrations, loadsBefore, loadsAfter } = report;
  const { strategy, trigger, objects, held, refusals, strategySeconds } = report;
  recorder.span('lbStep', Math.max(0, now - Math.round(seconds * 1e9)), now, step, none, none, migrations);
  for (const [pe, load] of loadsBefore.entries()) recorder.point('lbLoadBefore', now, step, load * 1e9, pe);
  for (const [pe, load] of loadsAfter.entries()) recorder.point('lbLoadAfter', now, step, load * 1e9, pe);
  const reasons = refusals.slice(0, reasonsMax);
  recorder.lbReport(now, step, {
    strategy,
    trigger,
    objects,
    migrations,
    held,
    refused: refusals.length,
    reasons,
    strategySeconds,
  });
}
