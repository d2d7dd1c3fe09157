/** State machines as chares: events, waits for states, delays and actors, also while they move from PE to PE. */
import assert from 'node:assert/strict';
import { type Charm, type Future, Reducer } from 'charm4ts';
import { fromMachine } from 'charm4ts/xstate';
import { assign, fromCallback, fromPromise, sendParent, sendTo, setup } from 'xstate';

/** A player of a ring: passes a ball on to the next, as often as the ball says. */
const playerMachine = setup({
  types: {
    context: {} as { readonly caught: number; readonly next: number; readonly trail: readonly string[] },
    events: {} as { type: 'ball'; hopsLeft: number; done: Future<number> } | { type: 'rest' } | { type: 'wake.up' },
    input: {} as { readonly next: number },
  },
  actions: { pass: () => undefined, wander: () => undefined },
  guards: { isLast: ({ event }) => event.type === 'ball' && event.hopsLeft === 0, isHome: () => false },
}).createMachine({
  id: 'player',
  type: 'parallel',
  context: ({ input }) => ({ caught: 0, next: input.next, trail: [] }),
  states: {
    game: {
      initial: 'waiting',
      on: {
        ball: [
          {
            guard: 'isLast',
            target: '.over',
            actions: ({ event, context }) => event.type === 'ball' && event.done.set(context.caught + 1),
          },
          { target: '.caught', actions: [assign({ caught: ({ context }) => context.caught + 1 }), 'pass', 'wander'] },
        ],
      },
      states: { waiting: {}, caught: {}, over: { tags: ['quiet'] } },
    },
    mood: {
      initial: 'awake',
      states: {
        awake: {
          initial: 'fresh',
          on: { rest: 'asleep' },
          states: { fresh: { on: { ball: 'tired' } }, tired: {}, last: { type: 'history' } },
        },
        asleep: { tags: ['quiet'], on: { 'wake.up': 'awake.last' } },
      },
    },
  },
});

export const Player = fromMachine(playerMachine, {
  input: (chare) => ({ next: (chare.index + 1) % chare.array.size }),
}).provide((chare) => ({
  actions: {
    pass: ({ context, event }) => {
      const { index, array } = chare();
      if (event.type !== 'ball') return;
      const hopsLeft = event.hopsLeft - 1;
      if (context.next === index + 1) array.at(context.next).ball({ hopsLeft, done: event.done });
      else array.at(0).send({ ...event, hopsLeft });
    },
    wander: () => {
      const { charm } = chare();
      chare().migrateTo(Math.floor(charm.random() * charm.pes));
    },
  },
}));

/** How often something is added to each worker. */
const adds = 4;

/** Needs time: a delay, a machine of its own, a promise. */
const workerMachine = setup({
  types: {
    context: {} as { readonly sum: number; readonly adds: number; readonly places: readonly number[] },
    events: {} as
      | { type: 'go' }
      | { type: 'add'; amount: number }
      | { type: 'counted'; amount: number }
      | { type: 'tick' },
    output: {} as { readonly sum: number; readonly adds: number; readonly places: readonly number[] },
  },
  actors: {
    counter: setup({
      types: { context: {} as { readonly n: number }, events: {} as { type: 'more' } },
      actions: { count: assign({ n: ({ context }) => context.n + 1 }) },
    }).createMachine({
      context: { n: 0 },
      initial: 'counting',
      states: {
        counting: {
          after: { 1: { target: 'counting', reenter: true, actions: 'count' } },
          always: { guard: ({ context }) => context.n === 3, target: 'counted' },
        },
        counted: { type: 'final', entry: sendParent(({ context }) => ({ type: 'counted', amount: context.n })) },
      },
    }),
    answer: fromPromise(async () => 0),
    ticker: fromCallback(({ sendBack }) => {
      const timer = setTimeout(() => sendBack({ type: 'tick' }), 1);
      return () => clearTimeout(timer);
    }),
  },
  actions: { wander: () => undefined, note: () => undefined },
}).createMachine({
  id: 'worker',
  context: { sum: 0, adds: 0, places: [] },
  initial: 'idle',
  on: { add: { actions: [assign(({ context, event }) => added(context, event.amount)), 'wander'] } },
  states: {
    idle: { on: { go: { target: 'delayed', actions: 'wander' } } },
    delayed: { after: { 5: 'counting' }, exit: ['note', 'wander'] },
    counting: {
      invoke: { src: 'counter', id: 'counter' },
      entry: sendTo('counter', { type: 'more' }),
      on: {
        counted: {
          target: 'ticking',
          actions: [assign({ sum: ({ context, event }) => context.sum + 100 * event.amount }), 'wander'],
        },
      },
    },
    ticking: { invoke: { src: 'ticker' }, on: { tick: { target: 'asking', actions: 'note' } } },
    asking: {
      invoke: {
        src: 'answer',
        onDone: { target: 'settling', actions: assign({ sum: ({ context, event }) => context.sum + event.output }) },
      },
      exit: 'wander',
    },
    // Timers are real, and a message may take longer than all of them.
    settling: { always: { guard: ({ context }) => context.adds === adds, target: 'finished' } },
    finished: { type: 'final' },
  },
  output: ({ context }) => context,
});

function added(
  context: { readonly sum: number; readonly adds: number },
  amount: number,
): { sum: number; adds: number } {
  return { sum: context.sum + amount, adds: context.adds + 1 };
}

/** A worker as its own machine sees it: the class is not there yet. */
interface Friend {
  readonly ask: { thousand(): Promise<number> };
}

export class Worker extends fromMachine(workerMachine, { restartable: ['ticker'] }).provide((chare) => ({
  actors: {
    answer: fromPromise(async () => {
      const { charm, array, index } = chare();
      const { pe } = charm;
      const self = chare();
      self.migrateTo((pe + 1) % charm.pes);
      const friend = array.at((index + 1) % array.size) as unknown as Friend;
      const answer = await friend.ask.thousand();
      assert.equal(self.charm.pe, pe, 'a chare that waits for its promise has moved');
      return answer;
    }),
  },
  actions: {
    wander: () => {
      const { charm } = chare();
      chare().migrateTo(Math.floor(charm.random() * charm.pes));
    },
    note: assign({ places: ({ context }) => [...context.places, chare().charm.pe] }),
  },
})) {
  private asked = 0;

  thousand(): number {
    this.asked++;
    this.migrateTo((this.charm.pe + 1) % this.charm.pes);
    return 1000;
  }

  total(done: Future<number>): void {
    this.contribute(this.asked + this.snapshot().context.sum, Reducer.sum, done);
  }
}

const brokenMachine = setup({
  types: { events: {} as { type: 'fail' } | { type: 'failLater' } | { type: 'nothing' } },
  actors: { later: fromPromise(async () => Promise.reject(new RangeError('it failed later'))) },
}).createMachine({
  id: 'broken',
  initial: 'whole',
  states: {
    whole: {
      on: {
        fail: {
          actions: () => {
            throw new RangeError('it failed');
          },
        },
        failLater: 'trying',
      },
    },
    trying: { invoke: { src: 'later', onError: 'saved' } },
    saved: {},
  },
});

export const Broken = fromMachine(brokenMachine, { events: ['nothing'] });

export async function machines(charm: Charm): Promise<void> {
  await Promise.all([ring(charm), work(charm), failures(charm)]);
}

async function ring(charm: Charm): Promise<void> {
  const players = await charm.array(Player, { size: 7 });
  const done = charm.future<number>();
  players.at(0).ball({ hopsLeft: 700, done });
  assert.equal(await done.get(), 101);
  const { context, value, tags } = await players.at(0).ask.waitFor({ game: 'over' });
  assert.deepEqual([context.caught, value, tags], [100, { game: 'over', mood: { awake: 'tired' } }, ['quiet']]);
  assert.deepEqual(await players.at(3).ask.rest(), { game: 'caught', mood: 'asleep' });
  assert.equal((await players.at(3).ask.waitForTag('quiet')).context.caught, 100);
  assert.deepEqual(await players.at(3).ask['wake.up'](), { game: 'caught', mood: { awake: 'tired' } });
}

async function work(charm: Charm): Promise<void> {
  const size = 6;
  const workers = await charm.array(Worker, { size });
  const outputs = Promise.all(Array.from({ length: size }, (_, i) => workers.at(i).ask.output()));
  workers.all.go();
  for (let n = 1; n <= adds; n++) workers.all.add({ amount: n });
  for (const { sum, places } of await outputs) {
    assert.equal(sum, 10 + 300 + 1000);
    assert.equal(places.length, 2);
  }
  const done = charm.future<number>();
  workers.all.total(done);
  assert.equal(await done.get(), size * 1311);
  await assert.rejects(workers.at(0).ask.waitFor('idle'), /has ended in "finished" before it reached "idle"/);
}

async function failures(charm: Charm): Promise<void> {
  const broken = await charm.array(Broken, { size: 3 });
  broken.at(1).failLater();
  assert.equal((await broken.at(1).ask.waitFor('saved')).status, 'active');
  await assert.rejects(broken.at(0).ask.fail(), /RangeError: it failed/);
  await assert.rejects(broken.at(0).ask.nothing(), /takes no event nothing: its machine has failed before .*it failed/);
  await assert.rejects(broken.at(0).ask.waitFor('saved'), /has failed before it reached "saved"/);
  assert.equal((await broken.at(2).ask.snapshot()).value, 'whole');
}
