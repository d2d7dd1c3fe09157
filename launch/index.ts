/** Starting jobs from a script: `charm4ts/run`. */
export { runJob } from './job.ts';
export type { JobOptions, JobResult } from './job-options.ts';
export { formatReport } from './report.ts';
