/** Traces of parallel runs: recording, reading, analysis, other formats. Works with no runtime. */
export { type CallGraph, callGraph } from './analysis/call-graph.ts';
export {
  type CommunicationMatrix,
  type CommunicationOverTime,
  communicationMatrix,
  communicationOverTime,
  type Ends,
} from './analysis/communication.ts';
export { compareProfiles, type Difference, type NamedProfile } from './analysis/compare.ts';
export { type CriticalPath, criticalPath } from './analysis/critical-path.ts';
export {
  type Histogram,
  histogram,
  type Measure,
  measures,
  type Percentiles,
  percentiles,
} from './analysis/histogram.ts';
export { imbalance, type LbStep, type LoadBalance, loadBalance, type Moves } from './analysis/load-balance.ts';
export { type LongExecutions, type Outliers, outliers, type PeMeasure, peMeasures } from './analysis/outliers.ts';
export { type EntryProfile, entryProfile, type UsageProfile, usageProfile } from './analysis/profile.ts';
export { type Found, type SearchOptions, search } from './analysis/search.ts';
export type { Selection } from './analysis/selection.ts';
export {
  type EntrySummary,
  type LbStepSummary,
  type Parts,
  type PeSummaryRow,
  summarise,
  type TraceSummary,
} from './analysis/summary.ts';
export { type TimeProfile, timeProfile } from './analysis/time-profile.ts';
export { type StatSeries, type UserEvents, userEvents } from './analysis/user-events.ts';
export { describeProblem, TraceError, type TracePlace, type TraceProblem } from './errors.ts';
export { convertTrace, type ExportFormat, exportFormats, exportPath } from './format/export/convert.ts';
export { openTrace } from './format/open.ts';
export type { ReadOptions, WriteOptions } from './format/options.ts';
export { type OriginalTrace, readOriginal } from './format/original/read.ts';
export {
  type PeSummary,
  type PeSummaryDetail,
  readSummary,
  readSummaryDetail,
  type SummaryHead,
  summaryDetailText,
  summaryText,
} from './format/original/summary.ts';
export { SummaryBins, type SummaryBinsOptions } from './format/original/summary-bins.ts';
export {
  type EntryTotals,
  type FoundSummary,
  findSummary,
  foldSummary,
  type PeTotals,
  type RunSummary,
} from './format/original/summary-reader.ts';
export { summaryTableText, writeSummary } from './format/original/summary-writer.ts';
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
