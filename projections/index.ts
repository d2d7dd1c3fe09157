/** Traces of parallel runs: recording, reading, analysis, other formats. Works with no runtime. */
export { describeProblem, TraceError, type TracePlace, type TraceProblem } from './errors.ts';
export { openTrace } from './format/open.ts';
export type { ReadOptions, WriteOptions } from './format/options.ts';
export { type OriginalTrace, readOriginal } from './format/original/read.ts';
export {
  type PeSummary,
  type PeSummaryDetail,
  readSummary,
  readSummaryDetail,
  type SummaryHead,
} from './format/original/summary.ts';
export { writeSummary } from './format/original/summary-writer.ts';
export { writeOriginal } from './format/original/write.ts';
export { FileSink } from './format/own/file-sink.ts';
export { headText } from './format/own/head.ts';
export { readOwn } from './format/own/read.ts';
export { writeOwn } from './format/own/write.ts';
export { linkMessages, MessageLinks } from './model/links.ts';
export { LogWriter } from './model/log.ts';
export { type Picture, Pyramid, type PyramidLevel } from './model/pyramid.ts';
export { type ChunkSink, MemorySink, Recorder, type RecorderOptions, wakeCodes } from './model/recorder.ts';
export {
  none,
  type PointKind,
  pointKinds,
  type SendKind,
  type SpanKind,
  sendKinds,
  spanKinds,
  type Wake,
  wakes,
} from './model/schema.ts';
export * from './model/trace.ts';
