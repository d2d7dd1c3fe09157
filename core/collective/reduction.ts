/**
 * Reductions of one collection on one PE. Elements may be born (and, with migration, move) at any moment, so
 * "everyone here has contributed" is not enough; the root must know how many there are.
 *
 * Words: reduction r is the r-th of the collection. `current` is the lowest one this PE has not reported.
 * `present` counts elements here. `births` counts elements born by this PE's doing minus deaths; the sum of
 * `births` over PEs is the number of live elements, and moving does not change it.
 *
 * Protocol:
 *  1. An element's contribution to r is merged here. If this PE has reported r already, it goes straight to the
 *     root as a late one.
 *  2. Reduction r starts on a PE with its first contribution, a child's part, or the parent's word to start.
 *  3. When every present element that owes r a contribution has made it, the children that have not reported are
 *     told to start (a PE without elements hears of it in no other way).
 *  4. With all children's parts in, the PE reports once: contributions so far, births, merged value. current++.
 *  5. The root holds all parts, so it knows how many elements owe r. It waits for late ones until the count is
 *     reached, then finishes r, and never finishes r+1 before r.
 *
 * An element born while r is under way here owes its first contribution to r+1. The PE that inserts it stamps that
 * number on it and counts the birth, so the count is right although the element is still on its way.
 *
 * An element that moves takes its number along: where it comes it owes what it has not contributed yet, where it leaves
 * its contributions stay counted. One that dies is subtracted from the births, for reductions that were already
 * reported by a word to the root.
 *
 * Invariant: the root never sees more contributions than elements. The scheme is Charm++'s (ckreduction.C).
 */
import { AssertionError, assert } from '../base/assert.ts';
import { CharmError, describeThrown, EntryError, UsageError } from '../base/errors.ts';
import type { Collection } from '../chare/collection.ts';
import type { ElementRecord } from '../chare/element.ts';
import { ShapeKind } from '../chare/shape.ts';
import { Callback } from '../message/callback.ts';
import { FrameKind } from '../message/envelope.ts';
import { Pending } from '../message/future.ts';
import { HandleKind } from '../message/handle-kinds.ts';
import { decodeValue } from '../pup/decode.ts';
import { encodeValue } from '../pup/encode.ts';
import type { Reader } from '../pup/reader.ts';
import { writeHandle } from '../pup/value-codec.ts';
import type { Writer } from '../pup/writer.ts';
import { type AnyReducer, type Reducer, readReducer, writeReducer } from './reducers.ts';

/** The target of an allreduce: every element of the collection. */
export class EveryoneCallback extends Callback<unknown> {
  send(): void {
    throw new AssertionError('an allreduce result is spread by the reduction itself');
  }

  [writeHandle](writer: Writer): void {
    writer.u8(HandleKind.allreduce);
  }
}

const everyone = new EveryoneCallback();
const nothing = Symbol('no contribution yet');

/** One reduction on one PE. */
class Round {
  reducer: AnyReducer | undefined = undefined;
  target: Callback<unknown> | undefined = undefined;
  merged: unknown = nothing;
  /** Contributions of elements here. */
  contributed = 0;
  /** Contributions merged, those of children and late ones included. */
  total = 0;
  /** Births minus deaths reported by children. */
  births = 0;
  readonly reported: number[] = [];
  isStarted = false;
  isSpread = false;
  /** Corrections to `present` and `births` for elements that do not owe this one. */
  presentAdjust = 0;
  birthsAdjust = 0;

  add(reducer: AnyReducer, prepared: unknown): void {
    this.merged = this.merged === nothing ? prepared : reducer.merge(this.merged, prepared);
  }
}

export class ReductionManager {
  readonly #collection: Collection;
  readonly #rounds = new Map<number, Round>();
  /** At the root: reported by all PEs, waiting for late contributions, oldest first. */
  readonly #closing: Round[] = [];
  /** At the root: number of the oldest of `closing`. */
  #oldest = 1;
  #current = 1;
  /** The round of `current`, once something has happened in it. */
  #round: Round | undefined = undefined;
  #present = 0;
  #births = 0;
  readonly #waiting = new Map<number, Pending[]>();

  constructor(collection: Collection) {
    this.#collection = collection;
  }

  /** Number of the first reduction that an element born now owes. While initial elements are inserted none can end, so it is that one. */
  firstOfNewborn(): number {
    const isUnderWay = this.#round?.isStarted === true && !this.#collection.isInserting;
    return isUnderWay ? this.#current + 1 : this.#current;
  }

  /** Counts elements made together with the collection. */
  populated(count: number): void {
    this.#present += count;
    this.#births += count;
  }

  /** This PE has sent for the birth of an element, here or elsewhere. */
  bornByUs(first: number): void {
    this.#births++;
    for (let r = this.#current; r < first; r++) this.#at(r).birthsAdjust--;
  }

  /** An element is here now whose next reduction is `next`. */
  arrived(next: number): void {
    this.#present++;
    for (let r = this.#current; r < next; r++) this.#at(r).presentAdjust--;
  }

  /** An element goes to another PE. What it has contributed to here stays counted here. */
  left(next: number): void {
    this.#present--;
    for (let r = this.#current; r < next; r++) this.#at(r).presentAdjust++;
    this.advance();
  }

  /** An element has died here. It is missed from its next reduction on. */
  died(next: number): void {
    this.#births--;
    for (let r = this.#current; r < next; r++) this.#at(r).birthsAdjust++;
    // Reductions that this PE has reported may still wait for it at the root.
    for (let r = next; r < this.#current; r++) this.#sendDeath(r);
    this.left(next);
  }

  contribute<V, R>(element: ElementRecord, value: V, reducer: Reducer<V, R>, target: Callback<R>): void {
    if (this.#collection.shape.kind === ShapeKind.singleton) {
      throw new UsageError(`${element.label} is a singleton; reductions need an array or a group`);
    }
    const any = reducer as unknown as AnyReducer;
    const prepared = any.prepare(value, element);
    const r = element.nextReduction++;
    this.#collection.pe.trace?.contributed(element, r, value, any);
    if (r < this.#current) return this.#sendLate(r, any, prepared, target as Callback<unknown>);
    const round = this.#at(r);
    if (round.reducer !== any) this.#agree(round, r, any, element);
    round.target = target as Callback<unknown>;
    round.add(any, prepared);
    round.contributed++;
    round.total++;
    if (r === this.#current) this.#start(round);
  }

  allreduce<V, R>(element: ElementRecord, value: V, reducer: Reducer<V, R>): Promise<unknown> {
    const r = element.nextReduction;
    const pe = this.#collection.pe;
    const pending = new Pending(pe, () => `reduction ${r} of ${this.#collection.labelOf(undefined)} (${reducer.name})`);
    const waiting = this.#waiting.get(r);
    if (waiting === undefined) this.#waiting.set(r, [pending]);
    else waiting.push(pending);
    this.contribute(element, value, reducer, everyone);
    return pending.wait();
  }

  /** Tries to get on: after inserting has ended. */
  advance(): void {
    while (this.#round?.isStarted === true && this.#tryReport(this.#round)) {
      this.#rounds.delete(this.#current);
      this.#current++;
      this.#round = this.#rounds.get(this.#current);
      const next = this.#round;
      if (next !== undefined && (next.contributed > 0 || next.reported.length > 0)) next.isStarted = true;
    }
  }

  /** A line for the stuck report if a reduction has begun and not ended here. */
  describeOpen(): string | undefined {
    const round = this.#round;
    if (round?.isStarted !== true || this.#present === 0) return undefined;
    const owed = this.#present + round.presentAdjust;
    if (round.contributed >= owed) return undefined;
    const late = this.#collection.elements.find((element) => element.nextReduction <= this.#current);
    const who = late === undefined ? '' : `, for instance not ${late.label}`;
    const { pe } = this.#collection;
    return `reduction ${this.#current} of ${this.#collection.labelOf(undefined)}: ${round.contributed} of ${owed} elements of PE ${pe.id} have contributed${who}`;
  }

  onFrame(kind: number, frame: Reader): void {
    const r = frame.f64();
    if (kind === FrameKind.reductionStart) return this.#onStart(r);
    if (kind === FrameKind.reductionResult) return this.#onResult(r, frame);
    const count = frame.f64();
    const births = frame.f64();
    const round = kind === FrameKind.reductionPart ? this.#at(r) : this.#atRoot(r);
    this.#mergePart(r, round, count, frame);
    round.births += births;
    if (kind === FrameKind.reductionLate) return this.#finishReady();
    round.reported.push(frame.source);
    if (r === this.#current) this.#start(round);
  }

  #at(r: number): Round {
    if (r === this.#current && this.#round !== undefined) return this.#round;
    let round = this.#rounds.get(r);
    if (round === undefined) {
      round = new Round();
      this.#rounds.set(r, round);
    }
    if (r === this.#current) this.#round = round;
    return round;
  }

  /** A reduction at the root, which may be closing already. */
  #atRoot(r: number): Round {
    if (r >= this.#current) return this.#at(r);
    const round = this.#closing[r - this.#oldest];
    assert(round !== undefined, `a contribution to reduction ${r} came after its end`);
    return round;
  }

  /** `who` contributes to reduction `r`; there all must use the same reducer. */
  #agree(round: Round, r: number, reducer: AnyReducer, who: ElementRecord | string): void {
    round.reducer ??= reducer;
    if (round.reducer === reducer || round.reducer.name === reducer.name) return;
    const name = typeof who === 'string' ? who : who.label;
    throw new CharmError(
      'ERR_REDUCTION_MISMATCH',
      `${name} contributes to reduction ${r} of ${this.#collection.type.name} with ${reducer.name}, others with ${round.reducer.name}; ` +
        'all elements must contribute to the same reductions in the same order',
    );
  }

  /** What runs a reducer; one that throws ends the job. */
  #reduce<T>(r: number, reducer: AnyReducer, run: () => T): T {
    try {
      return run();
    } catch (cause) {
      const chare = `reduction ${r} of ${this.#collection.type.name} (reducer ${reducer.name})`;
      const place = { pe: this.#collection.pe.id, chare };
      throw new EntryError('ERR_REDUCER_FAILED', describeThrown(cause), place, { cause });
    }
  }

  #start(round: Round): void {
    round.isStarted = true;
    this.advance();
  }

  #onStart(r: number): void {
    // The parent cannot be ahead of us, since it needs our part; it may be behind.
    if (r === this.#current) this.#start(this.#at(r));
  }

  /** Step 3 and 4. Returns true once this PE has reported `round`. */
  #tryReport(round: Round): boolean {
    const collection = this.#collection;
    if (collection.isInserting || round.contributed < this.#present + round.presentAdjust) return false;
    const { parent, children } = collection.tree;
    if (round.reported.length < children.length) {
      // In a group every PE has a branch, which contributes by itself.
      if (!round.isSpread && collection.shape.kind !== ShapeKind.group) this.#tellChildren(round, children);
      return false;
    }
    round.births += this.#births + round.birthsAdjust;
    if (parent === -1) {
      this.#closing.push(round);
      this.#finishReady();
    } else {
      this.#sendPart(FrameKind.reductionPart, parent, this.#current, round, round.births);
    }
    return true;
  }

  #tellChildren(round: Round, children: readonly number[]): void {
    round.isSpread = true;
    const { pe, id } = this.#collection;
    for (const child of children) {
      if (round.reported.includes(child)) continue;
      pe.writer.begin(FrameKind.reductionStart, 0, 0, id, pe.id);
      pe.writer.f64(this.#current);
      pe.writer.end();
      pe.send(child);
    }
  }

  #sendLate(r: number, reducer: AnyReducer, prepared: unknown, target: Callback<unknown>): void {
    const { root } = this.#collection;
    if (root === this.#collection.pe.id) {
      const round = this.#atRoot(r);
      this.#agree(round, r, reducer, 'a late element');
      round.target = target;
      round.add(reducer, prepared);
      round.total++;
      return this.#finishReady();
    }
    const late = new Round();
    late.reducer = reducer;
    late.target = target;
    late.merged = prepared;
    late.total = 1;
    this.#sendPart(FrameKind.reductionLate, root, r, late, 0);
  }

  #sendDeath(r: number): void {
    const { root, pe } = this.#collection;
    if (root !== pe.id) return this.#sendPart(FrameKind.reductionLate, root, r, new Round(), -1);
    this.#atRoot(r).births--;
    this.#finishReady();
  }

  /** Body: number, contributions, births, and if there are contributions the reducer, target and merged value. */
  #sendPart(kind: FrameKind, to: number, r: number, round: Round, births: number): void {
    const { pe, id } = this.#collection;
    const writer = pe.writer;
    writer.begin(kind, 0, 0, id, pe.id);
    writer.f64(r);
    writer.f64(round.total);
    writer.f64(births);
    if (round.total > 0) {
      writeReducer(writer, round.reducer!, (custom) => pe.registry.nameOf(custom, 'reducer', custom.name));
      round.target![writeHandle](writer);
      encodeValue(writer, round.merged, `a contribution to ${this.#collection.labelOf(undefined)}`);
    }
    writer.end();
    pe.send(to);
  }

  #mergePart(r: number, round: Round, count: number, frame: Reader): void {
    if (count === 0) return;
    const { pe } = this.#collection;
    const reducer = readReducer(frame, (name) => pe.registry.reducer(name));
    round.target = pe.context.handle(frame) as Callback<unknown>;
    this.#agree(round, r, reducer, `PE ${frame.source}`);
    const part = decodeValue(frame, pe.context);
    this.#reduce(r, reducer, () => round.add(reducer, part));
    round.total += count;
  }

  /** Step 5: finishes closing rounds, oldest first, while their counts are complete. */
  #finishReady(): void {
    for (let round = this.#closing[0]; round !== undefined; round = this.#closing[0]) {
      assert(round.total <= round.births, 'more contributions than elements');
      if (round.total < round.births) return;
      this.#closing.shift();
      this.#finish(this.#oldest++, round);
    }
  }

  #finish(r: number, round: Round): void {
    if (round.reducer === undefined || round.target === undefined) return;
    const { reducer, merged } = round;
    const result = this.#reduce(r, reducer, () => reducer.finish(merged));
    this.#collection.pe.trace?.reduced(this.#collection, r, round.total, result);
    if (!(round.target instanceof EveryoneCallback)) return round.target.send(result);
    const { pe, tree } = this.#collection;
    if (tree.children.length > 0) {
      const writer = pe.writer;
      writer.begin(FrameKind.reductionResult, 0, 0, this.#collection.id, pe.id);
      writer.f64(r);
      encodeValue(writer, result, `the result of reduction ${r}`);
      writer.end();
      for (const child of tree.children) pe.send(child);
    }
    this.#resolve(r, result);
  }

  #onResult(r: number, frame: Reader): void {
    for (const child of this.#collection.tree.children) this.#collection.pe.forward(child, frame);
    this.#resolve(r, decodeValue(frame, this.#collection.pe.context));
  }

  #resolve(r: number, result: unknown): void {
    const waiting = this.#waiting.get(r);
    if (waiting === undefined) return;
    this.#waiting.delete(r);
    for (const pending of waiting) pending.resolve(result);
  }
}
