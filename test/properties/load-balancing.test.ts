/** Random programs whose elements come to AtSync while everything else happens, under strategies that say anything. */
import { test } from 'node:test';
import { balancedPlans, balancedProgram } from '../support/balanced-program.ts';
import { check } from '../support/property.ts';
import { run } from '../support/schedule.ts';

test('every element goes on once from every AtSync step, whatever is born, dies and moves meanwhile', () =>
  check(
    balancedPlans,
    async (plan) => {
      const { program, world, balancing } = balancedProgram(plan);
      await run(program, { ...plan.schedule, ...balancing });
      world.check();
    },
    { runs: 500 },
  ));
