/** The runtime's record of one element that is on this PE. */
import type { Sent } from '../balance/edge-recorder.ts';
import type { LbState } from '../balance/lb-state.ts';
import type { ElementIndex } from '../collective/reducers.ts';
import type { Memberships } from '../section/membership.ts';
import type { ChareBase } from './chare.ts';
import type { Collection } from './collection.ts';
import { ElementFrames } from './element-frames.ts';
import type { Key } from './index-space.ts';
import type { Mailbox } from './mailbox.ts';
import type { EntryProxy } from './proxy.ts';

export class ElementRecord implements ElementIndex {
  // What every message touches comes first, to lie in one cache line.
  readonly collection: Collection;
  /** The user's object; undefined before its constructor has reached `super()`. */
  chare: ChareBase | undefined = undefined;
  /** Its proxy, once someone here has asked for it. */
  proxy: EntryProxy | undefined = undefined;
  /** Nanoseconds to be added to `load`, a small integer. */
  ticks = 0;
  /** When an entry method of it has ended, it may be its time to move, to die, or to look at messages that wait. */
  needsSettling = false;
  readonly key: Key;
  /** Position in `collection.elements`, -1 once it is not here any more. */
  slot = -1;
  /** Seconds its entry methods have taken since the last balancing step, by estimate; see balance/entry-meter.ts. */
  load = 0;
  /** Whom it has sent to since then; see balance/edge-recorder.ts. */
  sent: Sent | undefined = undefined;
  /** AtSync, given load and the like; of elements that have any of them. */
  lb: LbState | undefined = undefined;
  /** Async entry methods that have begun and not ended, and open requests; they hold the element in place. */
  entriesInFlight = 0;
  /** Number of the reduction it will contribute to next. */
  nextReduction: number;
  /** Number of the last broadcast it has run. */
  lastBroadcast: number;
  /** Moves since birth; see location/location-manager.ts. */
  epoch: number;
  /** The program has forbidden it to move. */
  isPinned = false;
  /** PEs that have been told that it is here. */
  corrected: Set<number> | undefined = undefined;
  /** For whoever watches this PE: a number of its own; -1 before it has given one. */
  watchNumber = -1;
  /** What it is in sections; of elements that are in any. */
  sections: Memberships | undefined = undefined;
  /** Async entry methods that move along; of classes with `static resumable`. */
  readonly frames: ElementFrames | undefined;
  private wantedPe = -1;
  private isDying = false;
  private messages: Mailbox | undefined = undefined;

  constructor(collection: Collection, key: Key, epoch: number, nextReduction: number, lastBroadcast: number) {
    this.collection = collection;
    this.key = key;
    this.epoch = epoch;
    this.nextReduction = nextReduction;
    this.lastBroadcast = lastBroadcast;
    this.frames = collection.type.isResumable ? new ElementFrames(this) : undefined;
  }

  /** Of what is in flight, how much holds it in place. */
  get holds(): number {
    return this.entriesInFlight - (this.frames?.movable ?? 0);
  }

  /** Where it goes as soon as no entry method of it is under way; -1: nowhere. */
  get moveTo(): number {
    return this.wantedPe;
  }

  set moveTo(pe: number) {
    this.wantedPe = pe;
    this.needsSettling = true;
  }

  /** It ends as soon as no entry method of it is under way. */
  get mustDie(): boolean {
    return this.isDying;
  }

  set mustDie(must: boolean) {
    this.isDying = must;
    this.needsSettling = true;
  }

  /** Messages that wait for its state, requests for messages, channels; of elements that use any of them. */
  get mailbox(): Mailbox | undefined {
    return this.messages;
  }

  set mailbox(mailbox: Mailbox | undefined) {
    this.messages = mailbox;
    this.needsSettling = true;
  }

  /** True once it has left this PE or died. */
  get isGone(): boolean {
    return this.slot === -1;
  }

  /** The elements that move together with it, itself among them: those of equal index in the arrays it is bound to. */
  get companions(): readonly ElementRecord[] {
    const { boundSet } = this.collection;
    return boundSet.isShared ? boundSet.companions(this.key) : [this];
  }

  index(): unknown {
    return this.collection.space.toIndex(this.key);
  }

  order(): unknown {
    const index = this.index();
    return typeof index === 'number' || Array.isArray(index) ? index : String(this.key);
  }

  /** `Ring[3]`, as reports name it. */
  get label(): string {
    return this.collection.labelOf(this.key);
  }
}
