/** Sections of random members, which move, die, come back and change, while the sections multicast and reduce. */
import { test } from 'node:test';
import { check } from '../support/property.ts';
import { section, sectionPlans } from '../support/section-program.ts';

test('a section reaches and counts every member once, in one order, whatever moves, ends and changes when', () =>
  check(sectionPlans, section, { runs: 1500 }));
