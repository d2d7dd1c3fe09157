/**
 * The LB database of one PE: what has been measured here since the last step, by objects.
 *
 * An object is an element of an array, or the elements with equal index of bound arrays together. Its name is the number
 * of the bound set and its key, the same on every PE. Everything that is counted is counted once: taking a report starts
 * the next period, an element that moves takes its load along and leaves here whom it has sent to.
 *
 * Time of singletons, groups and of elements that have ended is background: all that was neither idle nor load.
 *
 * Where PEs share a processor, and the host says so, a PE is that much slower, and all it does takes that much longer: so
 * strategies, which know nothing of processors, give the PEs of one together what one can do.
 */
import type { ElementRecord } from '../chare/element.ts';
import type { Key } from '../chare/index-space.ts';
import type { BoundSet } from '../location/bound-set.ts';
import type { MigrationHooks } from '../location/migration.ts';
import type { Pe } from '../pe/pe.ts';
import type { Sent } from './edge-recorder.ts';

/** What one PE knows of itself. Columns are as in strategy.ts; edges go from an object by its number here to one by its name. */
export interface LocalReport {
  readonly pe: number;
  readonly wall: number;
  readonly idle: number;
  readonly background: number;
  readonly speed: number;
  readonly isAvailable: boolean;
  readonly memoryFree: number;
  /** There was nothing to do but balancing. */
  readonly isIdle: boolean;
  /** Names of the objects, and behind them of those that have left. */
  readonly sets: Int32Array;
  readonly keys: Float64Array | readonly Key[];
  readonly load: Float64Array;
  readonly isMigratable: Uint8Array;
  /** Objects that could move but for an async entry method. */
  readonly held: number;
  readonly bytes: Float64Array;
  readonly position: Float64Array;
  readonly from: Int32Array;
  readonly toSet: Int32Array;
  readonly toKeys: Float64Array | readonly Key[];
  readonly messages: Float64Array;
  readonly edgeBytes: Float64Array;
}

type PeFields = Pick<LocalReport, 'pe' | 'wall' | 'idle' | 'background' | 'speed' | 'isAvailable' | 'memoryFree'>;

/** Packs keys that are all numbers. */
export function keyColumn(keys: readonly Key[]): Float64Array | readonly Key[] {
  return keys.every((key) => typeof key === 'number') ? Float64Array.from(keys as readonly number[]) : keys;
}

interface Departed {
  readonly set: number;
  readonly key: Key;
  readonly sent: Sent;
}

export class LoadDatabase {
  readonly #pe: Pe;
  /** What elements that have left sent before. */
  readonly #departed: Departed[] = [];
  #since: number;
  #idleBefore: number;
  isAvailable = true;

  constructor(pe: Pe) {
    this.#pe = pe;
    this.#since = pe.clock.now();
    this.#idleBefore = pe.host.vitals().idleSeconds;
  }

  /** An element leaves this PE. */
  leaves(element: ElementRecord): void {
    const { sent, collection, key } = element;
    if (sent !== undefined) this.#departed.push({ set: collection.boundSet.id, key, sent });
  }

  /** What an object is noted to have sent that may be elsewhere. */
  sentBy(set: number, key: Key): Sent {
    const [here] = this.#pe.collections.numbered(set)?.boundSet.companions(key) ?? [];
    if (here !== undefined) {
      here.sent ??= new Map();
      return here.sent;
    }
    let departed = this.#departed.find((one) => one.set === set && one.key === key);
    if (departed === undefined) {
      departed = { set, key, sent: new Map() };
      this.#departed.push(departed);
    }
    return departed.sent;
  }

  /**
   * What has been measured since the last report; the next period begins.
   * @param givenForSeconds time that the loads given by the program are for; none: for the time since the last report.
   */
  report(isIdle: boolean, givenForSeconds?: number): LocalReport {
    const pe = this.#pe;
    const wall = (pe.clock.now() - this.#since) / 1000;
    const columns = new Columns(givenForSeconds === undefined ? 1 : wall / givenForSeconds);
    let load = 0;
    const { speed, share = 1 } = pe.host.vitals();
    for (const set of pe.collections.boundSets()) load += columns.addSet(set, speed, share);
    const count = columns.keys.length;
    for (const { set, key, sent } of this.#departed.splice(0)) {
      columns.sets.push(set);
      columns.keys.push(key);
      columns.addSent(columns.keys.length - 1, sent);
    }
    pe.edges.reset(count);
    return { ...this.#times(load), isIdle, ...columns.finish() };
  }

  #times(load: number): PeFields {
    const pe = this.#pe;
    const now = pe.clock.now();
    const { idleSeconds, speed, memoryFree, share = 1 } = pe.host.vitals();
    const wall = (now - this.#since) / 1000;
    const isIdleKnown = !Number.isNaN(idleSeconds);
    const idle = isIdleKnown ? Math.min(wall, idleSeconds - this.#idleBefore) : Math.max(0, wall - load);
    this.#since = now;
    this.#idleBefore = idleSeconds;
    const background = Math.max(0, wall - idle - load) / share;
    return { pe: pe.id, wall, idle, background, speed: speed * share, isAvailable: this.isAvailable, memoryFree };
  }
}

/** Columns of a report in the making. */
class Columns {
  readonly sets: number[] = [];
  readonly keys: Key[] = [];
  readonly #load: number[] = [];
  readonly #isMigratable: number[] = [];
  readonly #bytes: number[] = [];
  readonly #position: number[] = [];
  #hasPositions = false;
  #held = 0;
  readonly #from: number[] = [];
  readonly #toSet: number[] = [];
  readonly #toKeys: Key[] = [];
  readonly #messages: number[] = [];
  readonly #edgeBytes: number[] = [];
  readonly #givenFactor: number;

  /** @param givenFactor of the loads that the program has given. */
  constructor(givenFactor: number) {
    this.#givenFactor = givenFactor;
  }

  /** Adds the objects of a set that are here; returns the seconds that they were measured to take. */
  addSet(set: BoundSet, speed: number, share: number): number {
    let seconds = 0;
    for (const { elements } of set.collections) {
      for (const element of elements) {
        const { companions } = element;
        if (companions[0] === element) seconds += this.#addObject(set.id, companions, speed, share);
      }
    }
    return seconds;
  }

  #addObject(set: number, companions: readonly ElementRecord[], speed: number, share: number): number {
    const number = this.keys.length;
    let measured = 0;
    let load = 0;
    let bytes = 0;
    let isPinned = false;
    let isHeld = false;
    for (const companion of companions) {
      const own = companion.load + companion.ticks * 1e-9;
      const given = companion.lb?.givenLoad ?? Number.NaN;
      measured += own;
      load += Number.isNaN(given) ? own : (given * this.#givenFactor) / speed;
      bytes += companion.lb?.memory || companion.lb?.bytes || 0;
      companion.load = 0;
      companion.ticks = 0;
      isPinned ||= companion.isPinned || !canBePacked(companion);
      isHeld ||= companion.holds > 0;
      if (companion.sent !== undefined) this.addSent(number, companion.sent);
      companion.sent = undefined;
    }
    if (isHeld && !isPinned) this.#held++;
    this.sets.push(set);
    this.keys.push(companions[0]!.key);
    // An estimate can come out below zero where executions differ much.
    this.#load.push(Math.max(0, load) / share);
    this.#isMigratable.push(isPinned || isHeld ? 0 : 1);
    this.#bytes.push(bytes);
    this.#addPosition(companions[0]!);
    return measured;
  }

  #addPosition(element: ElementRecord): void {
    const given = element.lb?.position;
    const index = given ?? element.index();
    const numbers: readonly unknown[] = Array.isArray(index) ? index : [index];
    for (let d = 0; d < 3; d++) {
      const coordinate = numbers[d];
      this.#position.push(typeof coordinate === 'number' ? coordinate : 0);
    }
    if (typeof numbers[0] === 'number') this.#hasPositions = true;
  }

  addSent(from: number, sent: Sent): void {
    for (const [to, keys] of sent) {
      for (const [key, { messages, bytes }] of keys) {
        this.#from.push(from);
        this.#toSet.push(to.boundSet.id);
        this.#toKeys.push(key);
        this.#messages.push(messages);
        this.#edgeBytes.push(bytes);
      }
    }
  }

  finish(): Omit<LocalReport, keyof PeFields | 'isIdle'> {
    return {
      sets: Int32Array.from(this.sets),
      keys: keyColumn(this.keys),
      load: Float64Array.from(this.#load),
      isMigratable: Uint8Array.from(this.#isMigratable),
      held: this.#held,
      bytes: Float64Array.from(this.#bytes),
      position: this.#hasPositions ? Float64Array.from(this.#position) : new Float64Array(0),
      from: Int32Array.from(this.#from),
      toSet: Int32Array.from(this.#toSet),
      toKeys: keyColumn(this.#toKeys),
      messages: Float64Array.from(this.#messages),
      edgeBytes: Float64Array.from(this.#edgeBytes),
    };
  }
}

/** False for classes whose # fields nobody else can read. */
function canBePacked({ collection, chare }: ElementRecord): boolean {
  return collection.type.privateField === undefined || typeof (chare as MigrationHooks).pack === 'function';
}
