/**
 * Programs drawn at random whose elements send, broadcast, contribute, wait, move, die, and are inserted and demanded.
 *
 * A program has up to three arrays, each bound to the one before. They are created one after the other while elements
 * of the earlier ones are already on the move. A step is a letter to an element, which then does what the letter says,
 * and the steps below it. At the end every index is demanded until all letters have been read.
 */
import assert from 'node:assert/strict';
import { type ArrayProxy, type Callback, Chare, type Charm, Reducer } from 'charm4ts';
import fc from 'fast-check';
import { ChareBase } from '../../core/chare/chare.ts';
import { run, type Schedule } from './schedule.ts';

type Deed = 'nothing' | 'move' | 'contribute' | 'die' | 'insert' | 'pin' | 'direct';
type Way = 'tell' | 'ask' | 'all' | 'slow' | 'here' | 'home';

interface Step {
  readonly way: Way;
  readonly deed: Deed;
  readonly array: number;
  readonly index: number;
  readonly pe: number;
  readonly after: readonly Step[];
}

export interface WanderingPlan {
  readonly schedule: Schedule;
  /** Elements of each array; indices of sparse ones are drawn below it. */
  readonly size: number;
  readonly isSparse: boolean;
  /** Rotates which indices of which array exist from the start, are inserted, or demanded. */
  readonly salt: number;
  /** One list of first steps for each array. */
  readonly rounds: readonly (readonly Step[])[];
}

const allDeeds = ['nothing', 'move', 'move', 'move', 'contribute', 'die', 'insert', 'pin', 'direct'] as const;
const allWays = ['tell', 'tell', 'tell', 'ask', 'all', 'slow', 'here', 'home'] as const;

function stepsOf(ways: readonly Way[], deeds: readonly Deed[], perLetterMax: number): fc.Arbitrary<Step[]> {
  return fc.letrec<{ steps: Step[]; step: Step }>((tie) => ({
    steps: fc.oneof(
      { maxDepth: 4, depthSize: 'small', withCrossShrink: true },
      { weight: 1, arbitrary: fc.constant<Step[]>([]) },
      { weight: 3, arbitrary: fc.array(tie('step'), { minLength: 1, maxLength: perLetterMax }) },
    ),
    step: fc.record({
      way: fc.constantFrom(...ways),
      deed: fc.constantFrom(...deeds),
      array: fc.nat(5),
      index: fc.nat(7),
      pe: fc.nat(6),
      after: tie('steps'),
    }),
  })).steps;
}

function plansOf(
  sizeMax: number,
  isSparse: fc.Arbitrary<boolean>,
  arraysMax: number,
  steps: fc.Arbitrary<Step[]>,
): fc.Arbitrary<WanderingPlan> {
  return fc.record({
    schedule: fc
      .record({ pes: fc.integer({ min: 1, max: 6 }), seed: fc.nat(), shuffle: fc.boolean() })
      .map(({ pes, seed, shuffle }) => ({ pes, pesPerNode: pes, seed, shuffle })),
    size: fc.integer({ min: 1, max: sizeMax }),
    isSparse,
    salt: fc.nat(2),
    rounds: fc.array(steps, { minLength: 1, maxLength: arraysMax }),
  });
}

/** Everything. */
export const wanderingPlans = plansOf(6, fc.boolean(), 3, stepsOf(allWays, allDeeds, 4));
/** One array of few elements, which talk and move all the time: for the order of messages. */
export const talkativePlans = plansOf(3, fc.constant(false), 1, stepsOf(['tell'], ['nothing', 'nothing', 'move'], 9));

interface Letter {
  /** Position in the world's letters, which say what is to be done: what travels is small. */
  readonly id: number;
  readonly arrays: readonly ArrayProxy<Wanderer, number>[];
  readonly sums: Callback<number>;
  /** The sender: its life, and how often it had moved. */
  readonly from: string;
}

interface Wanderer extends Chare<number> {
  readonly life: number;
  read(letter: Letter): number;
  readAll(letter: Letter): void;
  readSlowly(letter: Letter): Promise<void>;
  level(upTo: number, sums: Callback<number>): void;
  exist(): void;
}

/** One life of an element, as the outside sees it. */
interface Life {
  readonly id: number;
  pe: number;
  isInTransit: boolean;
  isDying: boolean;
  isPinned: boolean;
  readonly broadcasts: number[];
}

/** What happens in one run. The PEs share a thread, so chares report here directly. */
class World {
  readonly plan: WanderingPlan;
  readonly lives: Life[] = [];
  /** By array and index. */
  readonly living = new Map<string, Life>();
  readonly read = new Map<number, number>();
  readonly made = new Set<string>();
  /** Per sender and receiver: the last letter read. */
  readonly order = new Map<string, number>();
  /** The step of every letter written. */
  readonly letters: Step[] = [];
  contributed = 0;
  summed = 0;
  reductionsMax: number[] = [];
  sumsReceived: number[] = [];

  constructor(plan: WanderingPlan) {
    this.plan = plan;
  }

  /** How an index of an array comes into being. */
  origin(array: number, index: number): 'initial' | 'inserted' | 'demanded' {
    if (!this.plan.isSparse || index === 0) return 'initial';
    return (['initial', 'inserted', 'demanded'] as const)[(index + array + this.plan.salt) % 3]!;
  }

  born(array: number, index: number, pe: number): number {
    const place = `${array}.${index}`;
    const former = this.living.get(place);
    assert(former === undefined || former.isDying, `${place} was made twice`);
    const life = { id: this.lives.length, pe, isInTransit: false, isDying: false, isPinned: false, broadcasts: [] };
    this.lives.push(life);
    this.living.set(place, life);
    return life.id;
  }

  /** Something runs on element `index` of `array`, on `pe`: so its companions are there too. */
  checkTogether(array: number, index: number, pe: number): void {
    for (let other = 0; other < 3; other++) {
      const life = this.living.get(`${other}.${index}`);
      if (life === undefined || life.isDying) continue;
      assert.equal(life.isInTransit, false, `${array}.${index} runs while ${other}.${index} moves`);
      assert.equal(life.pe, pe, `${array}.${index} runs on PE ${pe}, ${other}.${index} is on PE ${life.pe}`);
    }
  }
}

function perform(
  world: World,
  charm: Charm,
  from: string,
  letter: Pick<Letter, 'arrays' | 'sums'>,
  steps: readonly Step[],
): void {
  const { arrays, sums } = letter;
  const { size } = world.plan;
  for (const step of steps) {
    const which = step.array % arrays.length;
    const array = arrays[which]!;
    const index = step.index % size;
    const id = world.letters.push(step) - 1;
    const next: Letter = { id, arrays, sums, from };
    const isDemanded = world.origin(which, index) === 'demanded';
    const plain = array.at(index);
    const element = isDemanded ? plain.with({ create: step.way === 'here' ? 'here' : 'home' }) : plain;
    if (step.way === 'all') array.all.readAll(next);
    else if (step.way === 'ask')
      void element.ask
        .read(next)
        .then((answer) => assert.equal(answer, id))
        .catch((error: Error) => charm.abort(error));
    else if (step.way === 'slow') element.readSlowly(next);
    else element.read(next);
  }
}

/** The class of array number `which`. Made for each run, since it reports to `world`. */
function wandererOf(world: World, which: number): new () => Wanderer {
  class Wandering extends Chare<number> implements Wanderer {
    life: number;
    moves = 0;
    /** The arrays that it has heard of. */
    arrays: readonly ArrayProxy<Wanderer, number>[] = [];

    constructor() {
      super();
      this.life = world.born(which, this.index, this.charm.pe);
      world.checkTogether(which, this.index, this.charm.pe);
    }

    exist(): void {
      this._check();
    }

    read(letter: Letter): number {
      this._begin(letter);
      this._follow(letter);
      return letter.id;
    }

    readAll(letter: Letter): void {
      this._check();
      world.lives[this.life]!.broadcasts.push(letter.id);
      if (this.index === 0) this._follow(letter);
    }

    async readSlowly(letter: Letter): Promise<void> {
      this._begin(letter);
      await this.self.ask.exist();
      this._check();
      this._follow(letter);
    }

    level(upTo: number, sums: Callback<number>): void {
      this._check();
      while (ChareBase.recordOf(this).nextReduction <= upTo) this._contribute(sums);
    }

    /** Letters of one chare, while it stays, begin in the order sent. */
    _begin({ from, id }: Letter): void {
      this._check();
      const pair = `${from} to ${which}.${this.index}`;
      const last = world.order.get(pair) ?? -1;
      assert(last < id, `${pair}: letter ${id} came after ${last}`);
      world.order.set(pair, id);
    }

    _contribute(sums: Callback<number>): void {
      const value = 1 + world.contributed++;
      world.summed += value;
      this.contribute(value, Reducer.sum, sums);
      const { nextReduction } = ChareBase.recordOf(this);
      world.reductionsMax[which] = Math.max(world.reductionsMax[which] ?? 0, nextReduction - 1);
    }

    _check(): void {
      const life = world.living.get(`${which}.${this.index}`);
      assert.equal(life?.id, this.life, 'a message came to an object that is not the element');
      assert.equal(life.pe, this.charm.pe);
      world.checkTogether(which, this.index, this.charm.pe);
    }

    _follow(letter: Letter): void {
      const { id, arrays, sums } = letter;
      const step = world.letters[id]!;
      world.read.set(id, (world.read.get(id) ?? 0) + 1);
      const other = step.pe % arrays.length;
      const sibling = world.living.get(`${other}.${this.index}`);
      const { plan } = world;
      if (arrays.length > this.arrays.length) this.arrays = arrays;
      switch (step.deed) {
        case 'move':
          if (!ChareBase.recordOf(this).companions.some(({ isPinned }) => isPinned))
            this.migrateTo(step.pe % this.charm.pes);
          break;
        case 'pin':
          world.lives[this.life]!.isPinned = step.pe % 2 !== 0;
          this.setMigratable(step.pe % 2 === 0);
          break;
        case 'contribute':
          this._contribute(sums);
          break;
        case 'die':
          if (!plan.isSparse || this.index === 0) break;
          world.lives[this.life]!.isDying = true;
          this.destroy();
          break;
        case 'insert': {
          const index = step.pe % plan.size;
          const place = `${other}.${index}`;
          if (world.origin(other, index) !== 'inserted' || world.made.has(place)) break;
          world.made.add(place);
          arrays[other]!.insert(index, step.pe % 2 === 0 ? {} : { onPe: step.pe % this.charm.pes });
          break;
        }
        case 'direct':
          if (other !== which && sibling !== undefined && !sibling.isDying) this.companion(arrays[other]!).exist();
          break;
        case 'nothing':
          break;
      }
      perform(world, this.charm, `${this.life}@${this.moves}`, letter, step.after);
    }

    aboutToMigrate(): void {
      const life = world.lives[this.life]!;
      assert.equal(life.isInTransit, false);
      for (let other = 0; other < 3; other++) {
        const companion = world.living.get(`${other}.${this.index}`);
        if (companion?.isDying === false)
          assert.equal(companion.isPinned, false, `${other}.${this.index} moves, and is pinned`);
      }
      life.isInTransit = true;
    }

    justMigrated(): void {
      this.moves++;
      const life = world.lives[this.life]!;
      life.isInTransit = false;
      life.pe = this.charm.pe;
      for (const [other, array] of this.arrays.entries()) {
        const sibling = world.living.get(`${other}.${this.index}`);
        if (other === which || sibling === undefined || sibling.isDying) continue;
        assert.equal(this.companion(array).life, sibling.id, 'a companion is not unpacked yet');
      }
    }
  }
  return Wandering;
}

const passesMax = 500;

/** Runs a drawn program and checks what it has reported. */
export async function wander(plan: WanderingPlan): Promise<void> {
  const world = new World(plan);
  const classes = plan.rounds.map((_, which) => wandererOf(world, which));

  class Sums extends Chare {
    take(sum: number): void {
      world.sumsReceived.push(sum);
    }
  }

  const main = async (charm: Charm): Promise<void> => {
    const sums = (await charm.chare(Sums)).callback.take;
    const arrays: ArrayProxy<Wanderer, number>[] = [];
    for (const [which, round] of plan.rounds.entries()) {
      const bound = which === 0 ? {} : { bindTo: arrays[which - 1]! };
      const all = Array.from({ length: plan.size }, (_, index) => index);
      const indices = all.filter((index) => world.origin(which, index) === 'initial');
      const extent = plan.isSparse ? { indices } : { size: plan.size };
      arrays.push(await charm.array(classes[which]!, { ...extent, ...bound }));
      perform(world, charm, 'main', { arrays: [...arrays], sums }, round);
    }
    await finish(charm, arrays, sums);
    charm.exit();
  };

  const finish = async (
    charm: Charm,
    arrays: readonly ArrayProxy<Wanderer, number>[],
    sums: Callback<number>,
  ): Promise<void> => {
    // Every pass revives the dead; a letter that has waited may kill again, once. (Until then there is no quiescence.)
    for (let pass = 0; plan.isSparse && (pass === 0 || world.read.size < world.letters.length); pass++) {
      assert(pass < passesMax, `of ${world.letters.length} letters ${world.letters.length - world.read.size} are lost`);
      const answers: Promise<void>[] = [];
      for (const [which, array] of arrays.entries())
        for (let index = 0; index < plan.size; index++) {
          const place = `${which}.${index}`;
          // An insertion may still be on its way; demanding its element would make it a duplicate.
          if (world.origin(which, index) === 'inserted' && world.made.has(place) && !world.living.has(place)) continue;
          world.made.add(place);
          const create = index % 2 === 0 ? 'home' : 'here';
          answers.push(array.at(index).with({ create }).ask.exist());
        }
      await Promise.all(answers);
    }
    await charm.quiescence();
    for (const [which, array] of arrays.entries()) array.all.level(world.reductionsMax[which] ?? 0, sums);
    await charm.quiescence();
  };

  const program: Record<string, unknown> = { main, Sums };
  for (const [which, wanderer] of classes.entries()) program[`Wanderer${which}`] = wanderer;
  await run(program, plan.schedule);

  for (let id = 0; id < world.letters.length; id++) assert.equal(world.read.get(id), 1, `letter ${id} was read once`);
  assert.equal(
    world.sumsReceived.reduce((sum, value) => sum + value, 0),
    world.summed,
    'every contribution is in one result',
  );
  assert.equal(
    world.sumsReceived.length,
    world.reductionsMax.reduce((sum, count) => sum + count, 0),
    'every reduction has one result',
  );
  checkBroadcasts(world);
}

/** Every life has heard a part without gaps of what the element that lived all the time has heard; to the end, if it still lives. */
function checkBroadcasts(world: World): void {
  for (const [place, life] of world.living) {
    const whole = world.living.get(`${place.split('.')[0]}.0`)!.broadcasts;
    const { broadcasts } = life;
    assert.equal(new Set(whole).size, whole.length, 'a broadcast was heard twice');
    const first = life.isDying ? whole.indexOf(broadcasts[0] ?? 0) : whole.length - broadcasts.length;
    if (broadcasts.length > 0)
      assert.deepEqual(broadcasts, whole.slice(first, first + broadcasts.length), `broadcasts of ${place}`);
    if (!world.plan.isSparse) assert.equal(broadcasts.length, whole.length, `${place} has missed broadcasts`);
  }
}
