/**
 * What one element is in its sections. Travels with the element.
 *
 *  1. An element becomes a member when the root's word reaches it (`enrol`). What it contributes before is kept.
 *  2. It runs the multicasts of its section in the order of their numbers. One that comes too early, by a shorter way or with
 *     a higher priority, is held until those before it have run.
 *  3. Its contributions are numbered 1, 2, ... in each section by itself.
 *  4. It stops being a member when it dies or runs the `leave` of its section, and tells the root at which number.
 *
 * Invariants: `ran` counts the multicasts that have run, without gaps. What is held counts as held in the PE's counters.
 */
import { assert } from '../base/assert.ts';
import { UsageError } from '../base/errors.ts';
import type { ElementRecord } from '../chare/element.ts';
import { RemoteReply, type ReplyTarget } from '../message/future.ts';
import { readOptions, writeOptions } from '../message/handle-kinds.ts';
import type { Pe } from '../pe/pe.ts';
import { decodeArguments } from '../pup/decode.ts';
import { encodeArguments } from '../pup/encode.ts';
import type { Reader } from '../pup/reader.ts';
import type { Writer } from '../pup/writer.ts';
import { entryOf, leaveEntry, type Multicast, resultEntry } from './multicast.ts';
import { Part } from './part.ts';
import type { SectionTable } from './section-table.ts';

/** Of an element that has not heard from the section's root. */
const notEnrolled = 0;

export class Membership {
  readonly section: number;
  generation = notEnrolled;
  /** Number of the last multicast that it has run. */
  ran = 0;
  /** Number of its next contribution. */
  next = 1;
  /** The plan by which it is served on this PE; see branch.ts. */
  plan = 0;
  readonly held = new Map<number, Multicast>();
  /** Contributed before it was enrolled. */
  readonly early: Part[] = [];
  /** Who waits for results, by number. */
  readonly waiting = new Map<number, ReplyTarget>();

  constructor(section: number) {
    this.section = section;
  }

  get isEnrolled(): boolean {
    return this.generation !== notEnrolled;
  }
}

export class Memberships {
  readonly #element: ElementRecord;
  readonly #pe: Pe;
  readonly #table: SectionTable;
  readonly #bySection = new Map<number, Membership>();

  constructor(element: ElementRecord) {
    this.#element = element;
    this.#pe = element.collection.pe;
    this.#table = this.#pe.collections.sections;
  }

  static of(element: ElementRecord): Memberships {
    element.sections ??= new Memberships(element);
    return element.sections;
  }

  /** The membership in this generation of a section, if the element has it. */
  find(section: number, generation: number): Membership | undefined {
    const membership = this.#bySection.get(section);
    return membership?.generation === generation ? membership : undefined;
  }

  #of(section: number): Membership {
    let membership = this.#bySection.get(section);
    if (membership === undefined) {
      membership = new Membership(section);
      this.#bySection.set(section, membership);
    }
    return membership;
  }

  enrol(section: number, generation: number): void {
    const membership = this.#of(section);
    assert(!membership.isEnrolled, `${this.#element.label} was enrolled twice in a section`);
    membership.generation = generation;
    const branch = this.#table.branch(section, generation);
    branch.joined(membership);
    for (const part of membership.early.splice(0)) {
      this.#pe.release();
      branch.contribute(membership, part);
    }
  }

  // ---- multicasts ----

  /** A multicast's turn has come in the queue. Those of another life of the index, or of a section that it has left, are not for it. */
  take(multicast: Multicast): void {
    const membership = this.find(multicast.section, multicast.generation);
    if (membership === undefined) return;
    if (multicast.number > membership.ran + 1) {
      membership.held.set(multicast.number, multicast);
      return this.#pe.hold();
    }
    assert(multicast.number === membership.ran + 1, `${this.#element.label} got a multicast twice`);
    this.#run(membership, multicast);
    this.#runHeld(membership);
  }

  #runHeld(membership: Membership): void {
    for (;;) {
      const next = this.#element.isGone ? undefined : membership.held.get(membership.ran + 1);
      if (next === undefined) return;
      membership.held.delete(next.number);
      this.#pe.release();
      this.#run(membership, next);
    }
  }

  /** It has come, and may run what it brought along: it left between two multicasts that were there. */
  resume(): void {
    for (const membership of [...this.#bySection.values()]) this.#runHeld(membership);
  }

  #run(membership: Membership, { number, entry, args, source, event }: Multicast): void {
    membership.ran = number;
    if (entry === leaveEntry) this.#leave(membership);
    else if (entry === resultEntry) this.#resolve(membership, args[0] as number, args[1]);
    else this.#pe.deliver(this.#element, entry, args, undefined, source, event);
  }

  #leave(membership: Membership): void {
    this.#bySection.delete(membership.section);
    for (const reply of membership.waiting.values())
      reply.reject(new UsageError(`${this.#element.label} has left the section that it waits for`));
    this.#table.branch(membership.section, membership.generation).ended(membership, this.#element);
  }

  // ---- reductions ----

  /** `reply` gets the result, if the part's target is every member. */
  contribute(section: number, part: Part, reply: ReplyTarget | undefined): void {
    const membership = this.#of(section);
    if (reply !== undefined) membership.waiting.set(membership.next + membership.early.length, reply);
    if (membership.isEnrolled) return this.#table.branch(section, membership.generation).contribute(membership, part);
    membership.early.push(part);
    this.#pe.hold();
  }

  #resolve(membership: Membership, number: number, value: unknown): void {
    const reply = membership.waiting.get(number);
    membership.waiting.delete(number);
    reply?.resolve(value);
  }

  // ---- moves and the end ----

  died(): void {
    for (const membership of this.#bySection.values()) {
      this.#forget(membership);
      if (membership.isEnrolled)
        this.#table.branch(membership.section, membership.generation).ended(membership, this.#element);
    }
    this.#bySection.clear();
  }

  /** It has been packed and is gone from this PE. */
  left(): void {
    for (const membership of this.#bySection.values()) {
      this.#forget(membership);
      if (membership.isEnrolled) this.#table.branch(membership.section, membership.generation).left(membership);
    }
  }

  /** What was held is not held here any more. */
  #forget({ held, early }: Membership): void {
    for (let count = held.size + early.length; count > 0; count--) this.#pe.release();
  }

  /** It has come. */
  arrived(): void {
    for (const membership of this.#bySection.values())
      if (membership.isEnrolled) this.#table.branch(membership.section, membership.generation).joined(membership);
  }

  write(writer: Writer): void {
    writer.u32(this.#bySection.size);
    for (const { section, generation, ran, next, held, early, waiting } of this.#bySection.values()) {
      writer.f64(section);
      writer.u32(generation);
      writer.f64(ran);
      writer.f64(next);
      writer.u32(held.size);
      for (const multicast of held.values()) this.#writeHeld(writer, multicast);
      writer.u32(early.length);
      for (const part of early) part.write(writer, this.#pe);
      writer.u32(waiting.size);
      for (const [number, reply] of waiting) {
        const { pe, id } = reply.address();
        writer.f64(number);
        writer.u32(pe);
        writer.f64(id);
      }
    }
  }

  #writeHeld(writer: Writer, { number, entry, args, options, source, event }: Multicast): void {
    writer.f64(number);
    writer.u16(entry.id);
    writer.u32(source);
    writer.u32(event);
    writeOptions(writer, options);
    encodeArguments(writer, args, `${this.#element.label}.${entry.name}`);
  }

  static read(reader: Reader, element: ElementRecord): Memberships {
    const memberships = new Memberships(element);
    const { pe, type } = element.collection;
    for (let left = reader.count(); left > 0; left--) {
      const membership = memberships.#of(reader.f64());
      const { section, held, early, waiting } = membership;
      const generation = reader.u32();
      membership.generation = generation;
      membership.ran = reader.f64();
      membership.next = reader.f64();
      for (let more = reader.count(); more > 0; more--) {
        const number = reader.f64();
        const entry = entryOf(type, reader.u16());
        const [source, event, options] = [reader.u32(), reader.u32(), readOptions(reader)];
        const args = decodeArguments(reader, pe.context);
        held.set(number, { section, generation, number, entry, type: type.id, args, options, source, event });
        pe.hold();
      }
      for (let more = reader.count(); more > 0; more--) {
        early.push(Part.read(reader, pe));
        pe.hold();
      }
      for (let more = reader.count(); more > 0; more--) {
        const number = reader.f64();
        waiting.set(number, new RemoteReply(pe, reader.u32(), reader.f64()));
      }
    }
    return memberships;
  }

  // ---- reports ----

  /** Lines for the stuck report. */
  describe(): string[] {
    return [...this.#bySection.values()]
      .filter(({ isEnrolled, early }) => !isEnrolled && early.length > 0)
      .map(
        ({ section }) =>
          `${this.#element.label} has contributed to ${this.#table.labelOf(section)}, of which it is no member`,
      );
  }

  /** True if it owes reduction `number` of a section its contribution. */
  owes(section: number, number: number): boolean {
    const membership = this.#bySection.get(section);
    return membership?.isEnrolled === true && membership.next <= number;
  }
}
