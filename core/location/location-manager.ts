/**
 * Where the elements of one collection are, as one PE knows it, and how messages find them.
 *
 * Every element has an epoch: 0 at birth, one more with each move. What a PE knows about a key is (PE, epoch); newer
 * epochs replace older ones, never the other way round. A frame for an element carries the epoch of the knowledge by
 * which it was last sent on (-1: only the home PE is known).
 *
 * A frame for an element that is not here
 *  1. goes on, if this PE knows something newer than the frame does;
 *  2. goes to the home PE, if neither knows anything;
 *  3. waits here otherwise: the element is on its way to this PE, or (at home) does not exist yet.
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
 * Invariants: exactly one PE has the element, or exactly one migration frame has it; the home PE knows an epoch at most
 * one move old, the move being told to it when it begins.
 */
import { CharmError } from '../base/errors.ts';
import type { Collection } from '../chare/collection.ts';
import type { Key } from '../chare/index-space.ts';
import type { HomeOf } from '../chare/placement.ts';
import { ElementFlag, FrameKind, frameEpoch, frameEvent, setFrameEpoch } from '../message/envelope.ts';
import { readKey, writeKey } from '../message/handle-kinds.ts';
import { Reader } from '../pup/reader.ts';

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
  readonly #collection: Collection;
  readonly #known = new Map<Key, Known>();
  /** Frames for elements that are on their way here or do not exist. */
  readonly #waiting = new Map<Key, Uint8Array[]>();
  /** Elements to be made here when our fence is back. */
  readonly #expected = new Map<Key, () => void>();
  homeOf: HomeOf;

  constructor(collection: Collection, homeOf: HomeOf) {
    this.#collection = collection;
    this.homeOf = homeOf;
  }

  /** Sends the sealed frame in the PE's writer to an element that is not here. */
  send(key: Key): void {
    const { pe } = this.#collection;
    const known = this.#known.get(key);
    if (known?.fenced !== undefined) {
      pe.hold();
      known.fenced.push(pe.writer.copyFrame());
      return;
    }
    setFrameEpoch(pe.writer.view, 0, known?.epoch ?? unknownEpoch);
    if (known !== undefined) known.isUsed = true;
    const to = known?.pe ?? this.homeOf(key);
    if (to === pe.id) this.#wait(key, pe.writer.copyFrame());
    else pe.send(to);
  }

  /** Deals with a frame that came for an element that is not here. */
  passOn(key: Key, frame: Reader): void {
    const { pe } = this.#collection;
    const epoch = frameEpoch(frame.view, frame.start);
    const known = this.#known.get(key);
    const isNewer = known !== undefined && known.epoch > epoch;
    const to = isNewer ? known.pe : epoch === unknownEpoch ? this.homeOf(key) : pe.id;
    if (to === pe.id) return this.#wait(key, frame.copy());
    if (isNewer) {
      if (known.fenced !== undefined) {
        pe.hold();
        known.fenced.push(frame.copy());
        return;
      }
      known.isUsed = true;
      setFrameEpoch(frame.view, frame.start, known.epoch);
    }
    if (frame.source !== pe.id) frame.flags |= ElementFlag.sentOn;
    pe.trace?.passedOn(this.#collection, key, frame.source, frameEvent(frame.view, frame.start), to);
    pe.forward(to, frame);
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
    if (home !== this.#collection.pe.id && home !== to) this.#tell(FrameKind.location, home, key, to, epoch, 0);
  }

  /** An element has died here. */
  died(key: Key, epoch: number): void {
    const home = this.homeOf(key);
    const { pe } = this.#collection;
    this.#known.set(key, { pe: home, epoch: epoch + 1, isDead: true, isUsed: false, fenced: undefined });
    if (home !== pe.id) this.#tell(FrameKind.location, home, key, home, epoch + 1, deadFlag);
  }

  /**
   * At home: an element shall be created on `to`. Returns its epoch; the caller sends the insertion, then calls `settled`.
   * @throws CharmError ERR_DUPLICATE_ELEMENT if there is one.
   */
  claim(key: Key, to: number): number {
    const known = this.#known.get(key);
    const here = this.#collection.locals.get(key);
    if (here !== undefined || (known !== undefined && !known.isDead)) {
      const where = here === undefined ? known!.pe : this.#collection.pe.id;
      const label = this.#collection.labelOf(key);
      throw new CharmError('ERR_DUPLICATE_ELEMENT', `${label} was inserted twice: there is one on PE ${where}`, {
        pe: where,
        chare: label,
      });
    }
    const epoch = known === undefined ? 0 : known.epoch + 1;
    this.#known.set(key, { pe: to, epoch, isDead: false, isUsed: true, fenced: known?.fenced });
    return epoch;
  }

  /** At home: the insertion has been sent to another PE; what has waited follows it. */
  settled(key: Key): void {
    const { pe } = this.#collection;
    const known = this.#known.get(key)!;
    for (const bytes of this.#take(key)) {
      pe.release();
      const frame = Reader.over(bytes);
      setFrameEpoch(frame.view, 0, known.epoch);
      frame.flags |= ElementFlag.sentOn;
      pe.forward(known.pe, frame);
    }
  }

  /** An element is to be made here, away from its home: `make` runs behind everything that we have sent by way of home. */
  expect(key: Key, make: () => void): void {
    const known = this.#known.get(key);
    const home = this.homeOf(key);
    const epoch = known?.epoch ?? unknownEpoch;
    this.#known.set(key, { pe: home, epoch, isDead: false, isUsed: false, fenced: known?.fenced ?? [] });
    this.#expected.set(key, make);
    this.#sendFence(key, home, unknownEpoch);
  }

  /**
   * A seed is constructed here, away from its home, where all its mail has waited. `make` runs when that is here; what
   * we send meanwhile is kept behind it.
   */
  bornAway(key: Key, epoch: number, make: () => void): void {
    this.#tell(FrameKind.location, this.homeOf(key), key, this.#collection.pe.id, epoch, 0);
    this.expect(key, make);
  }

  /** Deals with a fence whose element is not here. */
  onFence(key: Key, frame: Reader): void {
    const make = frame.source === this.#collection.pe.id ? this.#expected.get(key) : undefined;
    if (make === undefined) return this.passOn(key, frame);
    this.#expected.delete(key);
    make();
  }

  /** The source of a frame that was sent on should know where the element is. */
  correct(source: number, key: Key, epoch: number): void {
    const { pe } = this.#collection;
    if (source !== pe.id) this.#tell(FrameKind.location, source, key, pe.id, epoch, 0);
  }

  onLocation(frame: Reader): void {
    const key = readKey(frame)!;
    const pe = frame.u32();
    const epoch = frame.u32();
    this.#learn(key, pe, epoch, frame.flags === deadFlag);
  }

  /** Answers a fence that has come to its element. One's own needs none: `arrived` has seen to what was kept. */
  answerFence(frame: Reader, key: Key, epoch: number): void {
    if (frame.source === this.#collection.pe.id) return;
    this.#tell(FrameKind.fenceAnswer, frame.source, key, this.#collection.pe.id, epoch, 0);
  }

  onFenceAnswer(frame: Reader): void {
    const key = readKey(frame)!;
    const pe = frame.u32();
    const epoch = frame.u32();
    const known = this.#known.get(key);
    if (known?.fenced === undefined) return;
    const kept = known.fenced;
    known.fenced = undefined;
    if (epoch > known.epoch) {
      known.pe = pe;
      known.epoch = epoch;
      known.isDead = false;
    }
    this.#sendAgain(key, kept);
  }

  /** Lines for the stuck report: messages for elements that do not exist. */
  describeWaiting(): string[] {
    return [...this.#waiting].map(([key, frames]) => {
      const count = frames.length === 1 ? '1 message waits' : `${frames.length} messages wait`;
      return `${count} for ${this.#collection.labelOf(key)}, which does not exist`;
    });
  }

  #learn(key: Key, pe: number, epoch: number, isDead: boolean): void {
    const here = this.#collection.pe.id;
    if (this.#collection.locals.get(key) !== undefined) return;
    const known = this.#known.get(key);
    if (known === undefined) {
      const first: Known = {
        pe: this.homeOf(key),
        epoch: unknownEpoch,
        isDead: false,
        isUsed: true,
        fenced: undefined,
      };
      this.#known.set(key, first);
      // At home nothing was sent anywhere before this; frames that came meanwhile wait here.
      if (first.pe === here) Object.assign(first, { pe, epoch, isDead });
      else this.#reroute(key, first, pe, epoch, isDead);
    } else if (epoch > known.epoch) this.#reroute(key, known, pe, epoch, isDead);
    else return;
    if (pe !== here) this.#sendAgain(key, this.#take(key));
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
    const { pe, id } = this.#collection;
    pe.writer.begin(FrameKind.fence, typeof key === 'string' ? ElementFlag.textKey : 0, 0, id, pe.id);
    pe.writer.elementPrefix(key, epoch);
    pe.writer.end();
    if (to === pe.id) this.#wait(key, pe.writer.copyFrame());
    else pe.send(to);
  }

  /** Frames that were kept here go where the element is now. */
  #sendAgain(key: Key, frames: readonly Uint8Array[]): void {
    for (const bytes of frames) {
      const frame = Reader.over(bytes);
      this.#collection.pe.release();
      if (this.#collection.locals.get(key) === undefined) this.passOn(key, frame);
      else this.#collection.pe.replay(bytes);
    }
  }

  #deliver(frames: readonly Uint8Array[]): void {
    for (const frame of frames) {
      this.#collection.pe.release();
      this.#collection.pe.replay(frame);
    }
  }

  #wait(key: Key, frame: Uint8Array): void {
    this.#collection.pe.hold();
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
    const { writer, id } = this.#collection.pe;
    writer.begin(kind, flags, 0, this.#collection.id, id);
    writeKey(writer, key);
    writer.u32(pe);
    writer.u32(epoch);
    writer.end();
    this.#collection.pe.send(to);
  }
}

const deadFlag = 1;
