/**
 * All sections of a PE: those that it has made (section-root.ts), its part in those of others (branch.ts), and the frames
 * between them.
 *
 * A section has a number, of which the root is part: the n-th section of PE c is n·pes + c. It is known by number
 * only: proxies carry it, and nothing must have come before they can be used.
 *
 * Frames of kind `section`, by word (in the flags); each begins with section and generation:
 *
 *     enrol      root to PEs      time of asking, members
 *     answer     PE to root       time of asking, members that it has
 *     plan       down its tree    epoch, node (plan.ts)
 *     endPlan    down its tree    epoch
 *     locate     down its tree    epoch, time of asking
 *     multicast  down its tree    epoch, number, number for traces, send options, arguments
 *     request    to the root      collection, number for traces, send options, arguments
 *     soiled     up a tree        epoch, number of the reduction
 *     part       up a tree        number, part (part.ts)
 *     ended      PE to root       collection, key, number of the next contribution
 *     members    to the root      where to answer
 *     regroup    to the root      members, where to answer
 *
 * Frames of kind `sectionMember` go to one member: word, section, generation, then for `enrol` and `locate` the time of asking,
 * for `multicast` number, source, send options, arguments. Those that are not for just any element with this index, but for the one that
 * was enrolled, are dropped when it has died (location-manager.ts, `livingOnly`).
 */
import type { Collection } from '../chare/collection.ts';
import type { ElementRecord } from '../chare/element.ts';
import type { Key } from '../chare/index-space.ts';
import type { SendOptions } from '../chare/proxy-types.ts';
import type { AnyReducer, Reducer } from '../collective/reducers.ts';
import { EveryoneCallback } from '../collective/reduction.ts';
import type { Callback } from '../message/callback.ts';
import type { EntryMethod } from '../message/entry-table.ts';
import { ElementFlag, FrameKind, frameEvent } from '../message/envelope.ts';
import { Pending, RemoteReply } from '../message/future.ts';
import {
  readCollection,
  readKey,
  readOptions,
  writeCollection,
  writeKey,
  writeOptions,
} from '../message/handle-kinds.ts';
import type { Pe } from '../pe/pe.ts';
import { decodeArguments, decodeValue } from '../pup/decode.ts';
import { encodeArguments, encodeValue } from '../pup/encode.ts';
import type { Reader } from '../pup/reader.ts';
import { SectionBranch } from './branch.ts';
import { type Membership, Memberships } from './membership.ts';
import { entryOf, isOurs, type Multicast, MulticastTask, readCall, writeCall } from './multicast.ts';
import { Part } from './part.ts';
import { type Plan, type PlanNode, planOf } from './plan.ts';
import { fromWire, type Roster, RosterBuilder, toWire } from './roster.ts';
import { SectionRoot } from './section-root.ts';

const Word = {
  enrol: 1,
  answer: 2,
  plan: 3,
  endPlan: 4,
  locate: 5,
  multicast: 6,
  request: 7,
  soiled: 8,
  part: 9,
  ended: 10,
  members: 11,
  regroup: 12,
} as const;
type Word = (typeof Word)[keyof typeof Word];

export class SectionTable {
  readonly pe: Pe;
  readonly #roots = new Map<number, SectionRoot>();
  /** By section and generation. */
  readonly #branches = new Map<number, Map<number, SectionBranch>>();
  #count = 0;

  constructor(pe: Pe) {
    this.pe = pe;
    pe.handle(FrameKind.section, (frame) => this.#onFrame(frame));
  }

  rootOf(section: number): number {
    return section % this.pe.pes;
  }

  labelOf(section: number): string {
    const root = this.#roots.get(section);
    const names = root === undefined ? [] : [...root.roster.keys()].map(({ type }) => type.name);
    const of = names.length === 0 ? '' : ` of ${[...new Set(names)].join(' and ')}`;
    return `section ${section}${of} (made on PE ${this.rootOf(section)})`;
  }

  labelOfReduction(section: number, number: number): string {
    return `reduction ${number} of ${this.labelOf(section)}`;
  }

  branch(section: number, generation: number): SectionBranch {
    let generations = this.#branches.get(section);
    if (generations === undefined) {
      generations = new Map();
      this.#branches.set(section, generations);
    }
    let branch = generations.get(generation);
    if (branch === undefined) {
      branch = new SectionBranch(this, section, generation);
      generations.set(generation, branch);
    }
    return branch;
  }

  /** Forgets a branch of which nothing is left. */
  tidy(branch: SectionBranch): void {
    if (!branch.isEmpty) return;
    const generations = this.#branches.get(branch.section);
    if (generations?.get(branch.generation) !== branch) return;
    generations.delete(branch.generation);
    if (generations.size === 0) this.#branches.delete(branch.section);
  }

  // ---- what programs ask for ----

  /** Makes a section; returns its number. */
  create(roster: Roster): number {
    const section = this.#count++ * this.pe.pes + this.pe.id;
    const root = new SectionRoot(this, section);
    this.#roots.set(section, root);
    root.enrol(roster);
    return section;
  }

  multicast(
    section: number,
    collection: Collection,
    entry: EntryMethod,
    args: unknown[],
    options: SendOptions | undefined,
  ): void {
    const { pe } = this;
    if (--pe.edges.countdown === 0) pe.lb.multicasts.note(section, args);
    const sink = pe.trace;
    const event = sink?.multicast === undefined ? 0 : ++pe.lastEvent;
    if (event !== 0) sink?.multicast?.(event, collection, entry, options);
    const call = { entry, type: collection.type.id, args, options, source: pe.id, event };
    const root = this.#roots.get(section);
    if (root !== undefined) return root.multicast(call);
    this.#begin(Word.request, section, 0, entry.id);
    writeCall(pe, call);
    pe.send(this.rootOf(section));
  }

  /** The members of a section, wherever it was made. */
  async membersOf(section: number): Promise<Roster> {
    const root = this.#roots.get(section);
    if (root !== undefined) return root.roster;
    const answer = new Pending(this.pe, () => `the members of ${this.labelOf(section)}`);
    this.#begin(Word.members, section, 0);
    this.pe.writer.f64(answer.address().id);
    this.#sendTo(this.rootOf(section));
    return fromWire(await answer.wait());
  }

  /** Resolves when the new members are enrolled. */
  regroup(section: number, roster: Roster): Promise<void> {
    const done = new Pending(this.pe, () => `the new members of ${this.labelOf(section)}`);
    const root = this.#roots.get(section);
    if (root !== undefined) root.regroup(roster, () => done.resolve(undefined));
    else {
      this.#begin(Word.regroup, section, 0);
      this.pe.writer.f64(done.address().id);
      this.#writeRoster(roster);
      this.#sendTo(this.rootOf(section));
    }
    return done.wait() as Promise<void>;
  }

  contribute<V, R>(
    element: ElementRecord,
    section: number,
    value: V,
    reducer: Reducer<V, R>,
    target: Callback<R>,
  ): void {
    const any = reducer as unknown as AnyReducer;
    const part = new Part(any, target as Callback<unknown>, any.prepare(value, element), 1);
    Memberships.of(element).contribute(section, part, undefined);
  }

  allreduce<V, R>(element: ElementRecord, section: number, value: V, reducer: Reducer<V, R>): Promise<unknown> {
    const any = reducer as unknown as AnyReducer;
    const part = new Part(any, new EveryoneCallback(), any.prepare(value, element), 1);
    const result = new Pending(this.pe, () => `a reduction of ${this.labelOf(section)} (${any.name})`);
    Memberships.of(element).contribute(section, part, result);
    return result.wait();
  }

  // ---- root to PEs ----

  sendEnrolment(to: number, section: number, generation: number, asked: number, roster: Roster): void {
    if (to === this.pe.id) return this.#enrol(section, generation, asked, roster);
    this.#begin(Word.enrol, section, generation);
    this.pe.writer.u32(asked);
    this.#writeRoster(roster);
    this.#sendTo(to);
  }

  #enrol(section: number, generation: number, asked: number, roster: Roster): void {
    const here = new RosterBuilder();
    for (const [collection, keys] of roster) {
      if (!collection.isReady) {
        collection.whenReady(() => this.#enrol(section, generation, asked, new Map([[collection, keys]])));
        continue;
      }
      for (const key of keys) {
        const element = collection.locals.get(key);
        if (element === undefined) this.#sendWord(Word.enrol, collection, key, section, generation, asked);
        else {
          Memberships.of(element).enrol(section, generation);
          here.add(collection, key);
        }
      }
    }
    this.#answer(section, generation, asked, here);
  }

  /** Tells the root which members are here. */
  #answer(section: number, generation: number, asked: number, here: RosterBuilder): void {
    if (here.count === 0) return;
    const root = this.#roots.get(section);
    if (root !== undefined) return root.onAnswer(generation, asked, here.roster, this.pe.id);
    this.#begin(Word.answer, section, generation);
    this.pe.writer.u32(asked);
    this.#writeRoster(here.roster);
    this.#sendTo(this.rootOf(section));
  }

  // ---- down the trees ----

  startPlan(section: number, generation: number, epoch: number, node: PlanNode): void {
    this.#acceptPlan(section, generation, epoch, -1, node);
  }

  #acceptPlan(section: number, generation: number, epoch: number, parent: number, node: PlanNode): void {
    for (const below of node[3]) {
      this.#begin(Word.plan, section, generation);
      this.pe.writer.u32(epoch);
      encodeValue(this.pe.writer, below, 'the plan of a section');
      this.#sendTo(below[0]);
    }
    this.branch(section, generation).accept(planOf(epoch, parent, node));
  }

  endPlan(section: number, generation: number, epoch: number): void {
    const branch = this.branch(section, generation);
    this.#begin(Word.endPlan, section, generation);
    this.pe.writer.u32(epoch);
    this.#sendDown(branch.plan(epoch));
    branch.forget(epoch);
    this.tidy(branch);
  }

  locate(section: number, generation: number, epoch: number, asked: number): void {
    const { writer } = this.pe;
    this.#begin(Word.locate, section, generation);
    writer.u32(epoch);
    writer.u32(asked);
    const plan = this.branch(section, generation).plan(epoch);
    this.#sendDown(plan);
    this.#find(section, generation, asked, plan.members);
  }

  #find(section: number, generation: number, asked: number, members: Roster): void {
    const here = new RosterBuilder();
    for (const [collection, keys] of members) {
      for (const key of keys) {
        const element = collection.locals.get(key);
        if (element === undefined) this.#sendWord(Word.locate, collection, key, section, generation, asked);
        else if (element.sections?.find(section, generation) !== undefined) here.add(collection, key);
      }
    }
    this.#answer(section, generation, asked, here);
  }

  spread(epoch: number, multicast: Multicast): void {
    const { section, generation, number, entry } = multicast;
    const branch = this.branch(section, generation);
    const plan = branch.plan(epoch);
    if (plan.children.length > 0) {
      this.#begin(Word.multicast, section, generation, entry.id, multicast.source);
      this.pe.writer.u32(epoch);
      this.pe.writer.f64(number);
      writeCall(this.pe, multicast);
      for (const child of plan.children) this.pe.send(child);
    }
    branch.deliver(epoch, multicast);
  }

  /** The same for members of `collection`. */
  inClassOf(collection: Collection, multicast: Multicast): Multicast {
    const { entry } = multicast;
    if (isOurs(entry)) return multicast;
    const { table } = collection.type;
    // The root has seen to it that there is one.
    const own = table.byName(entry.name)!;
    return own === entry ? multicast : { ...multicast, entry: own };
  }

  // ---- to single members ----

  /** Sends a multicast to a member that is not here. */
  sendToMember(collection: Collection, key: Key, multicast: Multicast): void {
    const { entry, number, args, options, source, event } = multicast;
    const { writer } = this.pe;
    this.#beginForMember(collection, key, entry.id, event, ElementFlag.livingOnly);
    writer.u8(Word.multicast);
    writer.f64(multicast.section);
    writer.u32(multicast.generation);
    writer.f64(number);
    writer.u32(source);
    writeOptions(writer, options);
    encodeArguments(writer, args, `${collection.type.name}.${entry.name}`);
    writer.end();
    collection.location.send(key);
  }

  #sendWord(word: Word, collection: Collection, key: Key, section: number, generation: number, asked: number): void {
    const { writer } = this.pe;
    this.#beginForMember(collection, key, 0, 0, word === Word.enrol ? 0 : ElementFlag.livingOnly);
    writer.u8(word);
    writer.f64(section);
    writer.u32(generation);
    writer.u32(asked);
    writer.end();
    collection.location.send(key);
  }

  #beginForMember(collection: Collection, key: Key, small: number, event: number, flags: number): void {
    const { writer, id } = this.pe;
    const textFlag = typeof key === 'string' ? ElementFlag.textKey : 0;
    writer.begin(FrameKind.sectionMember, textFlag | flags, small, collection.id, id);
    writer.elementPrefix(key, -1, event);
  }

  onMemberFrame(collection: Collection, frame: Reader): void {
    const key = frame.elementKey();
    const element = collection.locals.get(key);
    if (element === undefined) return collection.location.passOn(key, frame);
    collection.correctSource(element, frame);
    const word = frame.u8();
    const section = frame.f64();
    const generation = frame.u32();
    if (word === Word.multicast) return this.#onMemberMulticast(element, section, generation, frame);
    const asked = frame.u32();
    if (word === Word.enrol) Memberships.of(element).enrol(section, generation);
    else if (element.sections?.find(section, generation) === undefined) return;
    const here = new RosterBuilder();
    here.add(collection, key);
    this.#answer(section, generation, asked, here);
  }

  #onMemberMulticast(element: ElementRecord, section: number, generation: number, frame: Reader): void {
    if (element.sections?.find(section, generation) === undefined) return;
    const { pe } = this;
    const { type } = element.collection;
    const entry = entryOf(type, frame.small);
    const event = frameEvent(frame.view, frame.start);
    const number = frame.f64();
    const source = frame.u32();
    const options = readOptions(frame);
    const args = decodeArguments(frame, pe.context);
    const multicast = { section, generation, number, entry, type: type.id, args, options, source, event };
    pe.post(new MulticastTask(element, multicast, source), options);
    if (source !== pe.id) pe.trace?.queued(element, source, event);
  }

  // ---- up the trees, and to the root ----

  tellSoiled(branch: SectionBranch, { epoch, parent }: Plan, upTo: number): void {
    this.#begin(Word.soiled, branch.section, branch.generation);
    this.pe.writer.u32(epoch);
    this.pe.writer.f64(upTo);
    this.#sendTo(parent);
  }

  /** Finite numbers need no new plan: they pass. */
  soiledAtRoot({ section, generation }: SectionBranch, upTo: number): void {
    if (upTo === Number.POSITIVE_INFINITY) this.#roots.get(section)!.onSoiled(generation);
  }

  sendPart({ section, generation }: SectionBranch, to: number, number: number, part: Part): void {
    this.#begin(Word.part, section, generation);
    this.pe.writer.f64(number);
    part.write(this.pe.writer, this.pe);
    this.#sendTo(to);
  }

  addAtRoot({ section, generation }: SectionBranch, number: number, part: Part): void {
    this.#roots.get(section)!.onPart(generation, number, part);
  }

  tellEnded({ section, generation }: SectionBranch, { next }: Membership, { collection, key }: ElementRecord): void {
    const root = this.#roots.get(section);
    if (root !== undefined) return root.onEnded(generation, collection, key, next);
    this.#begin(Word.ended, section, generation);
    writeCollection(this.pe.writer, collection);
    writeKey(this.pe.writer, key);
    this.pe.writer.f64(next);
    this.#sendTo(this.rootOf(section));
  }

  // ---- frames ----

  #begin(word: Word, section: number, generation: number, small = 0, source = this.pe.id): void {
    const { writer } = this.pe;
    writer.begin(FrameKind.section, word, small, 0, source);
    writer.f64(section);
    writer.u32(generation);
  }

  #sendTo(pe: number): void {
    this.pe.writer.end();
    this.pe.send(pe);
  }

  #sendDown({ children }: Plan): void {
    this.pe.writer.end();
    for (const child of children) this.pe.send(child);
  }

  #writeRoster(roster: Roster): void {
    encodeValue(this.pe.writer, toWire(roster), 'the members of a section');
  }

  #readRoster(frame: Reader): Roster {
    return fromWire(decodeValue(frame, this.pe.context));
  }

  #onFrame(frame: Reader): void {
    const word = frame.flags as Word;
    const section = frame.f64();
    const generation = frame.u32();
    if (word < Word.plan || word >= Word.request) return this.#onMessage(word, section, generation, frame);
    const epoch = frame.u32();
    if (word === Word.plan) {
      const node = decodeValue(frame, this.pe.context) as PlanNode;
      return this.#acceptPlan(section, generation, epoch, frame.source, node);
    }
    const branch = this.branch(section, generation);
    const plan = branch.plan(epoch);
    for (const child of plan.children) this.pe.forward(child, frame);
    if (word === Word.locate) this.#find(section, generation, frame.u32(), plan.members);
    else if (word === Word.endPlan) {
      branch.forget(epoch);
      this.tidy(branch);
    } else {
      const number = frame.f64();
      branch.deliver(epoch, { ...readCall(this.pe, frame), section, generation, number });
    }
  }

  #onMessage(word: Word, section: number, generation: number, frame: Reader): void {
    const root = this.#roots.get(section);
    switch (word) {
      case Word.enrol:
        return this.#enrol(section, generation, frame.u32(), this.#readRoster(frame));
      case Word.answer:
        return root!.onAnswer(generation, frame.u32(), this.#readRoster(frame), frame.source);
      case Word.request:
        return root!.multicast(readCall(this.pe, frame));
      case Word.soiled: {
        const branch = this.branch(section, generation);
        branch.soil(frame.u32(), frame.f64());
        return this.tidy(branch);
      }
      case Word.part: {
        const number = frame.f64();
        return this.branch(section, generation).add(number, Part.read(frame, this.pe));
      }
      case Word.ended:
        return root!.onEnded(generation, readCollection(frame, this.pe), readKey(frame)!, frame.f64());
      case Word.members:
        return this.pe.futures.settle(frame.source, frame.f64(), true, toWire(root!.roster));
      default: {
        const reply = new RemoteReply(this.pe, frame.source, frame.f64());
        return root!.regroup(this.#readRoster(frame), () => reply.resolve(undefined));
      }
    }
  }

  // ---- reports ----

  /** Lines for the stuck report. */
  describeOpen(): string[] {
    return [...this.#roots.values()].flatMap((root) => root.describe());
  }
}
