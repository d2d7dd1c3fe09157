/** A message for one element, in the queue of its PE. It is there only as long as the element is. */
import type { ElementRecord } from '../chare/element.ts';
import type { SendOptions } from '../chare/proxy-types.ts';
import type { EntryMethod } from '../message/entry-table.ts';
import type { ReplyTarget } from '../message/future.ts';
import type { CheckableTask } from './message-check.ts';
import type { Pe } from './pe.ts';

/** Plain fields: one is made for every message, and private names (#) cost 10 ns more to set. */
export class PlainTask implements CheckableTask {
  readonly target: ElementRecord;
  private readonly entry: EntryMethod;
  private readonly args: unknown[];

  constructor(target: ElementRecord, entry: EntryMethod, args: unknown[]) {
    this.target = target;
    this.entry = entry;
    this.args = args;
  }

  get source(): number {
    return this.target.collection.pe.id;
  }

  run(pe: Pe): void {
    if (pe.trace === undefined && this.entry.gate === undefined)
      pe.execute(this.target, this.entry, this.args, undefined);
    else pe.deliver(this.target, this.entry, this.args, undefined, pe.id, 0);
  }

  /** For pe/message-check.ts. */
  contents(): ReturnType<CheckableTask['contents']> {
    const { collection, label } = this.target;
    return { collection, label, entry: this.entry, args: this.args };
  }

  sendOn(): void {
    const { collection, key } = this.target;
    collection.sendAs(collection.pe.id, 0, key, this.entry, this.args, undefined, undefined);
  }
}

/** A message that came from elsewhere, is answered, has options or a name. */
export class EntryTask implements CheckableTask {
  readonly target: ElementRecord;
  readonly source: number;
  private readonly entry: EntryMethod;
  private readonly args: unknown[];
  private readonly reply: ReplyTarget | undefined;
  private readonly options: SendOptions | undefined;
  /** See trace-sink.ts. */
  private readonly event: number;

  constructor(
    target: ElementRecord,
    entry: EntryMethod,
    args: unknown[],
    reply: ReplyTarget | undefined,
    source: number,
    options: SendOptions | undefined,
    event: number,
  ) {
    this.target = target;
    this.source = source;
    this.entry = entry;
    this.args = args;
    this.reply = reply;
    this.options = options;
    this.event = event;
  }

  run(pe: Pe): void {
    const element = this.target;
    if (pe.trace === undefined && this.entry.gate === undefined) pe.execute(element, this.entry, this.args, this.reply);
    else pe.deliver(element, this.entry, this.args, this.reply, this.source, this.event);
  }

  /** For pe/message-check.ts. */
  contents(): ReturnType<CheckableTask['contents']> {
    const { collection, label } = this.target;
    return { collection, label, entry: this.entry, args: this.args };
  }

  /** The element has left this PE or died: the message goes after it, as coming from where it came from. */
  sendOn(): void {
    const { collection, key } = this.target;
    collection.sendAs(this.source, this.event, key, this.entry, this.args, this.options, this.reply);
  }
}

/** Takes the messages for elements that are about to be gone out of the queue of their PE; the caller sends them on. */
export function queuedFor(elements: readonly ElementRecord[]): (EntryTask | PlainTask)[] {
  const { pe } = elements[0]!.collection;
  const tasks = pe.queue.take(
    (task) => (task instanceof EntryTask || task instanceof PlainTask) && elements.includes(task.target),
  ) as (EntryTask | PlainTask)[];
  // Sending them counts them anew.
  pe.processed += tasks.length;
  return tasks;
}
