/** Random programs whose elements migrate at any point. */
import { test } from 'node:test';
import fc from 'fast-check';
import { migrationProgram } from '../support/migration-program.ts';
import { check } from '../support/property.ts';
import { run, schedules } from '../support/schedule.ts';
import { talkativePlans, wander } from '../support/wandering-program.ts';

test('nothing is lost, doubled or miscounted whatever migrates when', () =>
  check(
    fc.record({
      schedule: schedules,
      elements: fc.integer({ min: 1, max: 12 }),
      steps: fc.integer({ min: 0, max: 25 }),
      rounds: fc.integer({ min: 0, max: 5 }),
      seed: fc.integer({ min: 0, max: 1e6 }),
    }),
    async ({ schedule, ...plan }) => {
      await run(migrationProgram(plan), schedule);
    },
    { runs: 3000 },
  ));

test('messages from a chare that stays to one that moves are read in the order sent', () =>
  check(talkativePlans, wander, { runs: 5000 }));
