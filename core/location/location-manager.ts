/**
 * Where the elements of one collection, or of several that are bound together, are, as one PE knows it, and how messages
 * find them. An index has one place: where its element is, or in bound arrays all its elements (companions) are.
 *
 * Every place has an epoch: 0 at birth, one more with each move. What a PE knows about a key is (PE, epoch); newer
 * epochs replace older ones, never the other way round. A frame for an element carries the epoch of the knowledge by
 * which it was last sent on (-1: only the home PE is known).
 *
 * A frame for an element that is not here
 *  1. goes on, if this PE knows something newer than the frame does;
 *  2. goes to the home PE, if neither knows anything;
 *  3. waits here otherwise: the element is on its way to this PE, or does not exist yet, while this PE is the home PE or
 *     the place of companions. What waits beside companions goes with them when they move.
 * The epoch rises with every step of kind 1, so a frame is sent on at most once per move and can't go in circles.
 *
 * Change of route. The PE that receives a frame that was sent on tells the frame's source where the element is. The
 * source, like a home PE that hears of a move, changes its route only behind a fence: it sends a fence the old way,
 * keeps everything for the element until the answer has come, and then sends it the new way. So a shorter way never
 * lets a message overtake an earlier one. If the old way was not used there is no fence.
 *
 * Insertion goes through the home PE, which gives the epoch, refuses duplicates, and passes the insertion and what has
 * waited for the element, in this order, to where it shall be. An index that died keeps its epoch at home. A PE other
 * than home that is to get a new element first sends a fence home and makes the element when it is back: what this PE
 * has sent to the index by way of the home PE is then ahead of what it will deliver itself.
 *
 * A seed (balance/seed-pool.ts) may wander before it is constructed. Its mail waits at its home PE until then. Where it
 * is constructed, that PE tells the home PE, sends a fence there too, and counts the chare as present when it is back.
 *
 * A death is told to the home PE when the last companion dies; until then the place stays.
 *
 * Invariants: exactly one PE is the place of an index that has elements, or exactly one migration frame; the home PE knows an epoch at most
 * one move old, the move being told to it when it begins.
 */
import { assert } from '../base/assert.ts';
import type { Collection } from '../chare/collection.ts';
import type { Key } from '../chare/index-space.ts';
import type { HomeOf } from '../chare/placement.ts';
import { ElementFlag, FrameKind, frameEpoch, frameEvent, setFrameEpoch } from '../message/envelope.ts';
import { readKey, writeKey } from '../message/handle-kinds.ts';
import type { Pe } from '../pe/pe.ts';
import { Reader } from '../pup/reader.ts';
import type { BoundSet } from './bound-set.ts';

/** What this PE knows of an element that is not here. */
interface Known {
  pe: number;
  epoch: number;
  /** No element has the key; messages wait at home. */
  isDead: boolean;
  /** Something was sent by this knowledge, so a change of route needs a fence. */
  isUsed: boolean;
  /** Frames kept until the answer to a fence has come. */
  fenced: Uint8Array[] | undefined;
}

const unknownEpoch = -1;

export class LocationManager {
  readonly #set: BoundSet;
  readonly #pe: Pe;
  readonly #known = new Map<Key, Known>();
  /** Frames for elements that are on their way here or do not exist. */
  readonly #waiting = new Map<Key, Uint8Array[]>();
  /** Elements to be made here when our fence is back. */
  readonly #expected = new Map<Key, () => void>();
  homeOf: HomeOf;

  constructor(set: BoundSet, homeOf: HomeOf) {
    this.#set = set;
    this.#pe = set.first.pe;
    this.homeOf = homeOf;
  }

  /** Sends the sealed frame in the PE's writer to an element that is not here. */
  send(key: Key): void {
    const pe = this.#pe;
    const known = this.#known.get(key) ?? this.#assumeHome(key);
    if (known === undefined) return this.#keep(key, pe.writer.copyFrame());
    if (known.fenced !== undefined) {
      pe.hold();
      known.fenced.push(pe.writer.copyFrame());
      return;
    }
    setFrameEpoch(pe.writer.view, 0, known.epoch);
    known.isUsed = true;
    if (known.pe === pe.id) this.#keep(key, pe.writer.copyFrame());
    else pe.send(known.pe);
  }

  /** Something is sent to a key of which nothing is known: to its home PE. Undefined if that is this PE, or companions are here. */
  #assumeHome(key: Key): Known | undefined {
    const home = this.homeOf(key);
    if (home === this.#pe.id || (this.#set.isShared && this.#set.isHere(key))) return undefined;
    const known: Known = { pe: home, epoch: unknownEpoch, isDead: false, isUsed: true, fenced: undefined };
    // Few singletons move, and there may be millions; `#learn` takes them as used.
    if (this.#set.first.shape.isArray) this.#known.set(key, known);
    return known;
  }

  /** Deals with a frame that came for an element that is not here. */
  passOn(key: Key, frame: Reader): void {
    const pe = this.#pe;
    if (this.#set.isShared && this.#set.isHere(key)) return this.#keep(key, frame.copy());
    const epoch = frameEpoch(frame.view, frame.start);
    const known = this.#known.get(key);
    const isNewer = known !== undefined && known.epoch > epoch;
    if (isNewer && this.keepFenced(key, frame)) return;
    const to = isNewer ? known.pe : epoch === unknownEpoch ? this.homeOf(key) : pe.id;
    if (to === pe.id) return this.#keep(key, frame.copy());
    if (isNewer) {
      known.isUsed = true;
      setFrameEpoch(frame.view, frame.start, known.epoch);
    }
    if (frame.source !== pe.id) frame.flags |= ElementFlag.sentOn;
    if (pe.trace !== undefined) {
      // Frames of sections carry the number of a multicast that another PE than their source has sent.
      const event = frame.kind === FrameKind.entry ? frameEvent(frame.view, frame.start) : 0;
      pe.trace.passedOn(this.#collectionOf(frame), key, frame.source, event, to);
    }
    pe.forward(to, frame);
  }

  #collectionOf(frame: Reader): Collection {
    const collection = this.#set.collections.find(({ id }) => id === frame.collection);
    assert(collection !== undefined, 'a message came for an element of another collection');
    return collection;
  }

  /** Keeps a frame if the route is being changed; it goes on behind the fence. */
  keepFenced(key: Key, frame: Reader): boolean {
    const fenced = this.#known.get(key)?.fenced;
    if (fenced === undefined) return false;
    this.#pe.hold();
    fenced.push(frame.copy());
    return true;
  }

  /** An element is here now: what waited for it goes to it. */
  arrived(key: Key): void {
    const known = this.#known.get(key);
    this.#known.delete(key);
    this.#deliver(this.#take(key));
    if (known?.fenced !== undefined) this.#deliver(known.fenced);
  }

  /** An element leaves this PE. */
  left(key: Key, to: number, epoch: number): void {
    this.#known.set(key, { pe: to, epoch, isDead: false, isUsed: false, fenced: undefined });
    const home = this.homeOf(key);
    if (home !== this.#pe.id && home !== to) this.#tell(FrameKind.location, home, key, to, epoch, 0);
    this.#deliver(this.#take(key));
  }

  /** The last element with this key has died here. */
  died(key: Key, epoch: number): void {
    const home = this.homeOf(key);
    const pe = this.#pe;
    this.#known.set(key, { pe: home, epoch: epoch + 1, isDead: true, isUsed: false, fenced: undefined });
    if (home !== pe.id) this.#tell(FrameKind.location, home, key, home, epoch + 1, deadFlag);
    this.#deliver(this.#take(key));
  }

  /** True if this is the home PE, and no element has the key or is about to. */
  isVacant(key: Key): boolean {
    if (this.homeOf(key) !== this.#pe.id || this.#set.isHere(key)) return false;
    const known = this.#known.get(key);
    return known === undefined || (known.isDead && known.fenced === undefined);
  }

  /** Where an element that is not here is, as far as this PE knows: its home if it knows nothing. */
  whereIs(key: Key): number {
    return this.#known.get(key)?.pe ?? this.homeOf(key);
  }

  /** Where the element of a key that is not vacant is, as far as this PE knows. */
  placeOf(key: Key): number {
    return this.#known.get(key)?.pe ?? this.#pe.id;
  }

  /** Where an element is, as far as this PE knows or guesses. */
  likelyPlaceOf(key: Key): number {
    return this.#set.isHere(key) ? this.#pe.id : (this.#known.get(key)?.pe ?? this.homeOf(key));
  }

  /**
   * At home: an element shall be created on `to`; the key must be vacant. Returns its epoch; the caller sends the
   * insertion, then calls `settled`.
   */
  claim(key: Key, to: number): number {
    assert(this.isVacant(key), 'an index was claimed twice');
    const known = this.#known.get(key);
    const epoch = known === undefined ? 0 : known.epoch + 1;
    this.#known.set(key, { pe: to, epoch, isDead: false, isUsed: true, fenced: undefined });
    return epoch;
  }

  /** At home: the insertion has been sent to another PE; what has waited follows it. */
  settled(key: Key): void {
    const pe = this.#pe;
    const known = this.#known.get(key)!;
    for (const bytes of this.#take(key)) {
      pe.release();
      const frame = Reader.over(bytes);
      setFrameEpoch(frame.view, 0, known.epoch);
      frame.flags |= ElementFlag.sentOn;
      pe.forward(known.pe, frame);
    }
  }

  /**
   * An element is to be here, made or moved: `make` runs behind everything that this PE has sent to it the old way, at once if
   * that is nothing. What is sent to it meanwhile is kept.
   */
  expect(key: Key, epoch: number, make: () => void): void {
    const known = this.#known.get(key);
    this.#known.set(key, { pe: this.#pe.id, epoch, isDead: false, isUsed: false, fenced: known?.fenced ?? [] });
    if (known === undefined || (known.fenced === undefined && !known.isUsed)) return make();
    this.#expected.set(key, make);
    if (known.fenced === undefined) this.#sendFence(key, known.pe, known.epoch);
    // Fences may have come before, ours among them.
    this.#deliver(this.#take(key));
  }

  /**
   * A seed is constructed here, away from its home, where all its mail has waited. `make` runs when that is here; what
   * we send meanwhile is kept behind it.
   */
  bornAway(key: Key, epoch: number, make: () => void): void {
    const home = this.homeOf(key);
    this.#tell(FrameKind.location, home, key, this.#pe.id, epoch, 0);
    this.#known.set(key, { pe: this.#pe.id, epoch, isDead: false, isUsed: false, fenced: [] });
    this.#expected.set(key, make);
    this.#sendFence(key, home, unknownEpoch);
  }

  /** True while the element is not here, and nothing hinders it to be. */
  isAwaited(key: Key): boolean {
    return this.#known.get(key)?.pe === this.#pe.id && !this.#expected.has(key);
  }

  /** A fence is answered where its element is; a fence of ours that comes back has done its work. */
  onFence(frame: Reader): void {
    const key = frame.elementKey();
    const [here] = this.#set.companions(key);
    if (here !== undefined) return this.#answerFence(frame, key, here.epoch);
    const make = this.#expected.get(key);
    const known = this.#known.get(key);
    if (frame.source !== this.#pe.id) {
      // What was sent ahead of it has come, and waits, also where the element has died and a fence of ours is under way. If
      // the fence waited too, two PEs could wait for each other's; and what is kept behind it may be what demands the element.
      const isUpToDate = known !== undefined && frameEpoch(frame.view, frame.start) >= known.epoch;
      const isGrave = known?.isDead === true && this.homeOf(key) === this.#pe.id;
      const isAnswer = (isUpToDate && (make !== undefined || isGrave)) || (known !== undefined && this.isVacant(key));
      return isAnswer ? this.#answerFence(frame, key, known.epoch) : this.passOn(key, frame);
    }
    if (make !== undefined) {
      this.#expected.delete(key);
      make();
    } else if (known?.isDead === true && known.fenced !== undefined) this.#passFence(key, known, known.fenced);
    else this.#wait(key, frame.copy());
  }

  /** The source of a frame that was sent on should know where the element is. */
  correct(source: number, key: Key, epoch: number): void {
    const pe = this.#pe;
    if (source !== pe.id) this.#tell(FrameKind.location, source, key, pe.id, epoch, 0);
  }

  onLocation(frame: Reader): void {
    const key = readKey(frame)!;
    const pe = frame.u32();
    const epoch = frame.u32();
    this.#learn(key, pe, epoch, frame.flags === deadFlag);
  }

  /** Answers a fence that has come to its element. One's own needs none: `arrived` has seen to what was kept. */
  #answerFence(frame: Reader, key: Key, epoch: number): void {
    if (frame.source === this.#pe.id) return;
    this.#tell(FrameKind.fenceAnswer, frame.source, key, this.#pe.id, epoch, 0);
  }

  onFenceAnswer(frame: Reader): void {
    const key = readKey(frame)!;
    const pe = frame.u32();
    const epoch = frame.u32();
    const known = this.#known.get(key);
    if (known?.fenced === undefined) return;
    // The element has gone on since. What was sent the old way is ahead of a fence that follows it, and of nothing else.
    if (epoch < known.epoch) return this.#sendFence(key, pe, epoch);
    if (epoch > known.epoch) {
      known.pe = pe;
      known.epoch = epoch;
      known.isDead = false;
    }
    this.#passFence(key, known, known.fenced);
  }

  /** What was sent the old way has arrived; what was kept goes the new way. */
  #passFence(key: Key, known: Known, kept: readonly Uint8Array[]): void {
    known.fenced = undefined;
    // Older messages may still follow the element from there.
    known.isUsed = true;
    this.#deliver(this.#take(key));
    this.#deliver(kept);
  }

  /** Lines for the stuck report: messages for elements that do not exist. */
  describeWaiting(): string[] {
    return [...this.#waiting].flatMap(([key, frames]) =>
      this.#set.collections.flatMap((collection) => {
        const count = frames.filter((bytes) => Reader.over(bytes).collection === collection.id).length;
        if (count === 0) return [];
        return `${count === 1 ? '1 message waits' : `${count} messages wait`} for ${collection.labelOf(key)}, which does not exist`;
      }),
    );
  }

  #learn(key: Key, pe: number, epoch: number, isDead: boolean): void {
    const here = this.#pe.id;
    if (this.#set.isHere(key)) return;
    const known = this.#known.get(key);
    if (known === undefined) this.#learnFirst(key, pe, epoch, isDead);
    else if (epoch > known.epoch) this.#reroute(key, known, pe, epoch, isDead);
    else return;
    if (pe !== here) this.#deliver(this.#take(key));
  }

  #learnFirst(key: Key, pe: number, epoch: number, isDead: boolean): void {
    const home = this.homeOf(key);
    const known: Known = { pe, epoch, isDead, isUsed: false, fenced: undefined };
    this.#known.set(key, known);
    // Nothing was sent to an element of an array, or was ever sent on from here, or there would be a record.
    if (this.#set.first.shape.isArray || home === this.#pe.id) return;
    known.fenced = [];
    this.#sendFence(key, home, unknownEpoch);
  }

  /** Changes the route, behind a fence if the old one was used. */
  #reroute(key: Key, known: Known, pe: number, epoch: number, isDead: boolean): void {
    const old = { pe: known.pe, epoch: known.epoch };
    known.pe = pe;
    known.epoch = epoch;
    known.isDead = isDead;
    if (known.fenced !== undefined || !known.isUsed) return;
    known.isUsed = false;
    known.fenced = [];
    this.#sendFence(key, old.pe, old.epoch);
  }

  #sendFence(key: Key, to: number, epoch: number): void {
    const pe = this.#pe;
    pe.writer.begin(FrameKind.fence, typeof key === 'string' ? ElementFlag.textKey : 0, 0, this.#set.id, pe.id);
    pe.writer.elementPrefix(key, epoch);
    pe.writer.end();
    if (to === pe.id) this.#wait(key, pe.writer.copyFrame());
    else pe.send(to);
  }

  /** Frames that were kept find their way again. */
  #deliver(frames: readonly Uint8Array[]): void {
    for (const frame of frames) {
      this.#pe.release();
      this.#pe.replay(frame);
    }
  }

  /** A frame whose element is not here, and that can't be sent on, waits; if its element does not exist it may demand it. */
  #keep(key: Key, bytes: Uint8Array): void {
    if ((bytes[1]! & ElementFlag.livingOnly) !== 0 && this.#isDead(key)) return;
    const demand = bytes[1]! & (ElementFlag.createHome | ElementFlag.createHere);
    const isBesideCompanions = this.#set.isShared && this.#set.isHere(key);
    if (demand === 0 || !(isBesideCompanions || this.isVacant(key))) return this.#wait(key, bytes);
    const frame = Reader.over(bytes);
    if (isBesideCompanions) this.#wait(key, bytes);
    this.#collectionOf(frame).insertion.demand(key, frame.source, demand === ElementFlag.createHere);
    if (!isBesideCompanions) this.passOn(key, frame);
  }

  /** For a message whose element has been: it is not any more. What the place of companions has not, is nowhere. */
  #isDead(key: Key): boolean {
    if (this.#set.isHere(key)) return true;
    const known = this.#known.get(key);
    return this.homeOf(key) === this.#pe.id && (known === undefined || known.isDead);
  }

  #wait(key: Key, frame: Uint8Array): void {
    this.#pe.hold();
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) this.#waiting.set(key, [frame]);
    else waiting.push(frame);
  }

  #take(key: Key): Uint8Array[] {
    const frames = this.#waiting.get(key) ?? [];
    this.#waiting.delete(key);
    return frames;
  }

  #tell(kind: FrameKind, to: number, key: Key, pe: number, epoch: number, flags: number): void {
    const { writer, id } = this.#pe;
    writer.begin(kind, flags, 0, this.#set.id, id);
    writeKey(writer, key);
    writer.u32(pe);
    writer.u32(epoch);
    writer.end();
    this.#pe.send(to);
  }
}

const deadFlag = 1;
