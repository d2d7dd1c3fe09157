/**
 * Moving one element, with its companions in bound arrays, to another PE.
 *
 *  1. Between entry methods, with no async one of any companion under way and none of them pinned, `aboutToMigrate` of
 *     each runs.
 *  2. They are packed into one frame: the epoch plus one, and for each its collection, reduction and broadcast numbers,
 *     what load balancing keeps of it, its fields (or what its `pack` gives), what waits in its mailbox, and what it is in
 *     sections; behind each, how many bytes that took.
 *  3. They leave: tables, reductions; the PE remembers where they went, the home PE is told.
 *  4. The frame goes to the destination. If a collection is not set up there yet, it waits for that. Then all objects are
 *     made, without running their constructors, and are in the tables; each is unpacked; each hears `justMigrated`.
 *  5. They get what has waited for them, run the broadcasts that they have missed, and may move on.
 *  6. The destination says that they have come, so that the origin need not keep broadcasts for them any longer.
 *
 * Invariants: from step 3 to 4 the companions are in exactly one frame, which a link loses as little as any other; no
 * PE runs an entry method of one of them while another is elsewhere. `moveTo` of all companions is the same.
 */
import { LbState } from '../balance/lb-state.ts';
import { describeThrown, EntryError, UsageError } from '../base/errors.ts';
import { type ChareBase, restore } from '../chare/chare.ts';
import type { Collection } from '../chare/collection.ts';
import { ElementRecord } from '../chare/element.ts';
import { callInScope, stateOf } from '../chare/element-frames.ts';
import { Mailbox } from '../chare/mailbox.ts';
import { ElementFlag, FrameKind, frameEpoch } from '../message/envelope.ts';
import { readCollection, writeCollection } from '../message/handle-kinds.ts';
import { queuedFor } from '../pe/entry-task.ts';
import { decodeState } from '../pup/decode.ts';
import { encodeState } from '../pup/encode.ts';
import type { Reader } from '../pup/reader.ts';
import { Memberships } from '../section/membership.ts';

/** What a chare may say about its moves. */
export interface MigrationHooks {
  aboutToMigrate?(): void;
  justMigrated?(): void;
  pack?(): unknown;
  unpack?(packed: unknown): void;
}

/** Asks an element and its companions to move. They go when the entry methods of all have ended. */
export function requestMove(element: ElementRecord, to: number): void {
  const { pe } = element.collection;
  if (!Number.isInteger(to) || to < 0 || to >= pe.pes)
    throw new UsageError(`${element.label} can't migrate to PE ${to}; PEs are 0 to ${pe.pes - 1}`);
  if (!element.collection.shape.isArray) throw new UsageError(`${element.label} can't migrate: only array elements do`);
  const { companions } = element;
  for (const companion of companions)
    checkMovable(companion, companion === element ? '' : `, bound to ${element.label},`);
  for (const companion of companions) companion.moveTo = to === pe.id ? -1 : to;
  if (pe.current === undefined || !companions.includes(pe.current)) settleSoon(element);
}

/** Carries out what something other than its own entry method has asked of an element, which may be idle. */
export function settleSoon(element: ElementRecord): void {
  const { pe } = element.collection;
  pe.post({ source: pe.id, target: element, run: () => pe.settle(element) });
}

function checkMovable(element: ElementRecord, relation: string): void {
  const { type } = element.collection;
  if (element.isPinned) throw new UsageError(`${element.label}${relation} can't migrate: it is pinned`);
  if (type.privateField !== undefined && typeof (element.chare as MigrationHooks).pack !== 'function') {
    throw new UsageError(
      `${element.label}${relation} can't migrate: ${type.name} has the private field ${type.privateField}, which nobody else can read; ` +
        'use TypeScript `private` instead of #, or write pack and unpack',
    );
  }
}

/** Why an element can't be sent off now; undefined: it can. */
export function canGoNow(element: ElementRecord): string | undefined {
  for (const companion of element.companions) {
    if (companion.holds > 0) return `an async entry method of ${companion.label} has not ended`;
    if (companion.frames?.canBePacked() === false)
      return `a call of an async method of ${companion.label} can't be packed`;
    if (companion.isPinned) return `${companion.label} is pinned`;
    if (companion.mustDie) return `${companion.label} is about to end`;
    if (companion.moveTo !== -1) return `${companion.label} is about to go to PE ${companion.moveTo} by its own wish`;
  }
  return undefined;
}

/** Why elements move: by their own wish, by a central step, by agents in a distributed one, by agents without steps. Values are the wire. */
export const Mover = { self: 0, step: 1, agents: 2, continuous: 3 } as const;
export type Mover = (typeof Mover)[keyof typeof Mover];

/** Sends an element that can go, with its companions, to where load balancing wants it. */
export function sendOff(element: ElementRecord, to: number, mover: Mover): void {
  for (const companion of element.companions) companion.moveTo = to;
  emigrate(element, mover);
}

/** Sends an element and its companions off, unless one of them is not free to go. */
export function emigrate(element: ElementRecord, mover: Mover = Mover.self): void {
  const { moveTo: to, epoch, key, collection } = element;
  for (const companion of element.companions) {
    if (companion.holds > 0 || companion.isPinned) return;
    if (companion.frames?.canBePacked() === false) {
      for (const one of element.companions) one.moveTo = -1;
      return;
    }
  }
  for (const companion of element.companions) if (companion.mustDie) companion.collection.bury(companion);
  const { companions } = element;
  const { pe, boundSet, location } = collection;
  pe.trace?.leaving();
  for (const companion of companions) {
    companion.moveTo = -1;
    callHook(companion, 'aboutToMigrate');
  }
  const { writer } = pe;
  const flags = typeof key === 'string' ? ElementFlag.textKey : 0;
  writer.begin(FrameKind.migrate, flags, mover, boundSet.id, pe.id);
  writer.elementPrefix(key, epoch + 1);
  writer.u8(companions.length);
  for (const companion of companions) writeCollection(writer, companion.collection);
  for (const companion of companions) pack(companion);
  writer.end();
  for (const companion of companions) pe.trace?.left(companion, to, writer.frameBytes);
  pe.send(to);
  for (const companion of companions) {
    companion.collection.remove(companion);
    companion.collection.broadcasts.sent(companion.lastBroadcast);
  }
  const queued = queuedFor(companions);
  location.left(key, to, epoch + 1);
  for (const task of queued) task.sendOn();
  for (const companion of companions) {
    companion.collection.reductions.left(companion.nextReduction);
    pe.lb.left(companion);
    companion.mailbox?.left();
    companion.frames?.left();
    companion.sections?.left();
  }
}

function pack(element: ElementRecord): void {
  const { writer } = element.collection.pe;
  const before = writer.position + writer.attachmentBytes;
  writer.f64(element.nextReduction);
  writer.f64(element.lastBroadcast);
  const state = stateOf(element);
  LbState.write(writer, element);
  if (element.frames?.isActive === true) {
    writer.u8(1);
    element.frames.write(writer, state);
  } else {
    if (element.frames !== undefined) writer.u8(0);
    encodeState(writer, state, `the state of ${element.label}, which shall migrate,`);
  }
  writer.u8(element.mailbox === undefined ? 0 : 1);
  element.mailbox?.write(writer);
  writer.u8(element.sections === undefined ? 0 : 1);
  element.sections?.write(writer);
  writer.f64(writer.position + writer.attachmentBytes - before);
}

/** Takes an element and its companions in. */
export function immigrate(first: Collection, frame: Reader): void {
  const { pe } = first;
  const key = frame.elementKey();
  const collections: Collection[] = [];
  for (let left = frame.u8(); left > 0; left--) collections.push(readCollection(frame, pe));
  const missing = collections.find(({ isReady }) => !isReady);
  if (missing !== undefined) {
    const copy = frame.copy();
    return missing.whenReady(() => pe.replay(copy));
  }
  const epoch = frameEpoch(frame.view, frame.start);
  if (!first.location.isAwaited(key)) {
    const copy = frame.copy();
    return first.location.expect(key, epoch, () => pe.replay(copy));
  }
  pe.trace?.arriving();
  const companions: ElementRecord[] = [];
  const states: unknown[] = [];
  for (const collection of collections) {
    const companion = new ElementRecord(collection, key, epoch, frame.f64(), frame.f64());
    companions.push(companion);
    LbState.read(frame, companion);
    if (companion.lb !== undefined && companion.lb.memory > 0) pe.host.hold?.(companion.lb.memory);
    states.push(readState(frame, companion));
    if (frame.u8() === 1) companion.mailbox = Mailbox.read(frame, companion);
    if (frame.u8() === 1) companion.sections = Memberships.read(frame, companion);
    LbState.of(companion).bytes = frame.f64();
  }
  for (const companion of companions) {
    if (companion.chare === undefined) restore(companion, companion.collection.type.create);
    companion.collection.admit(companion);
  }
  for (const [i, companion] of companions.entries()) {
    const chare = companion.chare as ChareBase & MigrationHooks;
    if (typeof chare.unpack === 'function') chare.unpack(states[i]);
    else Object.assign(chare, states[i]);
    pe.trace?.arrived(companion, frame.source, frame.limit - frame.start);
    companion.collection.reductions.arrived(companion.nextReduction);
    pe.lb.sync.arrived(companion);
    companion.sections?.arrived();
  }
  const ranThere = companions.map(({ lastBroadcast }) => lastBroadcast);
  for (const companion of companions) companion.frames?.begin();
  const mover = frame.small as Mover;
  // Before anything that may send them on: what has waited becomes tasks, which follow them if need be.
  first.location.arrived(key);
  for (const companion of companions) callHook(companion, 'justMigrated');
  for (const [i, companion] of companions.entries())
    companion.collection.broadcasts.arrived(companion, frame.source, ranThere[i]!);
  for (const companion of companions) companion.sections?.resume();
  for (const companion of companions) pe.settle(companion);
  if (mover !== Mover.self) pe.lb.came(mover, frame.source);
}

/** The chare's state; with frames, those are kept for `immigrate` to begin with. */
function readState(frame: Reader, element: ElementRecord): unknown {
  const { frames, collection } = element;
  const { pe } = collection;
  if (frames === undefined || frame.u8() === 0) return decodeState(frame, pe.context);
  // Calls refer to the chare, which has to be there first.
  restore(element, collection.type.create);
  return frames.read(frame);
}

function callHook(element: ElementRecord, name: 'aboutToMigrate' | 'justMigrated'): void {
  const hook = (element.chare as MigrationHooks)[name];
  if (typeof hook !== 'function') return;
  const { pe } = element.collection;
  const outer = pe.current;
  pe.current = element;
  try {
    if (element.frames === undefined) hook.call(element.chare);
    else callInScope(element.chare!, hook, []);
  } catch (cause) {
    const place = { pe: pe.id, chare: element.label, entry: name };
    throw new EntryError('ERR_ENTRY_FAILED', describeThrown(cause), place, { cause });
  } finally {
    pe.current = outer;
  }
}
