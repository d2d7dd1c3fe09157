/** Starting jobs from a script: `charm4ts/run`. */
export { type JobOptions, type JobResult, runJob } from './job.ts';
export { formatReport } from './report.ts';
