/**
 * Programs drawn at random. A program is a list of rounds; a round is a forest of steps; a step is a message that
 * makes its receiver take the steps below it. Quiescence separates rounds.
 */
import {
  type ArrayProxy,
  type Callback,
  Chare,
  type Charm,
  type ElementProxy,
  type Future,
  type SendOptions,
} from 'charm4ts';
import type { InThreadOptions } from 'charm4ts/sim';
import fc from 'fast-check';
import { type Program, run, type Schedule, schedules } from './schedule.ts';

type How = 'tell' | 'ask' | 'all' | 'callback' | 'allCallback' | 'future' | 'spawn' | 'chare' | 'sleep' | 'proxy';

interface DrawnStep {
  readonly how: How;
  readonly to: number;
  readonly priority: number | undefined;
  readonly after: readonly DrawnStep[];
}

/** A step with its number. */
interface Step {
  readonly id: number;
  readonly how: How;
  /** The element meant; of a broadcast, the one element that goes on. */
  readonly to: number;
  readonly priority: number | undefined;
  readonly after: readonly Step[];
}

export interface DrawnProgram {
  readonly schedule: Schedule;
  readonly size: number;
  readonly map: 'block' | 'roundRobin';
  readonly rounds: readonly (readonly DrawnStep[])[];
}

const hows = fc.oneof(
  { weight: 6, arbitrary: fc.constant<How>('tell') },
  { weight: 2, arbitrary: fc.constantFrom<How>('ask', 'all', 'callback', 'allCallback', 'spawn', 'proxy') },
  { weight: 1, arbitrary: fc.constantFrom<How>('future', 'chare', 'sleep') },
);

const { steps } = fc.letrec<{ steps: DrawnStep[]; step: DrawnStep }>((tie) => ({
  steps: fc.oneof(
    { maxDepth: 5, depthSize: 'small', withCrossShrink: true },
    { weight: 1, arbitrary: fc.constant<DrawnStep[]>([]) },
    { weight: 3, arbitrary: fc.array(tie('step'), { minLength: 1, maxLength: 4 }) },
  ),
  step: fc.record({
    how: hows,
    to: fc.nat(30),
    priority: fc.oneof(
      { weight: 4, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.integer({ min: -2, max: 2 }) },
    ),
    after: tie('steps'),
  }),
}));

export const randomPrograms: fc.Arbitrary<DrawnProgram> = fc.record({
  schedule: schedules,
  size: fc.integer({ min: 1, max: 12 }),
  map: fc.constantFrom('block', 'roundRobin'),
  rounds: fc.array(steps, { minLength: 1, maxLength: 4 }),
});

export interface Received {
  readonly step: number;
  readonly how: How;
  /** `#3` for element 3, `chare 17` for the chare that step 17 created. */
  readonly at: string;
  readonly from: string;
  /** How many messages the sender had sent before. */
  readonly nth: number;
  readonly priority: number | undefined;
}

/** What travels with every step. */
interface Letter {
  readonly step: Step;
  readonly from: string;
  readonly nth: number;
}

export function isBroadcast(how: How): boolean {
  return how === 'all' || how === 'allCallback';
}

/** `step at place` for every delivery that these steps cause. */
function expectedOf(steps: readonly Step[], size: number): string[] {
  return steps.flatMap((step) => {
    const at = isBroadcast(step.how)
      ? Array.from({ length: size }, (_, i) => `#${i}`)
      : [step.how === 'spawn' || step.how === 'chare' ? `chare ${step.id}` : `#${step.to}`];
    return [...at.map((place) => `${step.id} at ${place}`), ...expectedOf(step.after, size)];
  });
}

function idsOf(steps: readonly Step[], isWanted: (how: How) => boolean): number[] {
  return steps.flatMap((step) => [...(isWanted(step.how) ? [step.id] : []), ...idsOf(step.after, isWanted)]);
}

export class RandomProgram {
  readonly size: number;
  readonly received: Received[] = [];
  /** Steps whose reply or future came back. */
  readonly answers: number[] = [];
  /** Messages received when each quiescence was reached. */
  readonly atQuiescence: number[] = [];
  readonly expected: readonly string[];
  readonly expectedAtQuiescence: readonly number[];
  readonly asked: readonly number[];
  readonly #rounds: readonly (readonly Step[])[];
  readonly #sent = new Map<string, number>();

  /** Runs a drawn program to its end. `watch` makes what watches its PEs. */
  static async run(
    drawn: DrawnProgram,
    watch?: (module: Program) => NonNullable<InThreadOptions['trace']>,
  ): Promise<RandomProgram> {
    const program = new RandomProgram(drawn);
    const module = program.#module(drawn.map);
    await run(module, { ...drawn.schedule, ...(watch === undefined ? {} : { trace: watch(module) }) });
    return program;
  }

  private constructor({ size, rounds }: DrawnProgram) {
    this.size = size;
    let id = 0;
    const number = (drawn: readonly DrawnStep[]): Step[] =>
      drawn.map(({ how, to, priority, after }) => ({ id: id++, how, to: to % size, priority, after: number(after) }));
    this.#rounds = rounds.map(number);
    const expected = this.#rounds.map((round) => expectedOf(round, size));
    this.expected = expected.flat().sort();
    let sum = 0;
    this.expectedAtQuiescence = expected.map((round) => {
      sum += round.length;
      return sum;
    });
    const isAsked = (how: How): boolean => how === 'ask' || how === 'future' || how === 'chare';
    this.asked = this.#rounds.flatMap((round) => idsOf(round, isAsked)).sort((a, b) => a - b);
  }

  #module(map: 'block' | 'roundRobin'): Readonly<Record<string, unknown>> {
    const rounds = this.#rounds;
    const { size, atQuiescence, received, answers } = this;
    const receive = (letter: Letter, at: string): void => {
      const { step, from, nth } = letter;
      received.push({ step: step.id, how: step.how, at, from, nth, priority: step.priority });
    };

    class Actor extends Chare<number> {
      receive(letter: Letter): number {
        receive(letter, `#${this.index}`);
        this._goOn(letter.step);
        return letter.step.id;
      }

      receiveAll(letter: Letter): void {
        receive(letter, `#${this.index}`);
        if (this.index === letter.step.to) this._goOn(letter.step);
      }

      receiveFuture(letter: Letter, future: Future<number>): void {
        receive(letter, `#${this.index}`);
        this._goOn(letter.step);
        future.set(letter.step.id);
      }

      /** Passes a letter on through a proxy or callback that came in the message itself. */
      receiveWithTarget(
        letter: Letter,
        targets: { readonly next: readonly ElementProxy<Actor>[]; readonly done: Callback<number> },
      ): void {
        receive(letter, `#${this.index}`);
        this._goOn(letter.step);
        for (const next of targets.next) next.nothing();
        targets.done.send(letter.step.id);
      }

      nothing(_value?: unknown): void {}

      _goOn(step: Step): void {
        perform(this.charm, this.array, `#${this.index}`, step.after);
      }
    }

    class Helper extends Chare {
      constructor(letter: Letter, actors: ArrayProxy<Actor, number>) {
        super();
        receive(letter, `chare ${letter.step.id}`);
        perform(this.charm, actors, `chare ${letter.step.id}`, letter.step.after);
      }
    }

    const perform = (charm: Charm, actors: ArrayProxy<Actor, number>, from: string, steps: readonly Step[]): void => {
      for (const step of steps) {
        if (step.how === 'sleep') void charm.sleep(0).then(() => send(charm, actors, from, step));
        else send(charm, actors, from, step);
      }
    };

    const send = (charm: Charm, actors: ArrayProxy<Actor, number>, from: string, step: Step): void => {
      const nth = this.#sent.get(from) ?? 0;
      this.#sent.set(from, nth + 1);
      const letter: Letter = { step, from, nth };
      const options: SendOptions = step.priority === undefined ? {} : { priority: step.priority };
      const actor = actors.at(step.to).with(options);
      switch (step.how) {
        case 'tell':
        case 'sleep':
          actor.receive(letter);
          return;
        case 'ask':
          void actor.ask.receive(letter).then((id) => answers.push(id));
          return;
        case 'all':
          actors.all.with(options).receiveAll(letter);
          return;
        case 'callback':
          actor.callback.receive.send(letter);
          return;
        case 'allCallback':
          actors.all.with(options).callback.receiveAll.send(letter);
          return;
        case 'future': {
          const future = charm.future<number>();
          void future.get().then((id) => answers.push(id));
          actor.receiveFuture(letter, future);
          return;
        }
        case 'proxy':
          actor.receiveWithTarget(letter, {
            next: [actors.at(0), actors.at(size - 1)],
            done: actors.at(step.id % size).callback.nothing,
          });
          return;
        case 'spawn':
          charm.spawn(Helper, { args: [letter, actors], ...options });
          return;
        case 'chare':
          void charm.chare(Helper, { args: [letter, actors] }).then(() => answers.push(step.id));
          return;
      }
    };

    const main = async (charm: Charm): Promise<void> => {
      const actors = await charm.array(Actor, { size, map });
      for (const round of rounds) {
        perform(charm, actors, 'main', round);
        await charm.quiescence();
        atQuiescence.push(received.length);
      }
      charm.exit();
    };
    return { main, Actor, Helper };
  }
}
