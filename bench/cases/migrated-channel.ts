/** Bench `migrated-channel`: traffic between two chares after one or both have migrated, against fresh placement. */
import type { Bench, Case } from '../bench.ts';
import { situations, workloads } from '../programs/migrated-channel.ts';
import { runProgram } from '../run-program.ts';

const cases: Case[] = [];
for (const { name } of situations) {
  for (const workload of workloads) {
    // Within 3 % of two chares that were created where these have come to.
    cases.push({ name: `${name}-${workload.name}`, unit: 'us', target: { ratio: 1.03 } });
  }
}

export const migratedChannel: Bench = {
  name: 'migrated-channel',
  summary: 'round trips of two chares after one moved, both moved apart, both moved together; against fresh placement',
  cases,
  sample: (context) => runProgram('migrated-channel', 2, context),
};
