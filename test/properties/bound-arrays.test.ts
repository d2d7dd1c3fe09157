/** Bound arrays, and elements created by demand, while everything moves, ends and comes. */
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { check } from '../support/property.ts';
import { type WanderingPlan, wander, wanderingPlans } from '../support/wandering-program.ts';

/** Two PEs change their routes to an element that has died: each fence waited behind the other's. */
const fencesAtAGrave = JSON.parse(
  readFileSync(new URL('./found/fences-at-a-grave.json', import.meta.url), 'utf8'),
) as WanderingPlan;

test('nothing is lost, doubled or reordered, and companions are together, whatever moves, ends and comes when', () =>
  check(wanderingPlans, wander, { runs: 8000, examples: [fencesAtAGrave] }));
