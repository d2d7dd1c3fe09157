/**
 * Moving one element to another PE.
 *
 *  1. Between entry methods, with none of the element's async ones under way, `aboutToMigrate` runs.
 *  2. The element is packed: its fields (or what its `pack` gives), its epoch plus one, its reduction and broadcast
 *  3. It leaves: table, reductions; the PE remembers where it went, the home PE is told.
 *  4. The frame goes to the destination, which makes the object without running its constructor, unpacks, counts it in,
 *     runs the broadcasts it has missed, calls `justMigrated`, and hands it what has waited for it.
 *  5. The destination says that it has come, so that the origin need not keep broadcasts for it any longer.
 *
 * Invariant: from step 3 to 4 the element is in exactly one frame, which a link loses as little as any other.
 */
import { describeThrown, EntryError, UsageError } from '../base/errors.ts';
import { type ChareBase, restore } from '../chare/chare.ts';
import type { Collection } from '../chare/collection.ts';
import { ElementRecord } from '../chare/element.ts';
import { Mailbox } from '../chare/mailbox.ts';
import { ElementFlag, FrameKind, frameEpoch } from '../message/envelope.ts';
import { decodeState } from '../pup/decode.ts';
import { encodeState } from '../pup/encode.ts';
import type { Reader } from '../pup/reader.ts';

/** What a chare may say about its moves. */
export interface MigrationHooks {
  aboutToMigrate?(): void;
  justMigrated?(): void;
  pack?(): unknown;
  unpack?(packed: unknown): void;
}

/** Asks an element to move. It goes when its entry methods have ended. */
export function requestMove(element: ElementRecord, to: number): void {
  const { pe, type } = element.collection;
  if (!Number.isInteger(to) || to < 0 || to >= pe.pes)
    throw new UsageError(`${element.label} can't migrate to PE ${to}; PEs are 0 to ${pe.pes - 1}`);
  if (!element.collection.shape.isArray) throw new UsageError(`${element.label} can't migrate: only array elements do`);
  if (element.isPinned) throw new UsageError(`${element.label} can't migrate: it is pinned`);
  if (type.privateField !== undefined && typeof (element.chare as MigrationHooks).pack !== 'function') {
    throw new UsageError(
      `${element.label} can't migrate: ${type.name} has the private field ${type.privateField}, which nobody else can read; ` +
        'use TypeScript `private` instead of #, or write pack and unpack',
    );
  }
  element.moveTo = to === pe.id ? -1 : to;
}

/** Sends an element off. It must be idle. */
export function emigrate(element: ElementRecord): void {
  const to = element.moveTo;
  element.moveTo = -1;
  const { collection, key } = element;
  const { pe } = collection;
  const chare = element.chare as ChareBase & MigrationHooks;
  callHook(element, 'aboutToMigrate');
  const epoch = element.epoch + 1;
  const { writer } = pe;
  writer.begin(FrameKind.migrate, typeof key === 'string' ? ElementFlag.textKey : 0, 0, collection.id, pe.id);
  writer.elementPrefix(key, epoch);
  writer.f64(element.nextReduction);
  writer.f64(element.lastBroadcast);
  encodeState(
    writer,
    typeof chare.pack === 'function' ? chare.pack() : { ...chare },
    `the state of ${element.label}, which shall migrate,`,
  );
  writer.u8(element.mailbox === undefined ? 0 : 1);
  element.mailbox?.write(writer);
  writer.end();
  pe.trace?.left(element, to, writer.frameBytes);
  pe.send(to);
  collection.remove(element);
  collection.broadcasts.sent(element.lastBroadcast);
  collection.location.left(key, to, epoch);
  collection.reductions.left(element.nextReduction);
  element.mailbox?.left();
}

/** Takes an element in. */
export function immigrate(collection: Collection, frame: Reader): void {
  const { pe } = collection;
  const key = frame.elementKey();
  const element = new ElementRecord(collection, key, frameEpoch(frame.view, frame.start), frame.f64(), frame.f64());
  const state = decodeState(frame, pe.context);
  if (frame.u8() === 1) element.mailbox = Mailbox.read(frame, element);
  restore(element, collection.type.create);
  const chare = element.chare as ChareBase & MigrationHooks;
  if (typeof chare.unpack === 'function') chare.unpack(state);
  else Object.assign(chare, state);
  collection.admit(element);
  pe.trace?.arrived(element, frame.source, frame.limit - frame.start);
  collection.reductions.arrived(element.nextReduction);
  pe.writer.begin(FrameKind.migrated, 0, 0, collection.id, pe.id);
  pe.writer.f64(element.lastBroadcast);
  pe.writer.end();
  pe.send(frame.source);
  // Before anything that may send the element on: what has waited becomes tasks, which follow it if need be.
  collection.location.arrived(key);
  callHook(element, 'justMigrated');
  collection.broadcasts.catchUp(element);
  pe.settle(element);
}

function callHook(element: ElementRecord, name: 'aboutToMigrate' | 'justMigrated'): void {
  const hook = (element.chare as MigrationHooks)[name];
  if (typeof hook !== 'function') return;
  const { pe } = element.collection;
  const outer = pe.current;
  pe.current = element;
  try {
    hook.call(element.chare);
  } catch (cause) {
    const place = { pe: pe.id, chare: element.label, entry: name };
    throw new EntryError('ERR_ENTRY_FAILED', describeThrown(cause), place, { cause });
  } finally {
    pe.current = outer;
  }
}
