/** Small parts of a recording: what it remembers of executions that it must come back to. */
import type { ElementRecord } from '../../core/chare/element.ts';
import type { SendOptions } from '../../core/chare/proxy-types.ts';
import type { EntryMethod } from '../../core/message/entry-table.ts';

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
