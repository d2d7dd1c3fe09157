/**
 * Programs drawn at random whose sections overlap, get new members, and multicast and reduce while elements move, die and
 * come back.
 *
 * A step is a letter to one element, or a multicast of a section. Whoever reads it does what it says; the first reader
 * takes the steps below it. Element 0 of the first array never dies and is in every section, so it has heard everything in its
 * order. The world watches from outside: the PEs share a thread.
 */
import assert from 'node:assert/strict';
import { type ArrayProxy, type Callback, Chare, type Charm, Reducer, type SectionProxy } from 'charm4ts';
import fc from 'fast-check';
import { ChareBase } from '../../core/chare/chare.ts';
import { SectionProxyImpl } from '../../core/section/section-proxy.ts';
import { run, type Schedule } from './schedule.ts';

type Deed = 'nothing' | 'move' | 'contribute' | 'agree' | 'defer' | 'die';
type Way = 'tell' | 'cast' | 'regroup';

interface Step {
  readonly way: Way;
  readonly deed: Deed;
  readonly section: number;
  readonly array: number;
  readonly index: number;
  readonly pe: number;
  /** Of a multicast. */
  readonly priority: number | undefined;
  /** Which elements a section has: bit by array and index. */
  readonly members: number;
  readonly after: readonly Step[];
}

export interface SectionPlan {
  readonly schedule: Schedule;
  readonly size: number;
  readonly arrays: number;
  readonly isSparse: boolean;
  readonly isBound: boolean;
  /** Members of each section; made by the element with this index. */
  readonly sections: readonly { readonly members: number; readonly maker: number }[];
  readonly steps: readonly Step[];
}

const deeds = ['nothing', 'move', 'move', 'move', 'contribute', 'contribute', 'agree', 'defer', 'die'] as const;

const { steps } = fc.letrec<{ steps: Step[]; step: Step }>((tie) => ({
  steps: fc.oneof(
    { maxDepth: 5, depthSize: 'small', withCrossShrink: true },
    { weight: 1, arbitrary: fc.constant<Step[]>([]) },
    { weight: 3, arbitrary: fc.array(tie('step'), { minLength: 1, maxLength: 5 }) },
  ),
  step: fc.record({
    way: fc.constantFrom<Way>('tell', 'tell', 'tell', 'cast', 'cast', 'cast', 'cast', 'regroup'),
    deed: fc.constantFrom(...deeds),
    section: fc.nat(3),
    array: fc.nat(1),
    index: fc.nat(7),
    pe: fc.nat(6),
    priority: fc.constantFrom(undefined, undefined, -1, 1),
    members: fc.nat(255),
    after: tie('steps'),
  }),
}));

export const sectionPlans: fc.Arbitrary<SectionPlan> = fc.record({
  schedule: fc
    .record({ pes: fc.integer({ min: 1, max: 6 }), seed: fc.nat(), shuffle: fc.boolean() })
    .map(({ pes, seed, shuffle }) => ({ pes, pesPerNode: pes, seed, shuffle })),
  size: fc.integer({ min: 1, max: 4 }),
  arrays: fc.integer({ min: 1, max: 2 }),
  isSparse: fc.boolean(),
  isBound: fc.boolean(),
  sections: fc.array(fc.record({ members: fc.nat(255), maker: fc.nat(7) }), { minLength: 1, maxLength: 3 }),
  steps,
});

interface Letter {
  readonly id: number;
  readonly arrays: readonly ArrayProxy<Member, number>[];
  readonly sections: readonly SectionProxy<Member>[];
  readonly results: Callback<Contribution[]>;
}

interface Contribution {
  readonly life: number;
  readonly section: number;
  readonly generation: number;
  /** 1, 2, ... of this life in this generation. */
  readonly number: number;
}

interface Member extends Chare<number> {
  read(letter: Letter): void;
  hear(letter: Letter): void;
  exist(): void;
  make(members: readonly [ArrayProxy<Member, number>, number[]][]): Promise<SectionProxy<Member>>;
}

interface Heard {
  readonly section: number;
  readonly generation: number;
  readonly letter: number;
}

interface Life {
  readonly id: number;
  readonly place: string;
  isDead: boolean;
  readonly heard: Heard[];
}

class World {
  readonly plan: SectionPlan;
  readonly lives: Life[] = [];
  readonly letters: Step[] = [];
  readonly read = new Map<number, number>();
  readonly followed = new Set<number>();
  readonly contributions: Contribution[] = [];
  /** What has come of them, in order. */
  readonly results: Contribution[][] = [];
  readonly agreed: (Contribution & { readonly value: number })[] = [];
  /** Members of each generation of each section. */
  readonly members = new Map<string, ReadonlySet<string>>();
  readonly generations: number[];
  refused = 0;
  /** Sections whose new members have not all been told. */
  regrouping = 0;

  constructor(plan: SectionPlan) {
    this.plan = plan;
    this.generations = plan.sections.map(() => 1);
  }

  /** The element that lives all the time. */
  get first(): Life {
    return this.lives.find(({ place }) => place === '0.0')!;
  }

  has(what: Way | Deed): boolean {
    const isIn = (list: readonly Step[]): boolean =>
      list.some(({ way, deed, after }) => way === what || deed === what || isIn(after));
    return isIn(this.plan.steps);
  }

  placesOf(members: number): [array: number, index: number][] {
    const { arrays, size } = this.plan;
    const places: [number, number][] = [[0, 0]];
    for (let array = 0; array < arrays; array++)
      for (let index = 0; index < size; index++)
        if (array + index > 0 && (members & (1 << (array * size + index))) !== 0) places.push([array, index]);
    return places;
  }

  setMembers(section: number, generation: number, members: number): void {
    this.members.set(`${section}/${generation}`, new Set(this.placesOf(members).map(([a, i]) => `${a}.${i}`)));
  }
}

function listed(world: World, arrays: Letter['arrays'], members: number): [ArrayProxy<Member, number>, number[]][] {
  return arrays.map((array, which) => [
    array,
    world
      .placesOf(members)
      .filter(([a]) => a === which)
      .map(([, index]) => index),
  ]);
}

function perform(world: World, letter: Letter, list: readonly Step[]): void {
  const { arrays, sections } = letter;
  const { size, isSparse, schedule } = world.plan;
  for (const step of list) {
    const which = step.section % sections.length;
    const section = sections[which]!;
    if (step.way === 'regroup') {
      // Only sections of one array can get new members; one at a time, so that it is known which generation it is.
      if (world.plan.arrays > 1 || world.regrouping > 0) continue;
      const generation = ++world.generations[which]!;
      const places = world.placesOf(step.members);
      world.setMembers(which, generation, step.members);
      world.regrouping++;
      void section.regroup(places.map(([, index]) => index)).then(() => world.regrouping--);
      continue;
    }
    const id = world.letters.push(step) - 1;
    const next = { ...letter, id };
    if (step.way === 'tell') {
      const element = arrays[step.array % arrays.length]!.at(step.index % size);
      (isSparse ? element.with({ create: 'home' }) : element).read(next);
    } else {
      const cast =
        step.priority === undefined || schedule.shuffle ? section : section.with({ priority: step.priority });
      cast.hear(next);
    }
  }
}

function memberOf(world: World, which: number): new () => Member {
  class Drawn extends Chare<number> implements Member {
    life: number;
    counts = new Map<string, number>();

    constructor() {
      super();
      this.life = world.lives.length;
      world.lives.push({ id: this.life, place: `${which}.${this.index}`, isDead: false, heard: [] });
    }

    exist(): void {}

    async make(members: readonly [ArrayProxy<Member, number>, number[]][]): Promise<SectionProxy<Member>> {
      const [first, second] = members.map(([array, indices]) => array.section(indices));
      return second === undefined ? first! : this.charm.combine(first!, second);
    }

    read(letter: Letter): void {
      world.read.set(letter.id, (world.read.get(letter.id) ?? 0) + 1);
      const { deed } = world.letters[letter.id]!;
      if (deed === 'move' || deed === 'die') this._do(letter);
      this._follow(letter);
    }

    hear(letter: Letter): void {
      const { id, sections } = letter;
      const section = world.letters[id]!.section % sections.length;
      const generation = this._generation(sections[section]!);
      assert(generation > 0, 'a multicast came to an element that is no member');
      world.lives[this.life]!.heard.push({ section, generation, letter: id });
      this._do(letter);
      this._follow(letter);
    }

    /** Its successor at the index is no member. */
    later(letter: Letter, life: number): void {
      if (life === this.life) this._contribute(letter, false);
    }

    _generation(section: SectionProxy<Member>): number {
      const { section: number } = SectionProxyImpl.targetOf(section as never);
      for (let g = 1; g <= generationsMax; g++)
        if (ChareBase.recordOf(this).sections?.find(number, g) !== undefined) return g;
      return 0;
    }

    _contribute({ id, sections, results }: Letter, isAgreeing: boolean): void {
      const section = world.letters[id]!.section % sections.length;
      const proxy = sections[section]!;
      const generation = this._generation(proxy);
      const name = `${section}/${generation}`;
      const number = (this.counts.get(name) ?? 0) + 1;
      this.counts.set(name, number);
      const contribution = { life: this.life, section, generation, number };
      world.contributions.push(contribution);
      if (!isAgreeing) return this.contribute(contribution, Reducer.set<Contribution>(), results, { section: proxy });
      this.allreduce(contribution, Reducer.set<Contribution>(), { section: proxy }).then(
        (set) => {
          world.agreed.push({ ...contribution, value: set.length });
          if (world.first.id === this.life) world.results.push([...set]);
        },
        () => world.refused++,
      );
    }

    _do(letter: Letter): void {
      const step = world.letters[letter.id]!;
      const { size, isSparse } = world.plan;
      switch (step.deed) {
        case 'move':
          this.migrateTo((step.pe + this.index) % this.charm.pes);
          break;
        case 'die': {
          const isChosen = step.index % size === this.index && step.array % world.plan.arrays === which;
          if (!isSparse || !isChosen || (which === 0 && this.index === 0)) break;
          world.lives[this.life]!.isDead = true;
          this.destroy();
          break;
        }
        case 'contribute':
        case 'agree':
          // Where members may contribute in different orders, all name the same target.
          this._contribute(letter, step.deed === 'agree' && !world.has('defer'));
          break;
        case 'defer':
          if (world.has('regroup') || (this.index + step.pe) % 2 === 0) this._contribute(letter, false);
          else (world.plan.isSparse ? this.self.with({ create: 'home' }) : this.self).later(letter, this.life);
          break;
        case 'nothing':
          break;
      }
    }

    _follow(letter: Letter): void {
      if (world.followed.has(letter.id)) return;
      world.followed.add(letter.id);
      perform(world, letter, world.letters[letter.id]!.after);
    }
  }
  return Drawn;
}

const passesMax = 500;
const generationsMax = 100;

/** Runs a drawn program and checks what it has reported. */
export async function section(plan: SectionPlan): Promise<void> {
  const world = new World(plan);
  const classes = Array.from({ length: plan.arrays }, (_, which) => memberOf(world, which));

  class Results extends Chare {
    take(result: Contribution[]): void {
      world.results.push(result);
    }
  }

  const main = async (charm: Charm): Promise<void> => {
    const results = (await charm.chare(Results)).callback.take;
    const arrays: ArrayProxy<Member, number>[] = [];
    const indices = Array.from({ length: plan.size }, (_, index) => index);
    const extent = plan.isSparse ? { indices } : { size: plan.size };
    for (const [which, of] of classes.entries())
      arrays.push(await charm.array(of, { ...extent, ...(plan.isBound && which > 0 ? { bindTo: arrays[0]! } : {}) }));
    const sections: SectionProxy<Member>[] = [];
    for (const [i, { members, maker }] of plan.sections.entries()) {
      world.setMembers(i, 1, members);
      sections.push(await arrays[0]!.at(maker % plan.size).ask.make(listed(world, arrays, members)));
    }
    perform(world, { id: -1, arrays, sections, results }, plan.steps);
    await finish(charm, arrays);
    charm.exit();
  };

  /** Revives the dead until everything has been read: what waits for them may kill again. */
  const finish = async (charm: Charm, arrays: readonly ArrayProxy<Member, number>[]): Promise<void> => {
    const isRead = (step: Step, id: number): boolean =>
      step.way === 'tell' ? world.read.has(id) : world.first.heard.some(({ letter }) => letter === id);
    for (let pass = 0; plan.isSparse && (pass === 0 || world.regrouping > 0 || !world.letters.every(isRead)); pass++) {
      assert(pass < passesMax, 'letters are lost');
      await Promise.all(
        arrays.flatMap((array) =>
          Array.from({ length: plan.size }, (_, index) =>
            array.at(index).with({ create: 'home', priority: 5 }).ask.exist(),
          ),
        ),
      );
    }
    await charm.quiescence();
  };

  const program: Record<string, unknown> = { main, Results };
  for (const [which, of] of classes.entries()) program[`Member${which}`] = of;
  await run(program, plan.schedule);
  assert.equal(world.regrouping, 0);
  checkLetters(world);
  checkMulticasts(world);
  checkReductions(world);
}

function checkLetters({ letters, read }: World): void {
  for (const [id, { way }] of letters.entries())
    if (way === 'tell') assert.equal(read.get(id), 1, `letter ${id} was read once`);
}

/** Members hear what element 0 hears, in the same order, from the beginning of a generation to its end or their own. */
function checkMulticasts({ first, lives, letters, members, plan, generations }: World): void {
  const casts = letters.flatMap(({ way }, id) => (way === 'cast' ? [id] : []));
  assert.deepEqual(
    first.heard.map(({ letter }) => letter).sort((a, b) => a - b),
    casts,
    'each multicast reaches a member that is in all sections once',
  );
  for (let s = 0; s < plan.sections.length; s++) {
    for (let g = 1; g <= generations[s]!; g++) {
      const of = ({ heard }: Life): number[] =>
        heard.filter(({ section, generation }) => section === s && generation === g).map(({ letter }) => letter);
      const all = of(first);
      const places = members.get(`${s}/${g}`)!;
      const seen = new Set<string>();
      for (const life of lives) {
        const own = of(life);
        if (own.length > 0) {
          assert(places.has(life.place), `${life.place} is no member of section ${s}`);
          assert(!seen.has(life.place), `two lives of ${life.place} are members of section ${s}`);
          seen.add(life.place);
        }
        assert.deepEqual(own, all.slice(0, own.length), `section ${s}, generation ${g}: what ${life.place} has heard`);
        const isOnly = lives.filter(({ place }) => place === life.place).length === 1;
        if (places.has(life.place) && isOnly && !life.isDead)
          assert.equal(own.length, all.length, `${life.place} has missed multicasts of section ${s}`);
      }
    }
  }
}

/** Every contribution is in one result, with those of equal number. */
function checkReductions({ contributions, results, agreed, refused }: World): void {
  const nameOf = ({ section, generation, number }: Contribution): string => `${section}/${generation}/${number}`;
  const made = new Map<string, number[]>();
  for (const one of contributions) made.set(nameOf(one), [...(made.get(nameOf(one)) ?? []), one.life]);
  const seen = new Set<string>();
  for (const result of results) {
    const name = nameOf(result[0]!);
    assert(!seen.has(name), `reduction ${name} has two results`);
    seen.add(name);
    for (const one of result) assert.equal(nameOf(one), name, 'contributions to different reductions were mixed');
    const byNumber = (a: number, b: number): number => a - b;
    assert.deepEqual(
      result.map(({ life }) => life).sort(byNumber),
      made.get(name)!.sort(byNumber),
      `the contributions in reduction ${name}`,
    );
  }
  for (const { number, section, generation, value, life } of agreed)
    assert.equal(value, made.get(`${section}/${generation}/${number}`)!.length, `what life ${life} was told`);
  // The result of an allreduce is reported by element 0, unless the section was regrouped before it was there.
  if (refused === 0) assert.equal(seen.size, made.size, 'every reduction has a result');
}
