/**
 * Insertion of elements into one collection on one PE: one by one, by demand of a message, and the end of initial
 * insertion.
 *
 *  1. The inserter stamps the element with its first reduction and its last broadcast, counts the birth, and sends the
 *     insertion to the home PE. (The key of a singleton tells its PE; there is nobody to ask.)
 *  2. No array of the bound set has an element at the index: the home PE claims the index for the PE that was asked
 *     for, and sends the insertion there.
 *  3. Otherwise, if arrays are bound, the insertion joins: it follows the companions like a message, and the element is
 *     made where they are, whatever PE was asked for. With no other array it is a duplicate.
 *  4. At its place the insertion becomes a task, which makes the record, hands it the messages that have waited, runs the
 *     constructor and the broadcasts that it has missed.
 *
 * Demand. A message that demands its element travels as any message does, and stops where it would have to wait for
 * the element to exist. If that is the home PE, it inserts the element, there or on the message's source, and
 * the message follows it. If that is the place of companions, a task makes the element there. So it is one PE that
 * decides, and however many messages demand an element, one is made.
 *
 * Invariant: an insertion is in exactly one frame or task until its element exists.
 */
import { CharmError, UsageError } from '../base/errors.ts';
import { ElementFlag, FrameKind, frameEpoch, setFrameEpoch } from '../message/envelope.ts';
import { Pending, RemoteReply, type ReplyTarget } from '../message/future.ts';
import { readOptions, writeOptions } from '../message/handle-kinds.ts';
import { decodeArguments } from '../pup/decode.ts';
import { encodeArguments } from '../pup/encode.ts';
import { Reader } from '../pup/reader.ts';
import type { Collection } from './collection.ts';
import { ElementRecord } from './element.ts';
import type { Key } from './index-space.ts';
import type { SendOptions } from './proxy-types.ts';
import { ShapeKind } from './shape.ts';

/** Epoch of an insertion that the home PE has not seen. */
const unclaimed = -1;

/** An insertion on the wire, behind the prefix that all frames to elements have. */
interface Insertion {
  readonly to: number;
  readonly nextReduction: number;
  readonly lastBroadcast: number;
  /** 0: it takes no part in AtSync. */
  readonly firstSync: number;
  readonly options: SendOptions | undefined;
  readonly args: readonly unknown[];
  readonly created: Pending | undefined;
}

export class InsertionManager {
  readonly #collection: Collection;
  /** Acknowledgements of `doneInserting` still to come. */
  #openAcks = 0;
  #done: Pending | undefined = undefined;

  constructor(collection: Collection) {
    this.#collection = collection;
  }

  // ---- one element ----

  /** Adds one element, on `onPe` or its home PE; `created` hears when it has been constructed. */
  insert(key: Key, args: readonly unknown[], onPe: number | undefined, options?: SendOptions, created?: Pending): void {
    const collection = this.#collection;
    const { pe, reductions, broadcasts, location } = collection;
    if (!collection.isReady) return collection.whenReady(() => this.insert(key, args, onPe, options, created));
    const isSingleton = collection.shape.kind === ShapeKind.singleton;
    if (!collection.isOpen && !isSingleton)
      throw new UsageError(`${collection.labelOf(key)} can't be inserted: the collection is complete`);
    const home = location.homeOf(key);
    const to = onPe ?? home;
    if (!Number.isInteger(to) || to < 0 || to >= pe.pes)
      throw new UsageError(`onPe is ${to}; PEs are 0 to ${pe.pes - 1}`);
    const nextReduction = reductions.firstOfNewborn();
    const lastBroadcast = broadcasts.ran;
    const firstSync = collection.usesAtSync ? pe.lb.sync.sendsFor(1) : 0;
    const insertion = { to, nextReduction, lastBroadcast, firstSync, options, args, created };
    this.#encode(key, isSingleton ? 0 : unclaimed, 0, insertion);
    if (!isSingleton) this.#count(nextReduction, lastBroadcast);
    if (home === pe.id || collection.boundSet.isHere(key)) pe.replaySealedFrame();
    else pe.send(home);
  }

  /** At home, when the collection is set up: an initial element is to be made where its companions are. */
  join(key: Key, args: readonly unknown[], firstSync: number): Promise<unknown> {
    const { pe, location } = this.#collection;
    const created = new Pending(pe, () => `the creation of ${this.#collection.labelOf(key)}`);
    const insertion = { to: pe.id, nextReduction: 1, lastBroadcast: 0, firstSync, options: undefined, args, created };
    this.#encode(key, unclaimed, ElementFlag.joins, insertion);
    this.#count(1, 0);
    location.send(key);
    return created.wait();
  }

  /** This PE has sent for the birth of an element. */
  #count(nextReduction: number, lastBroadcast: number): void {
    this.#collection.reductions.bornByUs(nextReduction);
    this.#collection.broadcasts.sent(lastBroadcast);
  }

  #encode(key: Key, epoch: number, joins: number, insertion: Insertion): void {
    const { pe, id } = this.#collection;
    const { writer } = pe;
    const { created } = insertion;
    let flags = joins;
    if (typeof key === 'string') flags |= ElementFlag.textKey;
    if (created !== undefined) flags |= ElementFlag.reply;
    writer.begin(FrameKind.insert, flags, 0, id, pe.id);
    writer.elementPrefix(key, epoch);
    writer.u32(insertion.to);
    writer.f64(insertion.nextReduction);
    writer.f64(insertion.lastBroadcast);
    writer.f64(insertion.firstSync);
    if (created !== undefined) writer.f64(created.address().id);
    writeOptions(writer, insertion.options);
    encodeArguments(writer, [...insertion.args], `the constructor of ${this.#collection.labelOf(key)}`);
    writer.end();
  }

  /** Steps 2 to 4. */
  onInsert(frame: Reader): void {
    const { pe, location, boundSet } = this.#collection;
    const key = frame.elementKey();
    const to = frame.u32();
    if (boundSet.isHere(key)) return this.#joinSoon(frame);
    let epoch = frameEpoch(frame.view, frame.start);
    if ((frame.flags & ElementFlag.joins) !== 0 || epoch === unclaimed) {
      if (location.keepFenced(key, frame)) return;
      if (!location.isVacant(key)) {
        const isJoining = boundSet.isShared || (frame.flags & ElementFlag.joins) !== 0;
        if (!isJoining) throw this.#duplicate(key, location.placeOf(key));
        frame.flags |= ElementFlag.joins;
        return location.passOn(key, frame);
      }
      epoch = location.claim(key, to);
      frame.flags &= ~ElementFlag.joins;
      setFrameEpoch(frame.view, frame.start, epoch);
      if (to !== pe.id) {
        pe.forward(to, frame);
        return location.settled(key);
      }
    }
    this.#makeSoon(key, epoch, frame);
  }

  #makeSoon(key: Key, epoch: number, frame: Reader): void {
    const collection = this.#collection;
    const { pe, location, isOpen } = collection;
    const run = this.#making(key, epoch, frame);
    const options = readOptions(frame);
    const args = decodeArguments(frame, pe.context);
    const { source } = frame;
    const make = (): void => pe.post({ source, target: isOpen ? collection : key, run: () => run(args) }, options);
    if (isOpen && location.homeOf(key) !== pe.id) location.expect(key, epoch, make);
    else make();
  }

  /** Companions are here. They may move before the task's turn comes; the insertion then goes after them. */
  #joinSoon(frame: Reader): void {
    frame.flags |= ElementFlag.joins;
    const bytes = frame.copy();
    const { pe } = this.#collection;
    pe.post({ source: frame.source, target: this.#collection, run: () => this.#join(bytes) });
  }

  #join(bytes: Uint8Array): void {
    const { pe, boundSet, locals } = this.#collection;
    const frame = Reader.over(bytes);
    const key = frame.elementKey();
    frame.u32();
    const [companion] = boundSet.companions(key);
    if (companion === undefined) return pe.replay(bytes);
    if (locals.get(key) !== undefined) throw this.#duplicate(key, pe.id);
    const run = this.#making(key, companion.epoch, frame);
    readOptions(frame);
    run(decodeArguments(frame, pe.context));
  }

  /** Reads the stamp and the reply address of an insertion; gives what makes the element. */
  #making(key: Key, epoch: number, frame: Reader): (args: readonly unknown[]) => void {
    const { pe } = this.#collection;
    const element = new ElementRecord(this.#collection, key, epoch, frame.f64(), frame.f64());
    const firstSync = frame.f64();
    const { source, flags } = frame;
    const reply = (flags & ElementFlag.reply) === 0 ? undefined : new RemoteReply(pe, source, frame.f64());
    return (args) => this.#make(element, source, args, reply, firstSync);
  }

  #make(
    element: ElementRecord,
    by: number,
    args: readonly unknown[],
    reply: ReplyTarget | undefined,
    firstSync: number,
  ): void {
    const collection = this.#collection;
    collection.admit(element);
    if (collection.shape.isArray) {
      collection.reductions.arrived(element.nextReduction);
      if (collection.usesAtSync) collection.pe.lb.sync.born(element, firstSync);
    }
    collection.location.arrived(element.key);
    const ranThere = element.lastBroadcast;
    collection.construct(element, args);
    if (collection.shape.isArray) collection.broadcasts.arrived(element, by, ranThere);
    reply?.resolve(undefined);
    collection.pe.settle(element);
  }

  #duplicate(key: Key, where: number): CharmError {
    const label = this.#collection.labelOf(key);
    const text = `${label} was inserted twice: there is one on PE ${where}`;
    return new CharmError('ERR_DUPLICATE_ELEMENT', text, { pe: where, chare: label });
  }

  // ---- by demand ----

  /** A message here, from PE `source`, demands an element that does not exist; `isHere`: make it on the message's source. */
  demand(key: Key, source: number, isHere: boolean): void {
    const { pe, boundSet } = this.#collection;
    if (!boundSet.isHere(key)) return this.insert(key, [], isHere ? source : pe.id);
    // The message waits here for the element. If the companions leave first, it goes with them and demands again.
    pe.post({ source, target: this.#collection, run: () => this.#makeBesideCompanions(key) });
  }

  #makeBesideCompanions(key: Key): void {
    const { boundSet, locals, reductions, broadcasts, pe, usesAtSync } = this.#collection;
    const [companion] = boundSet.companions(key);
    if (companion === undefined || locals.get(key) !== undefined) return;
    const nextReduction = reductions.firstOfNewborn();
    const element = new ElementRecord(this.#collection, key, companion.epoch, nextReduction, broadcasts.ran);
    this.#count(nextReduction, broadcasts.ran);
    this.#make(element, pe.id, [], undefined, usesAtSync ? pe.lb.sync.sendsFor(1) : 0);
  }

  // ---- end of initial insertion ----

  /** Goes to every PE directly, behind the insertions that this PE has sent there. */
  doneInserting(): Promise<void> {
    const { pe, id, type, isOpen } = this.#collection;
    if (!isOpen) throw new UsageError(`${type.name} is not a sparse array: its elements exist from the start`);
    if (this.#done === undefined) {
      this.#done = new Pending(pe, () => `the end of inserting into ${type.name}`);
      this.#openAcks = pe.pes;
      for (let to = 0; to < pe.pes; to++) {
        if (to === pe.id) continue;
        pe.writer.begin(FrameKind.doneInserting, 0, 0, id, pe.id);
        pe.writer.end();
        pe.send(to);
      }
      this.onDoneInserting(pe.id);
    }
    return this.#done.wait() as Promise<void>;
  }

  onDoneInserting(by: number): void {
    const collection = this.#collection;
    const { pe, id } = collection;
    // A task, so that it runs behind the insertions that came before it.
    const run = (): void => {
      if (collection.isInserting && collection.usesAtSync) pe.lb.sync.ledger.insertingEnds();
      collection.isInserting = false;
      collection.reductions.advance();
      if (by === pe.id) return this.onInsertingDone();
      pe.writer.begin(FrameKind.insertingDone, 0, 0, id, pe.id);
      pe.writer.end();
      pe.send(by);
    };
    pe.post({ source: by, target: collection, run }, undefined);
  }

  onInsertingDone(): void {
    this.#openAcks--;
    if (this.#openAcks > 0) return;
    this.#done?.resolve(undefined);
    this.#done = undefined;
  }
}
