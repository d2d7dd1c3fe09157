/**
 * Calls that go past the queue, to elements that are here: messages for `inline` entry methods, and `proxy.call` of `local`
 * ones. Who calls may be in the middle of an entry method; it goes on afterwards.
 *
 * Invariant: neither end of such a call leaves this PE while it lasts. The calling element is held in place, and what the
 * called one has asked for (a move, its end) is carried out afterwards.
 *
 * Load: the time of the called method counts for both elements, as the caller was busy for it, too.
 */
import { describePlace, UsageError } from '../base/errors.ts';
import { settleSoon } from '../location/migration.ts';
import type { EntryMethod } from '../message/entry-table.ts';
import type { Pe } from '../pe/pe.ts';
import type { Collection } from './collection.ts';
import type { ElementRecord } from './element.ts';
import type { Key } from './index-space.ts';
import type { SendOptions } from './proxy-types.ts';

/** True from the end of the constructor on. */
function isConstructed(element: ElementRecord): boolean {
  return element.chare !== undefined && element.collection.constructing !== element;
}

/** A message for an inline entry method: runs now if it can, or goes the usual way. */
export function tellInline(
  collection: Collection,
  key: Key,
  entry: EntryMethod,
  args: unknown[],
  options: SendOptions | undefined,
): void {
  const element = collection.locals.get(key);
  if (element === undefined || !isConstructed(element)) return collection.tell(key, entry, args, options);
  const { pe } = collection;
  const { edges, trace } = pe;
  if (--edges.countdown === 0) edges.note(pe.current, collection, key, args);
  let event = 0;
  if (trace !== undefined && !entry.isUntraced) {
    event = ++pe.lastEvent;
    trace.sent(event, collection, key, entry, options, 0);
  }
  executeInside(pe, element, entry, args, event);
}

function executeInside(pe: Pe, element: ElementRecord, entry: EntryMethod, args: unknown[], event: number): void {
  const { current, currentEntry, progress } = pe;
  const [place, index] = progress;
  if (current !== undefined) current.entriesInFlight++;
  pe.executeTraced(element, entry, args, undefined, pe.id, event);
  if (current !== undefined) current.entriesInFlight--;
  pe.current = current;
  pe.currentEntry = currentEntry;
  progress[0] = place!;
  progress[1] = index!;
}

/** A message for an immediate method may run as it arrives: its chare is there, and nothing else of the program runs. */
export function mayRunOnArrival(element: ElementRecord): boolean {
  const { pe } = element.collection;
  return pe.isRunningTasks && pe.current === undefined && isConstructed(element) && !pe.isStopped;
}

/** `proxy.call.method(...)`. @throws UsageError if the method is not local, or the element not here; what the method throws. */
export function callLocal(collection: Collection, key: Key, entry: EntryMethod, args: unknown[]): unknown {
  const name = `${collection.labelOf(key)}.${entry.name}`;
  const { type, pe } = collection;
  if (entry.callKind !== 'local')
    throw new UsageError(
      `${name} can't be called directly; send a message, or write \`static readonly entries: Entries<${type.name}> = ` +
        `{ ${entry.name}: { local: true } }\``,
    );
  const element = collection.locals.get(key);
  if (element === undefined || !isConstructed(element))
    throw new UsageError(
      `${name} is local, and ${collection.labelOf(key)} ${element === undefined ? 'is not' : 'is not constructed yet'} on PE ${pe.id}; ` +
        'such methods are called where the chare is',
    );
  return run(element, entry, args);
}

function run(element: ElementRecord, entry: EntryMethod, args: unknown[]): unknown {
  const { pe } = element.collection;
  const { current: outer, currentEntry: outerEntry } = pe;
  if (outer !== undefined) outer.entriesInFlight++;
  pe.current = element;
  pe.currentEntry = entry;
  try {
    const result = entry.run.apply(element.chare!, args);
    if (result instanceof Promise) hold(element, result);
    return result;
  } finally {
    pe.current = outer;
    pe.currentEntry = outerEntry;
    if (outer !== undefined) outer.entriesInFlight--;
    if ((element.moveTo !== -1 || element.mustDie || element.mailbox !== undefined) && element !== outer)
      settleSoon(element);
  }
}

/** An async local method holds its element like any other. */
function hold(element: ElementRecord, result: Promise<unknown>): void {
  const { pe } = element.collection;
  element.entriesInFlight++;
  const ended = (): void => pe.ended(element);
  result.then(ended, ended);
}

/** A local method gets no messages. */
export function refuseMessage(collection: Collection, key: Key | undefined, entry: EntryMethod): never {
  const { pe, type } = collection;
  const sender = pe.current === undefined ? `PE ${pe.id}` : describePlace({ pe: pe.id, chare: pe.current.label });
  throw new UsageError(
    `${collection.labelOf(key)}.${entry.name} is local: ${sender} can't send it a message; ` +
      `call it with \`.call.${entry.name}(...)\` where the ${type.name} is`,
  );
}
