/** Sparse arrays that grow while messages and broadcasts to them are on their way. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ArrayProxy, Chare, type Charm } from 'charm4ts';
import fc from 'fast-check';
import { check } from '../support/property.ts';
import { run, type Schedule, schedules } from '../support/schedule.ts';

/** What one branch of a group does, in this order. */
type Action =
  | { readonly kind: 'tell'; readonly to: number }
  | { readonly kind: 'all' }
  | { readonly kind: 'insert'; readonly index: number; readonly onPe: number | undefined };

interface Plan {
  readonly schedule: Schedule;
  readonly initial: readonly number[];
  readonly scripts: readonly (readonly Action[])[];
  /** A branch does its script in bits, so that others come in between. */
  readonly stride: number;
}

const indices = fc.integer({ min: -3, max: 8 });

const plans: fc.Arbitrary<Plan> = fc
  .record({
    schedule: schedules,
    existing: fc.uniqueArray(indices, { minLength: 1, maxLength: 4 }),
    later: fc.uniqueArray(
      fc.record({ index: indices, onPe: fc.option(fc.nat(63), { nil: undefined }), by: fc.nat(63), at: fc.nat(12) }),
      {
        selector: ({ index }) => index,
        maxLength: 6,
      },
    ),
    sends: fc.array(fc.record({ by: fc.nat(63), to: fc.option(fc.nat(20), { nil: undefined }) }), { maxLength: 40 }),
    stride: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ schedule, existing, later, sends, stride }) => {
    const inserted = later.filter(({ index }) => !existing.includes(index));
    const all = [...existing, ...inserted.map(({ index }) => index)];
    const scripts = Array.from({ length: schedule.pes }, (): Action[] => []);
    for (const { by, to } of sends)
      scripts[by % schedule.pes]!.push(
        to === undefined ? { kind: 'all' } : { kind: 'tell', to: all[to % all.length]! },
      );
    for (const { index, onPe, by, at } of inserted) {
      const pe = onPe === undefined ? undefined : onPe % schedule.pes;
      scripts[by % schedule.pes]!.splice(at, 0, { kind: 'insert', index, onPe: pe });
    }
    return { schedule, initial: existing, scripts, stride };
  });

/** New elements on every PE, each followed by broadcasts of its inserter. */
const announced: fc.Arbitrary<Plan> = fc
  .record({
    schedule: schedules,
    later: fc.array(fc.record({ by: fc.nat(63), onPe: fc.nat(63), before: fc.nat(2), after: fc.nat(3) }), {
      maxLength: 6,
    }),
    stride: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ schedule, later, stride }) => {
    const scripts = Array.from({ length: schedule.pes }, (): Action[] => []);
    for (const [i, { by, onPe, before, after }] of later.entries()) {
      const script = scripts[by % schedule.pes]!;
      for (let n = 0; n < before; n++) script.push({ kind: 'all' });
      script.push({ kind: 'insert', index: i + 1, onPe: onPe % schedule.pes });
      for (let n = 0; n < after; n++) script.push({ kind: 'all' });
    }
    return { schedule, initial: [0], scripts, stride };
  });

/** One new element, away from its home, that several branches write to all the time. */
const contested: fc.Arbitrary<Plan> = fc
  .record({
    schedule: schedules,
    onPe: fc.nat(63),
    by: fc.nat(63),
    at: fc.nat(6),
    tells: fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 9 }),
    stride: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ schedule, onPe, by, at, tells, stride }) => {
    const scripts = Array.from({ length: schedule.pes }, (_, pe): Action[] =>
      Array.from({ length: tells[pe] ?? 0 }, () => ({ kind: 'tell', to: 5 })),
    );
    scripts[by % schedule.pes]!.splice(at, 0, { kind: 'insert', index: 5, onPe: onPe % schedule.pes });
    return { schedule, initial: [0], scripts, stride };
  });

interface Outcome {
  /** Element, sender and number of every message received. */
  readonly tells: { readonly at: number; readonly from: number; readonly nth: number }[];
  /** Broadcasts that each element received, in order. */
  readonly broadcasts: Map<number, string[]>;
  readonly births: Map<number, number>;
}

async function outcomeOf({ schedule, initial, scripts, stride }: Plan): Promise<Outcome> {
  const outcome: Outcome = { tells: [], broadcasts: new Map(), births: new Map() };

  class Element extends Chare<number> {
    constructor() {
      super();
      outcome.births.set(this.index, (outcome.births.get(this.index) ?? 0) + 1);
      outcome.broadcasts.set(this.index, []);
    }
    told(from: number, nth: number): void {
      outcome.tells.push({ at: this.index, from, nth });
    }
    toldAll(id: string): void {
      outcome.broadcasts.get(this.index)!.push(id);
    }
  }

  class Actor extends Chare {
    start(elements: ArrayProxy<Element, number>): void {
      this.go(elements, 0);
    }
    go(elements: ArrayProxy<Element, number>, from: number): void {
      const script = scripts[this.index]!;
      for (let i = from; i < Math.min(from + stride, script.length); i++) this._act(elements, script[i]!, i);
      if (from + stride < script.length) this.self.go(elements, from + stride);
    }
    _act(elements: ArrayProxy<Element, number>, action: Action, nth: number): void {
      if (action.kind === 'tell') elements.at(action.to).told(this.index, nth);
      else if (action.kind === 'all') elements.all.toldAll(`${this.index}.${nth}`);
      else elements.insert(action.index, action.onPe === undefined ? {} : { onPe: action.onPe });
    }
  }

  const main = async (charm: Charm): Promise<void> => {
    const elements = await charm.array(Element, { indices: initial });
    (await charm.group(Actor)).all.start(elements);
    await charm.quiescence();
    elements.all.toldAll('last');
    await charm.quiescence();
    charm.exit();
  };
  await run({ main, Element, Actor }, schedule);
  return outcome;
}

describe('a sparse array that grows', () => {
  it('constructs every inserted element exactly once', () =>
    check(
      plans,
      async (plan) => {
        const inserted = plan.scripts.flat().flatMap((action) => (action.kind === 'insert' ? [action.index] : []));
        const { births } = await outcomeOf(plan);
        assert.deepEqual(
          [...births].sort((a, b) => a[0] - b[0]),
          [...plan.initial, ...inserted].sort((a, b) => a - b).map((index) => [index, 1]),
        );
      },
      { runs: 1000 },
    ));

  it('delivers every message exactly once, also those sent before their element exists', () =>
    check(
      plans,
      async (plan) => {
        const { tells } = await outcomeOf(plan);
        const sent = plan.scripts.flatMap((script, from) =>
          script.flatMap((action, nth) => (action.kind === 'tell' ? [{ at: action.to, from, nth }] : [])),
        );
        const text = (list: Outcome['tells']): string[] =>
          list.map(({ at, from, nth }) => `${from}.${nth} at ${at}`).sort();
        assert.deepEqual(text(tells), text(sent));
      },
      { runs: 1000 },
    ));

  it('delivers messages of one chare to another in the order sent, also while the receiver is being inserted', () =>
    check(
      fc.oneof(plans, contested),
      async (plan) => {
        const last = new Map<string, number>();
        for (const { at, from, nth } of (await outcomeOf(plan)).tells) {
          const pair = `${from} to ${at}`;
          assert((last.get(pair) ?? -1) < nth, `${pair}: message ${nth} came after ${last.get(pair)}`);
          last.set(pair, nth);
        }
      },
      { runs: 1000 },
    ));

  it('broadcasts once to each element that exists, in one order everywhere; a newborn misses only some of the oldest', () =>
    check(
      fc.oneof(plans, announced),
      async (plan) => {
        const { broadcasts } = await outcomeOf(plan);
        const whole = broadcasts.get(plan.initial[0]!)!;
        const sent = plan.scripts.flatMap((script, from) =>
          script.flatMap(({ kind }, nth) => (kind === 'all' ? [`${from}.${nth}`] : [])),
        );
        assert.deepEqual([...whole].sort(), [...sent, 'last'].sort());
        for (const [index, order] of broadcasts) {
          const isInitial = plan.initial.includes(index);
          assert.deepEqual(order, whole.slice(isInitial ? 0 : whole.length - order.length), `element ${index}`);
          assert.equal(order.at(-1), 'last');
        }
        // What a chare broadcasts after it has inserted an element reaches that element.
        for (const [from, script] of plan.scripts.entries()) {
          for (const [at, action] of script.entries()) {
            if (action.kind !== 'insert') continue;
            const heard = broadcasts.get(action.index)!;
            for (let nth = at + 1; nth < script.length; nth++)
              if (script[nth]!.kind === 'all')
                assert(heard.includes(`${from}.${nth}`), `${action.index} missed ${from}.${nth}`);
          }
        }
      },
      { runs: 1000 },
    ));
});
