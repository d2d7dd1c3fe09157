/**
 * Random programs: chares that send one another messages of every kind, which make the receiver send more.
 * What a run must have done is known beforehand, so nothing can be lost, doubled or misdelivered unnoticed.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { check } from '../support/property.ts';
import { isBroadcast, RandomProgram, randomPrograms } from '../support/random-program.ts';

describe('random programs', () => {
  it('deliver every message exactly once, to the element it was sent to', () =>
    check(
      randomPrograms,
      async (drawn) => {
        const { received, expected } = await RandomProgram.run(drawn);
        assert.deepEqual(received.map((r) => `${r.step} at ${r.at}`).sort(), expected);
      },
      { runs: 150 },
    ));

  it('deliver equal-priority messages of one chare to another in the order sent', () =>
    check(
      randomPrograms,
      async (drawn) => {
        const { received } = await RandomProgram.run(drawn);
        const last = new Map<string, number>();
        for (const { from, at, nth, how, priority } of received) {
          const pair = `${from} to ${at}${isBroadcast(how) ? ' (broadcast)' : ''} at priority ${priority}`;
          assert((last.get(pair) ?? -1) < nth, `${pair}: message ${nth} came after ${last.get(pair)}`);
          last.set(pair, nth);
        }
      },
      { runs: 150 },
    ));

  it('deliver broadcasts in the same order to every element', () =>
    check(
      randomPrograms,
      async (drawn) => {
        const { received, size } = await RandomProgram.run(drawn);
        const orders = Array.from({ length: size }, (): number[] => []);
        for (const { how, step, at } of received) if (isBroadcast(how)) orders[Number(at.slice(1))]!.push(step);
        for (const order of orders) assert.deepEqual(order, orders[0]);
      },
      { runs: 150 },
    ));

  it('answer every ask, and keep every future', () =>
    check(
      randomPrograms,
      async (drawn) => {
        const { answers, asked } = await RandomProgram.run(drawn);
        assert.deepEqual(
          answers.sort((a, b) => a - b),
          asked,
        );
      },
      { runs: 100 },
    ));

  it('reach quiescence after each round, with every message of the round processed and none of the next', () =>
    check(
      randomPrograms,
      async (drawn) => {
        const { atQuiescence, expectedAtQuiescence } = await RandomProgram.run(drawn);
        assert.deepEqual(atQuiescence, expectedAtQuiescence);
      },
      { runs: 200 },
    ));

  it('do the same again with the same seed', () =>
    check(
      randomPrograms.filter(({ rounds }) => !JSON.stringify(rounds).includes('"sleep"')),
      async (drawn) => {
        const [first, second] = [await RandomProgram.run(drawn), await RandomProgram.run(drawn)];
        assert.deepEqual(second.received, first.received);
      },
      { runs: 60 },
    ));
});
