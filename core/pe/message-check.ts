/**
 * Finds messages that were changed after they were sent: what a chare sends to another on its own PE goes by reference, so a
 * later change by the sender reaches the receiver there, and nowhere else.
 *
 *  1. When a message goes into the queue (or waits as a broadcast), a copy of its arguments is made, and who sends it noted.
 *  2. When it comes out, arguments and copy are compared; a difference ends the job with the sender, the receiver and the path.
 *  3. A broadcast is compared again before each element: they share its arguments.
 *  4. In the mode `freeze` plain objects, arrays and instances are frozen, too: whoever changes one, before or after, gets the language's
 *     own TypeError at that line.
 *
 * Not seen: what the sender changes after the message has been processed, where it is not frozen; changes of typed arrays, maps,
 * sets and dates after delivery, as these can't be frozen; changes of what goes back as the result of an `ask`.
 *
 * Cost: the whole check lies in a queue around the usual one, so a job without it pays nothing.
 */
import { CharmError, describePlace } from '../base/errors.ts';
import type { Collection } from '../chare/collection.ts';
import type { EntryMethod } from '../message/entry-table.ts';
import { SharedArray } from '../pup/shared-array.ts';
import { compareCopies, copyOf, freeze } from './argument-copy.ts';
import type { MessageCheckKind } from './message-check-kinds.ts';
import type { Pe } from './pe.ts';
import type { Priority } from './priority.ts';
import type { Task, TaskQueue } from './task-queue.ts';

/** A task that carries arguments of an entry method. */
export interface CheckableTask extends Task {
  contents():
    | { readonly collection: Collection; readonly label: string; readonly entry: EntryMethod; readonly args: unknown[] }
    | undefined;
}

interface Noted {
  readonly copies: readonly unknown[];
  readonly sender: string;
}

export class MessageCheck {
  readonly #kind: MessageCheckKind;
  readonly #noted = new WeakMap<readonly unknown[], Noted>();

  constructor(kind: MessageCheckKind) {
    this.#kind = kind;
  }

  note(task: Task): void {
    const contents = contentsOf(task);
    if (contents === undefined || this.#noted.has(contents.args)) return;
    const { pe, type } = contents.collection;
    if (task.source === pe.id) handOver(contents.args);
    const isKnown = (prototype: object): boolean => pe.writer.classes.numberOf(prototype) !== -1;
    const seen = new Map<object, unknown>();
    const copies = contents.args.map((arg) => copyOf(arg, seen, isKnown));
    if (this.#kind === 'freeze') for (const arg of contents.args) freeze(arg, isKnown);
    const sender = task.source === pe.id ? senderOn(pe) : `PE ${task.source}`;
    this.#noted.set(contents.args, { copies, sender: `${sender} to ${type.name}.${contents.entry.name}` });
  }

  verifyTask(task: Task): void {
    const contents = contentsOf(task);
    if (contents !== undefined) this.verify(contents.args, contents.collection.pe, contents.label, contents.entry);
  }

  /** @throws CharmError ERR_MESSAGE_CHANGED if the arguments are not what they were. */
  verify(args: readonly unknown[], pe: Pe, label: string, entry: EntryMethod): void {
    const noted = this.#noted.get(args);
    if (noted === undefined) return;
    for (const [i, arg] of args.entries()) {
      const change = compareCopies(arg, noted.copies[i], '', new Set());
      if (change === undefined) continue;
      throw new CharmError(
        'ERR_MESSAGE_CHANGED',
        `argument ${i + 1} was changed after it was sent by ${noted.sender}: ${change}. A message may not be changed ` +
          'once it is sent, by neither side; send a copy of what goes on changing',
        { pe: pe.id, chare: label, entry: entry.name },
      );
    }
  }
}

function contentsOf(task: Task): ReturnType<CheckableTask['contents']> {
  return 'contents' in task ? (task as CheckableTask).contents() : undefined;
}

/** The sender keeps no shared array that it has sent, not even to a chare of its own PE. */
function handOver(args: unknown[]): void {
  for (const [i, arg] of args.entries()) if (arg instanceof SharedArray) args[i] = SharedArray.handOver(arg);
}

function senderOn({ id, current, currentEntry }: Pe): string {
  if (current === undefined) return id === 0 ? 'main, or what an await led to, on PE 0' : `something on PE ${id}`;
  const entry = currentEntry === undefined ? {} : { entry: currentEntry.name };
  return describePlace({ pe: id, chare: current.label, ...entry });
}

/** A queue that looks at what goes in and comes out. */
export class CheckedQueue implements TaskQueue {
  readonly check: MessageCheck;
  readonly #inner: TaskQueue;

  constructor(inner: TaskQueue, check: MessageCheck) {
    this.#inner = inner;
    this.check = check;
  }

  get length(): number {
    return this.#inner.length;
  }

  push(task: Task): void {
    this.check.note(task);
    this.#inner.push(task);
  }

  pushPrioritised(task: Task, priority: Priority | undefined, lifo: boolean): void {
    this.check.note(task);
    this.#inner.pushPrioritised(task, priority, lifo);
  }

  pushExpedited(task: Task): void {
    this.check.note(task);
    this.#inner.pushExpedited(task);
  }

  pick(): Task | undefined {
    const task = this.#inner.pick();
    if (task !== undefined) this.check.verifyTask(task);
    return task;
  }

  take(isWanted: (task: Task) => boolean): Task[] {
    const tasks = this.#inner.take(isWanted);
    for (const task of tasks) this.check.verifyTask(task);
    return tasks;
  }
}
