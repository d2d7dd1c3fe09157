/** Starting jobs from a script: `charm4ts/run`. */
export type { LbStepReport } from '../core/balance/balancing.ts';
export type { BalancerChoice, BalancingOptions } from './balancing-options.ts';
export { runJob } from './job.ts';
export type { JobOptions, JobResult } from './job-options.ts';
export type { RankOptions } from './rank-program.ts';
export { formatReport } from './report.ts';
