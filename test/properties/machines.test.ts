/** A state machine that migrates at any point goes the way that it goes in one place. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Charm } from 'charm4ts';
import { runSimulated } from 'charm4ts/sim';
import { fromMachine } from 'charm4ts/xstate';
import fc from 'fast-check';
import { assign, createActor, setup } from 'xstate';
import { check } from '../support/property.ts';
import { run, runToFailure, schedules } from '../support/schedule.ts';

type Event = { type: 'step'; by: number } | { type: 'back' } | { type: 'turn' } | { type: 'spawn' } | { type: 'poke' };

const child = setup({
  types: { context: {} as { readonly poked: number }, events: {} as { type: 'poke' } },
}).createMachine({
  context: { poked: 0 },
  on: { poke: { actions: assign({ poked: ({ context }) => context.poked + 1 }) } },
});

/** Parallel and nested states, history, guards, machines of its own, a context with what JSON has not. */
const walker = setup({
  types: {
    context: {} as { readonly at: number; readonly seen: ReadonlyMap<number, number>; readonly helpers: number },
    events: {} as Event,
  },
  actors: { child },
  actions: { note: () => undefined },
  guards: { isFar: ({ context }) => Math.abs(context.at) > 4 },
}).createMachine({
  id: 'walker',
  type: 'parallel',
  context: { at: 0, seen: new Map(), helpers: 0 },
  on: {
    spawn: {
      guard: ({ context }) => context.helpers < 3,
      actions: assign(({ context, spawn }) => {
        spawn('child', { id: `helper${context.helpers}` });
        return { helpers: context.helpers + 1 };
      }),
    },
    poke: {
      guard: ({ context }) => context.helpers > 0,
      actions: ({ self, context }) => {
        const { children } = self.getSnapshot();
        (children as Record<string, { send(event: object): void }>)[`helper${context.helpers - 1}`]!.send({
          type: 'poke',
        });
      },
    },
  },
  states: {
    place: {
      initial: 'near',
      on: { step: { actions: [assign({ at: ({ context, event }) => context.at + event.by }), 'note'] } },
      states: {
        near: { always: { guard: 'isFar', target: 'far' } },
        far: { on: { back: { target: 'near', actions: assign({ at: 0 }) } } },
      },
    },
    way: {
      initial: 'ahead',
      states: {
        ahead: {
          initial: 'slow',
          states: { slow: { on: { step: 'fast' } }, fast: { on: { back: 'slow' } }, last: { type: 'history' } },
          on: { turn: 'behind' },
        },
        behind: { on: { turn: 'ahead.last' } },
      },
    },
  },
});

export const Walker = fromMachine(walker).provide((chare) => ({
  actions: {
    note: assign({
      seen: ({ context }) => {
        const { charm } = chare();
        chare().migrateTo(Math.floor(charm.random() * charm.pes));
        return new Map([...context.seen, [context.at, (context.seen.get(context.at) ?? 0) + 1]]);
      },
    }),
  },
}));

const events: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ type: fc.constant('step' as const), by: fc.integer({ min: -3, max: 3 }) }),
  fc.record({ type: fc.constantFrom('back', 'turn', 'spawn', 'poke') }),
);

/** What the same events make of the machine without a runtime. */
function expected(list: readonly Event[]): unknown {
  const actor = createActor(
    walker.provide({
      actions: {
        note: assign({
          seen: ({ context }) => new Map([...context.seen, [context.at, (context.seen.get(context.at) ?? 0) + 1]]),
        }),
      },
    }),
  ).start();
  for (const event of list) actor.send(event);
  const { value, context } = actor.getSnapshot();
  return { value, context };
}

describe('a state machine that migrates', () => {
  it('goes the way that it goes in one place', () =>
    check(
      fc.record({ schedule: schedules, list: fc.array(events, { maxLength: 40 }) }),
      async ({ schedule, list }) => {
        const main = async (charm: Charm): Promise<void> => {
          const walkers = await charm.array(Walker, { size: 2 });
          for (const event of list) {
            const to = walkers.at(1);
            if (event.type === 'step') to.step({ by: event.by });
            else to[event.type]();
          }
          await charm.quiescence();
          const { value, context } = await walkers.at(1).ask.snapshot();
          assert.deepEqual({ value, context }, expected(list));
          assert.deepEqual(
            (await walkers.at(0).ask.snapshot()).value,
            expected([]) && { place: 'near', way: { ahead: 'slow' } },
          );
          charm.exit();
        };
        await run({ main, Walker }, schedule);
      },
      { runs: 100 },
    ));

  it('keeps its delays, in virtual time, and takes no longer', async () => {
    const hopping = setup({
      types: {
        context: {} as { readonly hops: number; readonly places: readonly number[] },
        output: {} as readonly number[],
      },
      actions: { hop: () => undefined },
    }).createMachine({
      id: 'hopper',
      context: { hops: 0, places: [] },
      initial: 'waiting',
      states: {
        waiting: {
          after: { 1000: { target: 'waiting', reenter: true, actions: 'hop' }, 60000: 'never' },
          always: { guard: ({ context }) => context.hops === 10, target: 'over' },
        },
        over: { type: 'final' },
        never: {},
      },
      on: { move: { actions: 'hop' } },
      output: ({ context }) => context.places,
    });
    const Hopper = fromMachine(hopping).provide((chare) => ({
      actions: {
        hop: assign(({ context }) => {
          const { pe, pes } = chare().charm;
          chare().migrateTo((pe + 1) % pes);
          return { hops: context.hops + 1, places: [...context.places, pe] };
        }),
      },
    }));
    const main = async (charm: Charm): Promise<void> => {
      const hoppers = await charm.array(Hopper, { size: 1 });
      const start = charm.now();
      assert.deepEqual(await hoppers.at(0).ask.output(), [0, 1, 2, 0, 1, 2, 0, 1, 2, 0]);
      const seconds = charm.now() - start;
      assert(seconds >= 10 && seconds < 10.1, `it took ${seconds} s`);
      charm.exit();
    };
    const { error } = await runSimulated({ program: { main, Hopper }, pes: 3, network: 'gigabit' });
    if (error !== undefined) throw error;
  });

  it('can be ended while it waits, and then holds nothing up', async () => {
    const endless = setup({ actions: { stop: () => undefined } }).createMachine({
      id: 'endless',
      on: { stop: { actions: 'stop' } },
      after: { 3600000: {} },
    });
    const Endless = fromMachine(endless).provide((chare) => ({ actions: { stop: () => chare().destroy() } }));
    const main = async (charm: Charm): Promise<void> => {
      const array = await charm.array(Endless, { indices: [1, 2, 3] });
      for (const index of [1, 2, 3]) array.at(index).send({ type: 'stop' });
      await charm.quiescence();
      charm.exit();
    };
    await run({ main, Endless }, { pes: 2, pesPerNode: 2, seed: 1, shuffle: true });
  });
});

describe('errors of state machines', () => {
  const failing = setup({
    types: { events: {} as { type: 'fail' } | { type: 'wait' } },
    actions: {
      fail: () => {
        throw new RangeError('no such state');
      },
    },
    actors: { never: setup({}).createMachine({}) },
  }).createMachine({
    id: 'failing',
    on: { fail: { actions: 'fail' } },
    initial: 'a',
    states: { a: { after: { 5: { actions: 'fail' } } } },
  });
  const Failing = fromMachine(failing);

  it('name chare, event and PE', async () => {
    const main = async (charm: Charm): Promise<void> => {
      (await charm.array(Failing, { size: 2 })).at(1).fail();
    };
    const error = await runToFailure({ main, Failing });
    assert.match(error.message, /RangeError: no such state/);
    assert.deepEqual((error as { place?: unknown }).place, { pe: 1, chare: 'Failing[1]', entry: 'fail' });
  });

  it('end the job as well when a delay is over', async () => {
    const main = async (charm: Charm): Promise<void> => {
      await charm.array(Failing, { size: 1 });
    };
    const error = await runToFailure({ main, Failing }, { pes: 1 });
    assert.match(error.message, /RangeError: no such state/);
  });

  it('say what an event must be, and that a class must come from a machine', async () => {
    const main = async (charm: Charm): Promise<void> => {
      const chare = await charm.chare(Failing);
      await assert.rejects(chare.ask.send('fail' as never), /takes an event, an object with a type, not "fail"/);
      await assert.rejects(chare.ask.fail(7 as never), /takes an object with the event's other fields, not 7/);
      charm.exit();
    };
    await run({ main, Failing }, { pes: 1, pesPerNode: 1, seed: 1, shuffle: false });
    assert.throws(() => fromMachine({} as never), /takes a state machine of xstate 5/);
  });
});
