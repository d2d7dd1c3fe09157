/** A message for one element, in the queue of its PE. */
import type { ElementRecord } from '../chare/element.ts';
import type { SendOptions } from '../chare/proxy-types.ts';
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
  readonly #options: SendOptions | undefined;

  constructor(
    target: ElementRecord,
    entry: EntryMethod,
    args: unknown[],
    reply: ReplyTarget | undefined,
    source: number,
    options: SendOptions | undefined,
  ) {
    this.target = target;
    this.source = source;
    this.#entry = entry;
    this.#args = args;
    this.#reply = reply;
    this.#options = options;
  }

  run(pe: Pe): void {
    const element = this.target;
    if (element.slot !== -1) pe.execute(element, this.#entry, this.#args, this.#reply);
    else element.collection.send(element.key, this.#entry, this.#args, this.#options, this.#reply);
  }
}
