/** A message for one element, in the queue of its PE. */
import type { ElementRecord } from '../chare/element.ts';
import type { EntryMethod } from '../message/entry-table.ts';
import type { ReplyTarget } from '../message/future.ts';
import type { Pe } from './pe.ts';
import type { Task } from './task-queue.ts';

export class EntryTask implements Task {
  readonly target: ElementRecord;
  readonly source: number;
  readonly #entry: EntryMethod;
  readonly #args: unknown[];
  readonly #reply: ReplyTarget | undefined;

  constructor(
    target: ElementRecord,
    entry: EntryMethod,
    args: unknown[],
    reply: ReplyTarget | undefined,
    source: number,
  ) {
    this.target = target;
    this.source = source;
    this.#entry = entry;
    this.#args = args;
    this.#reply = reply;
  }

  run(pe: Pe): void {
    pe.execute(this.target, this.#entry, this.#args, this.#reply);
  }
}
