/** All benches, in the order in which they run. */
import type { Bench } from './bench.ts';
import { aggregation } from './cases/aggregation.ts';
import { ampi } from './cases/ampi.ts';
import { ask } from './cases/ask.ts';
import { broadcastReduce } from './cases/broadcast-reduce.ts';
import { create } from './cases/create.ts';
import { idle } from './cases/idle.ts';
import { lbStep } from './cases/lb-step.ts';
import { localMessage } from './cases/local-message.ts';
import { loop } from './cases/loop.ts';
import { migrate } from './cases/migrate.ts';
import { migratedChannel } from './cases/migrated-channel.ts';
import { pingpong } from './cases/pingpong.ts';
import { resumable } from './cases/resumable.ts';
import { ring } from './cases/ring.ts';
import { seeds } from './cases/seeds.ts';
import { simScale } from './cases/sim-scale.ts';
import { startup } from './cases/startup.ts';
import { stream } from './cases/stream.ts';
import { task } from './cases/task.ts';
import { traceOverhead } from './cases/trace-overhead.ts';
import { viewer } from './cases/viewer.ts';

export { runBenches } from './harness.ts';
export { parseTaskSettings } from './task-graph/settings.ts';

export const benches: readonly Bench[] = [
  localMessage,
  ring,
  pingpong,
  stream,
  aggregation,
  ask,
  broadcastReduce,
  loop,
  create,
  migrate,
  migratedChannel,
  resumable,
  lbStep,
  seeds,
  task,
  simScale,
  traceOverhead,
  startup,
  idle,
  ampi,
  viewer,
];
