/** Bound arrays, and elements created by demand, while everything moves, ends and comes. */
import { test } from 'node:test';
import { check } from '../support/property.ts';
import { wander, wanderingPlans } from '../support/wandering-program.ts';

test('nothing is lost, doubled or reordered, and companions are together, whatever moves, ends and comes when', () =>
  check(wanderingPlans, wander, { runs: 8000 }));
