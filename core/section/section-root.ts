/**
 * A section on the PE that has made it, its root. The root numbers multicasts, counts contributions, and knows who the members
 * are and, by the plan, who delivers to whom.
 *
 * Protocol:
 *  1. **Enrolling.** The root sends the list of members to the PEs where it believes them to be. A PE enrols those that are there,
 *     sends the word on to the others as a message to each, and answers for those that it has. Members that do not exist
 *     yet are enrolled when they are inserted. Multicasts wait until all have answered.
 *  2. **Open.** The answers say where members are: the root makes a plan (plan.ts), a tree over these PEs, and sends it down
 *     that tree. Multicasts follow, each with the next number. What a PE does with them, and how reductions come
 *     back, is in branch.ts; how members keep the order is in membership.ts.
 *  3. **Soiled.** Members that move are served by the PE that the plan gives them to, which sends them single messages: right,
 *     but not the shortest way. The root hears that the plan is soiled, and after a few more uses asks down the tree
 *     where everybody is. With the answers it makes the next plan. Old and new may overlap: members hold
 *     what comes too early.
 *  4. **Leaving.** With new members a section starts a new generation: a last multicast makes all members leave; when all have said
 *     so, the new ones are enrolled. Reductions that had begun end with those who had contributed.
 *
 * A member that dies tells the root, as one that leaves does. Until a member is enrolled it has not been promised anything.
 *
 * Invariants: what goes to a member goes there once, since each number goes down one tree once, each member stands in the plan of
 * one PE of that tree, and the location manager delivers messages once. Nothing but a plan is made of the answers
 * about places, so old ones do no harm.
 */
import { UsageError } from '../base/errors.ts';
import type { Collection } from '../chare/collection.ts';
import type { Key } from '../chare/index-space.ts';
import type { SendOptions } from '../chare/proxy-types.ts';
import { EveryoneCallback } from '../collective/reduction.ts';
import type { EntryMethod } from '../message/entry-table.ts';
import { type Call, leaveEntry, resultEntry } from './multicast.ts';
import type { Part } from './part.ts';
import { makePlan } from './plan.ts';
import { RootRounds } from './root-rounds.ts';
import { countOf, type Roster, RosterBuilder } from './roster.ts';
import type { SectionTable } from './section-table.ts';

/** A plan that is soiled is used this many times more: making one costs about as much as two multicasts. */
const usesOfSoiledPlan = 4;

interface Place {
  pe: number;
  /** The last time of asking that it has answered. */
  answered: number;
}

interface Regrouping {
  readonly roster: Roster;
  readonly done: () => void;
}

type State = 'enrolling' | 'open' | 'leaving';

export class SectionRoot {
  readonly section: number;
  readonly #table: SectionTable;
  #state: State = 'open';
  #generation = 0;
  readonly #members = new Map<Collection, Map<Key, Place>>();
  #living = 0;
  /** Number of the last multicast. */
  #number = 0;
  /** 0 while there is none. */
  #plan = 0;
  #isSoiled = false;
  #uses = 0;
  #isLocating = false;
  /** Members are asked where they are for the `asked`-th time, and so many have not answered. */
  #asked = 0;
  #open = 0;
  /** What waits until it is open, in order. */
  readonly #waiting: (() => void)[] = [];
  /** Generations with reductions that have not ended. */
  readonly #rounds = new Map<number, RootRounds>();
  /** Those who come when everybody has left. */
  #next: Regrouping | undefined = undefined;
  #regrouped: (() => void) | undefined = undefined;

  constructor(table: SectionTable, section: number) {
    this.#table = table;
    this.section = section;
  }

  // ---- members ----

  get roster(): Roster {
    const builder = new RosterBuilder();
    for (const [collection, places] of this.#members) for (const key of places.keys()) builder.add(collection, key);
    return builder.roster;
  }

  /** Begins the next generation. */
  enrol(roster: Roster): void {
    const generation = ++this.#generation;
    this.#number = 0;
    this.#plan = 0;
    this.#living = countOf(roster);
    this.#members.clear();
    const byPe = new Map<number, RosterBuilder>();
    for (const [collection, keys] of roster) {
      const places = new Map<Key, Place>();
      this.#members.set(collection, places);
      for (const key of keys) {
        const pe = collection.location.likelyPlaceOf(key);
        places.set(key, { pe, answered: this.#asked });
        let builder = byPe.get(pe);
        if (builder === undefined) {
          builder = new RosterBuilder();
          byPe.set(pe, builder);
        }
        builder.add(collection, key);
      }
    }
    const rounds = new RootRounds(
      this.#table.pe,
      this.#living,
      (number) => this.#table.labelOfReduction(this.section, number),
      (number, part) => this.#finish(generation, number, part),
    );
    this.#rounds.set(generation, rounds);
    this.#state = 'enrolling';
    this.#ask();
    for (const [pe, builder] of byPe)
      this.#table.sendEnrolment(pe, this.section, generation, this.#asked, builder.roster);
    this.#checkAnswers();
  }

  #ask(): void {
    this.#asked++;
    this.#open = this.#living;
  }

  /** Members have been found on PE `pe`. */
  onAnswer(generation: number, asked: number, roster: Roster, pe: number): void {
    if (generation !== this.#generation) return;
    for (const [collection, keys] of roster) {
      for (const key of keys) {
        const place = this.#members.get(collection)?.get(key);
        // It has died since.
        if (place === undefined) continue;
        place.pe = pe;
        if (place.answered < this.#asked && asked === this.#asked) this.#open--;
        place.answered = Math.max(place.answered, asked);
      }
    }
    this.#checkAnswers();
  }

  /** A member has died or left, before its contribution `next`. */
  onEnded(generation: number, collection: Collection, key: Key, next: number): void {
    const rounds = this.#rounds.get(generation);
    rounds?.ended(next);
    if (rounds?.isOver === true) this.#rounds.delete(generation);
    if (generation !== this.#generation) return;
    const places = this.#members.get(collection);
    const place = places?.get(key);
    if (place === undefined) return;
    places?.delete(key);
    this.#living--;
    if (this.#open > 0 && place.answered < this.#asked) this.#open--;
    this.#checkAnswers();
    if (this.#living === 0 && this.#state === 'leaving') this.#regroup();
  }

  #checkAnswers(): void {
    if (this.#open > 0 || !(this.#state === 'enrolling' || this.#isLocating)) return;
    this.#isLocating = false;
    this.#makePlan();
    if (this.#state !== 'enrolling') return;
    this.#state = 'open';
    this.#regrouped?.();
    this.#regrouped = undefined;
    while (this.#isOpen()) {
      const action = this.#waiting.shift();
      if (action === undefined) return;
      this.#table.pe.release();
      action();
    }
  }

  #isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Runs `action` behind everything that waits. */
  #whenOpen(action: () => void): void {
    if (this.#isOpen() && this.#waiting.length === 0) return action();
    this.#table.pe.hold();
    this.#waiting.push(action);
  }

  // ---- plans ----

  *#places(): Generator<readonly [Collection, Key, number]> {
    for (const [collection, places] of this.#members)
      for (const [key, { pe }] of places) yield [collection, key, pe] as const;
  }

  #makePlan(): void {
    const old = this.#plan;
    this.#isSoiled = false;
    this.#uses = 0;
    const { id, pesPerNode } = this.#table.pe;
    const node = makePlan(id, pesPerNode, this.#places());
    this.#table.startPlan(this.section, this.#generation, ++this.#plan, node);
    if (old > 0) this.#table.endPlan(this.section, this.#generation, old);
  }

  onSoiled(generation: number): void {
    if (generation === this.#generation) this.#isSoiled = true;
  }

  /** The plan is used; if it has been soiled for some time, a better one is made. */
  #use(): void {
    if (!this.#isSoiled || this.#isLocating || this.#state !== 'open' || ++this.#uses < usesOfSoiledPlan) return;
    this.#isLocating = true;
    // What happens from here on may not be in the answers.
    this.#isSoiled = false;
    this.#ask();
    this.#table.locate(this.section, this.#generation, this.#plan, this.#asked);
    this.#checkAnswers();
  }

  // ---- multicasts ----

  multicast(call: Call): void {
    for (const { type } of this.#members.keys()) {
      if (type.table.byName(call.entry.name) === undefined)
        throw new UsageError(`${type.name}, which has members in the section, has no entry method ${call.entry.name}`);
    }
    this.#whenOpen(() => {
      this.#spread(call);
      this.#use();
    });
  }

  #spread(call: Call): void {
    const { section } = this;
    const multicast = { ...call, section, generation: this.#generation, number: ++this.#number };
    this.#table.spread(this.#plan, multicast);
  }

  #spreadOwn(entry: EntryMethod, args: unknown[], options: SendOptions | undefined): void {
    this.#spread({ entry, type: 0, args, options, source: this.#table.pe.id, event: 0 });
  }

  // ---- reductions ----

  onPart(generation: number, number: number, part: Part): void {
    const rounds = this.#rounds.get(generation)!;
    rounds.add(number, part);
    if (rounds.isOver) this.#rounds.delete(generation);
  }

  #finish(generation: number, number: number, part: Part): void {
    const result = part.finish(this.#table.pe, () => this.#table.labelOfReduction(this.section, number));
    if (!(part.target instanceof EveryoneCallback)) part.target.send(result);
    // Nobody waits any more once the members leave: the numbers end with that.
    else if (generation === this.#generation && this.#state === 'open')
      this.#spreadOwn(resultEntry, [number, result], undefined);
    this.#use();
  }

  // ---- new members ----

  regroup(roster: Roster, done: () => void): void {
    this.#whenOpen(() => this.#dismiss({ roster, done }));
  }

  #dismiss(next: Regrouping): void {
    this.#next = next;
    this.#state = 'leaving';
    this.#isLocating = false;
    this.#spreadOwn(leaveEntry, [], undefined);
    if (this.#living === 0) this.#regroup();
  }

  #regroup(): void {
    this.#table.endPlan(this.section, this.#generation, this.#plan);
    const { roster, done } = this.#next!;
    this.#regrouped = done;
    this.enrol(roster);
  }

  // ---- reports ----

  describe(): string[] {
    const lines: string[] = [];
    const label = this.#table.labelOf(this.section);
    if (this.#state === 'enrolling' && this.#open > 0) {
      const missing = [...this.#members].flatMap(([collection, places]) =>
        [...places].filter(([, { answered }]) => answered < this.#asked).map(([key]) => collection.labelOf(key)),
      );
      lines.push(`${label} waits for ${this.#open} members to exist, for instance ${missing[0]}`);
    }
    for (const rounds of this.#rounds.values()) {
      const line = rounds.describe();
      if (line !== undefined) lines.push(line);
    }
    return lines;
  }
}
