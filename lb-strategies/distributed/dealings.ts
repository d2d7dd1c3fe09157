/**
 * How two PEs agree on objects to move, so that no PE is ever given more than it has room for, however many want to give.
 *
 *  1. The giver *offers*: how loaded it is, how much it wants to give.
 *  2. The taker *grants* what it has room for, and counts that as its own from now on. Room ends where the two would be
 *     equally loaded, where the taker would be above its level, and where its memory ends. Nothing granted: the end.
 *  3. The giver moves objects within the grant, by what is true of its own load by now, and *settles*: says what it moved. The
 *     taker counts that in place of what it granted.
 *
 * The *level* is the load that a PE should come to, as far as it knows; strategies differ in how they know it, and in who
 * offers to whom. A PE that must be left, or is short of memory, may offer *urgently*: then the level does not matter.
 *
 * A grant that no object fits may be exceeded by one object that leaves both PEs below what the giver has now.
 *
 * In continuous balancing, a PE whose objects have come or gone sits out two rounds: what is measured while objects are on
 * their way, and in the round in which they arrive, fits neither the time before nor the time after.
 *
 * Invariants: one deal at a time between a giver and a taker. Promises outlive `begin`. Without urgent offers, no
 * PE gets above the largest load there was.
 */
import type { AgentHost } from '../../core/balance/agent.ts';
import type { Amount, OwnPe, PeState } from './own-pe.ts';

/** What the strategy of an agent decides. */
export interface DealingRules {
  /** Load that this PE should come to. */
  level(): number;
  /** News of another PE, first hand. */
  heard(pe: number, state: PeState): void;
  /** Memory that a PE keeps for itself, in bytes. Default 0. */
  readonly bytesKept?: number;
}

interface Offer {
  readonly deal: 'offer';
  readonly state: PeState;
  /** Work it wants to give. */
  readonly excess: number;
  readonly isUrgent: boolean;
}

interface Grant extends Room {
  readonly deal: 'grant';
  readonly state: PeState;
}

/** What a taker can take. */
interface Room {
  /** Load that the taker has if all that it has promised others comes. */
  readonly load: number;
  readonly work: number;
  /** For one object alone. */
  readonly workOfOne: number;
  readonly bytes: number;
}

interface Settlement extends Amount {
  readonly deal: 'settle';
}

export type DealMessage = Offer | Grant | Settlement;

export function isDeal(message: unknown): message is DealMessage {
  return typeof message === 'object' && message !== null && 'deal' in message;
}

/** A deal that takes less than this share off the giver's load is not worth a migration. */
const worthwhile = 0.01;

const unsettledRoundsMax = 2;

const nothing: Amount = { work: 0, bytes: 0 };

export class Dealings {
  readonly #host: AgentHost;
  readonly #rules: DealingRules;
  readonly #bytesKept: number;
  /** Half of the memory that was free is not used to even out loads: other PEs may need it. */
  #bytesKeptFromLoad = 0;
  #own: OwnPe | undefined;
  /** Open offers of this PE, and whether they were urgent. */
  readonly #offers = new Map<number, boolean>();
  readonly #grants = new Map<number, Amount>();
  /** Rounds whose statistics are no good, as objects come and go in them. */
  #unsettledRounds = 0;
  #isSittingOut = false;
  /** How many PEs the last urgent offers went to, and whether any of them took something. */
  #sweepSize = 0;
  #sweepStart = 1;
  #isAnyTaken = true;

  constructor(host: AgentHost, rules: DealingRules) {
    this.#host = host;
    this.#rules = rules;
    this.#bytesKept = rules.bytesKept ?? 0;
  }

  /** @param isAllInPlace whether a balancing step has ended since the last `begin`, and so all its migrations too. */
  begin(own: OwnPe, isAllInPlace: boolean): void {
    this.#own = own;
    this.#bytesKeptFromLoad = this.#bytesKept + Math.max(0, finite(own.memoryFree) - this.#bytesKept) / 2;
    for (const promised of this.#grants.values()) own.promise(promised);
    if (isAllInPlace) this.#unsettledRounds = 0;
    this.#isSittingOut = this.#unsettledRounds > 0;
    if (this.#isSittingOut) this.#unsettledRounds--;
    this.#sweepSize = 0;
    this.#isAnyTaken = true;
  }

  /** Whether a PE is short of memory by this many bytes, or must be left. */
  get isPressed(): boolean {
    const own = this.#own;
    return own?.hasMovable === true && (!own.isAvailable || this.#bytesShort(own) > 0);
  }

  offer(to: number, isUrgent = false): void {
    const own = this.#own;
    if (own === undefined || this.#isSittingOut || to === this.#host.pe || this.#offers.has(to)) return;
    this.#offers.set(to, isUrgent);
    this.#host.send(to, { deal: 'offer', state: own.state, excess: this.#excess(own), isUrgent } satisfies Offer);
  }

  /**
   * Offers urgently to a few PEs, the next time to twice as many, until all has been said to all.
   * @returns whether it offered: then it should be called again once that is settled.
   */
  sweep(): boolean {
    const { pe, pes } = this.#host;
    if (!this.isPressed || this.#isSittingOut || pes === 1) return false;
    if (this.#sweepSize === pes - 1 && !this.#isAnyTaken) return false;
    this.#sweepSize = Math.min(Math.max(1, 2 * this.#sweepSize), pes - 1);
    this.#isAnyTaken = false;
    for (let i = 0; i < this.#sweepSize; i++) {
      this.offer((pe + this.#sweepStart) % pes, true);
      this.#sweepStart = (this.#sweepStart % (pes - 1)) + 1;
    }
    return true;
  }

  receive(from: number, message: DealMessage): void {
    const own = this.#own;
    if (own === undefined) throw new Error('an agent received something before its first begin');
    if (message.deal === 'offer') this.#grant(own, from, message);
    else if (message.deal === 'grant') this.#settle(own, from, message);
    else this.#taken(own, from, message);
  }

  #grant(own: OwnPe, from: number, offer: Offer): void {
    this.#rules.heard(from, offer.state);
    const { state } = own;
    const room = this.#room(own, from, offer);
    if (room.bytes > 0 || room.workOfOne > 0) {
      const promised = { work: Math.max(room.work, room.workOfOne), bytes: finite(room.bytes) };
      this.#grants.set(from, promised);
      own.promise(promised);
    }
    this.#host.send(from, { deal: 'grant', state, ...room } satisfies Grant);
  }

  #room(own: OwnPe, from: number, offer: Offer): Room {
    const { loadPromised: load, speed } = own;
    const refusal = { load, work: 0, workOfOne: 0, bytes: 0 };
    if (!own.isAvailable || this.#isSittingOut || this.#grants.has(from)) return refusal;
    const bytes = own.memoryFree - (offer.isUrgent ? this.#bytesKept : this.#bytesKeptFromLoad);
    if (bytes < 0) return refusal;
    const level = this.#rules.level();
    if (offer.isUrgent) {
      return { load, work: clamped((level - load) * speed, offer.excess), workOfOne: offer.excess, bytes };
    }
    const target = Math.min(level, load + toPairLevel(offer.state, { load, speed }));
    const workOfOne = ((1 - worthwhile) * offer.state.load - load) * speed;
    if (load >= target || workOfOne <= 0) return refusal;
    const work = clamped((target - load) * speed, offer.excess);
    return { load, work, workOfOne: Math.min(workOfOne, offer.excess + work), bytes };
  }

  #settle(own: OwnPe, from: number, grant: Grant): void {
    const isUrgent = this.#offers.get(from) === true;
    this.#offers.delete(from);
    this.#rules.heard(from, grant.state);
    if (grant.bytes === 0 && grant.workOfOne === 0) return;
    const moved = this.#isSittingOut ? nothing : this.#giveWithin(own, from, grant, isUrgent);
    if (moved !== nothing) {
      this.#isAnyTaken = true;
      this.#unsettledRounds = unsettledRoundsMax;
    }
    this.#host.send(from, { deal: 'settle', ...moved } satisfies Settlement);
  }

  #giveWithin(own: OwnPe, to: number, grant: Grant, isUrgent: boolean): Amount {
    if (own.isAvailable && this.#bytesShort(own) > 0) return this.#giveMemory(own, to, grant);
    const excess = this.#excess(own);
    const taker = { load: grant.load, speed: grant.state.speed };
    const toEqual = own.isAvailable ? toPairLevel(own, taker) * taker.speed : Number.POSITIVE_INFINITY;
    const work = Math.min(grant.work, excess, toEqual);
    const given = this.#giveWork(own, to, { work, bytes: grant.bytes });
    if (given !== nothing) return given;
    if (isUrgent) return this.#giveAnyway(own, to, grant.bytes);
    const object = this.#pickOne(own, work, grant);
    return object === -1 ? nothing : own.give(object, to);
  }

  /** One object that does work, or all that do none. */
  #giveAnyway(own: OwnPe, to: number, bytesMax: number): Amount {
    let given: Amount | undefined;
    for (;;) {
      const object = own.pickAny(bytesMax - (given?.bytes ?? 0));
      if (object === -1) return given ?? nothing;
      given = plus(given ?? nothing, own.give(object, to));
      if (given.work > 0) return given;
    }
  }

  #giveWork(own: OwnPe, to: number, limit: Amount): Amount {
    const enough = worthwhile * limit.work;
    let left = limit;
    for (let object = own.pick(left, to); object !== -1; object = own.pick(left, to)) {
      left = minus(left, own.give(object, to));
      if (left.work <= enough) break;
    }
    return left === limit ? nothing : { work: limit.work - left.work, bytes: finite(limit.bytes) - finite(left.bytes) };
  }

  /** The object that is too large for the grant by least, if it leaves both PEs below what this one has now. */
  #pickOne(own: OwnPe, above: number, grant: Grant): number {
    if (!own.isAvailable || this.#excess(own) === 0) return -1;
    const still = ((1 - worthwhile) * own.load - grant.load) * grant.state.speed;
    return own.pickAbove(Math.max(0, above), { work: Math.min(grant.workOfOne, still), bytes: grant.bytes });
  }

  #giveMemory(own: OwnPe, to: number, grant: Grant): Amount {
    let given = nothing;
    for (let short = this.#bytesShort(own); short > 0; short = this.#bytesShort(own)) {
      const object = own.pickByMemory(short, grant.bytes - given.bytes);
      if (object === -1) break;
      given = plus(given, own.give(object, to));
    }
    return given;
  }

  #taken(own: OwnPe, from: number, { work, bytes }: Settlement): void {
    const promised = this.#grants.get(from) ?? nothing;
    this.#grants.delete(from);
    own.promise({ work: -promised.work, bytes: -promised.bytes });
    own.take({ work, bytes });
    if (work > 0 || bytes > 0) this.#unsettledRounds = unsettledRoundsMax;
  }

  /** Work above the level; everything where everything shall leave. */
  #excess(own: OwnPe): number {
    return own.isAvailable ? Math.max(0, (own.load - this.#rules.level()) * own.speed) : own.work;
  }

  #bytesShort(own: OwnPe): number {
    return this.#bytesKept - own.memoryFree - own.bytesGiven;
  }
}

/** By how much the lighter's load rises until the two are equally loaded. */
function toPairLevel(
  heavy: { readonly load: number; readonly speed: number },
  light: { readonly load: number; readonly speed: number },
): number {
  return ((heavy.load - light.load) * heavy.speed) / (heavy.speed + light.speed);
}

function plus(a: Amount, b: Amount): Amount {
  return { work: a.work + b.work, bytes: a.bytes + b.bytes };
}

function minus(limit: Amount, { work, bytes }: Amount): Amount {
  return { work: limit.work - work, bytes: limit.bytes - bytes };
}

/** From 0 to `max`. */
function clamped(value: number, max: number): number {
  return Math.max(0, Math.min(value, max));
}

/** Memory that is not known is not counted. */
function finite(bytes: number): number {
  return Number.isFinite(bytes) ? bytes : 0;
}
