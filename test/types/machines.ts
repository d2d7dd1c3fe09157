/** What the compiler says of chares made from state machines. Nothing here runs: see reducers.ts. */
import type { Charm } from 'charm4ts';
import { fromMachine } from 'charm4ts/xstate';
import { setup } from 'xstate';

const door = setup({
  types: {
    context: {} as { readonly opened: number },
    events: {} as
      | { type: 'open'; by: string }
      | { type: 'close' }
      | { type: 'shut'; hard?: boolean }
      | { type: 'index' },
    input: {} as { readonly opened: number },
    tags: {} as 'safe',
    output: {} as number,
  },
}).createMachine({
  context: ({ input }) => input,
  initial: 'closed',
  states: { closed: { tags: ['safe'], on: { open: 'open' } }, open: { on: { close: 'closed', shut: 'closed' } } },
});

export const Door = fromMachine(door);
export const Grid = fromMachine<[number, number]>()(door, { input: (_chare, opened: number) => ({ opened }) });
export class Gate extends fromMachine(door) {
  knock(times: number): number {
    return times + this.snapshot().context.opened;
  }
}

export async function accepted(charm: Charm): Promise<void> {
  const doors = await charm.array(Door, { size: 3, args: [{ opened: 0 }] });
  doors.at(1).open({ by: 'hand' });
  doors.all.close();
  doors.at(0).shut();
  doors.at(0).shut({ hard: true });
  doors.at(0).send({ type: 'index' });
  const state: 'closed' | 'open' = await doors.at(1).ask.close();
  const opened: number = (await doors.at(1).ask.waitFor('open')).context.opened;
  await doors.at(1).ask.waitForTag('safe');
  const output: number = await doors.at(1).ask.output();
  const grid = await charm.array(Grid, { size: [2, 3], args: [1] });
  grid.at([0, 1]).open({ by: 'key' });
  const gates = await charm.array(Gate, { size: 2, args: [{ opened: 0 }] });
  const knocks: number = await gates.at(0).ask.knock(3);
  void [state, opened, output, knocks];
}

export async function refused(charm: Charm): Promise<void> {
  // @ts-expect-error: the machine has an input.
  await charm.array(Door, { size: 3 });
  const doors = await charm.array(Door, { size: 3, args: [{ opened: 0 }] });
  // @ts-expect-error: there is no such event.
  doors.at(0).slam();
  // @ts-expect-error: the event has a field.
  doors.at(0).open();
  // @ts-expect-error: the field is a string.
  doors.at(0).open({ by: 3 });
  // @ts-expect-error: the field is a string.
  doors.at(0).send({ type: 'open', by: 3 });
  // @ts-expect-error: the name is taken by the runtime.
  doors.at(0).index();
  // @ts-expect-error: there is no such state.
  await doors.at(0).ask.waitFor('ajar');
  // @ts-expect-error: there is no such tag.
  await doors.at(0).ask.waitForTag('unsafe');
  const grid = await charm.array(Grid, { size: [2, 3], args: [1] });
  // @ts-expect-error: an index is a pair.
  grid.at(1);
}
