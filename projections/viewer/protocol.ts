/**
 * What the page asks of a trace, and what it is told. The same questions are answered by a server over HTTP and by the
 * page itself if the trace is embedded in it: `answers.ts` has the answers, and knows of neither.
 *
 * All names come from files: the page shows them as text. They are cut to `nameLengthMax`.
 */
import type { CallGraph } from '../analysis/call-graph.ts';
import type { CommunicationMatrix, CommunicationOverTime, Ends } from '../analysis/communication.ts';
import type { CriticalPath } from '../analysis/critical-path.ts';
import type { HeatMap } from '../analysis/heat-map.ts';
import type { Histogram, Measure } from '../analysis/histogram.ts';
import type { LoadBalance } from '../analysis/load-balance.ts';
import type { Outliers } from '../analysis/outliers.ts';
import type { EntryProfile, UsageProfile } from '../analysis/profile.ts';
import type { Found, SearchOptions } from '../analysis/search.ts';
import type { Selection } from '../analysis/selection.ts';
import type { TimeProfile } from '../analysis/time-profile.ts';
import type { UserEvents } from '../analysis/user-events.ts';
import type { CollectionInfo, EntryInfo, NamedId, RunInfo } from '../model/trace.ts';

export const nameLengthMax = 200;

/** Columns and PE rows of a tile of the timeline. */
export const tileColumns = 256;
export const tileRows = 32;

export interface ViewInfo {
  readonly name: string;
  readonly run: RunInfo;
  readonly pes: readonly number[];
  readonly nodeOf: readonly number[];
  readonly begin: number;
  readonly end: number;
  readonly collections: readonly CollectionInfo[];
  /** Names are `Class::method`. */
  readonly entries: readonly EntryInfo[];
  /** Those that were executed: only they need colours. */
  readonly executed: Int32Array;
  readonly userEvents: readonly NamedId[];
  readonly userStats: readonly NamedId[];
  readonly records: number;
  readonly problems: readonly string[];
  /** Something is left out: says what. */
  readonly reduced?: string;
  /** Details are still being read; pictures can be had already. */
  readonly isLoading: boolean;
  /** Grows while a running job is watched. */
  readonly isLive: boolean;
}

/** A column is 2^level nanoseconds wide, a tile has 256 columns and 32 rows of the list of PEs. */
export interface TileKey {
  readonly level: number;
  readonly index: number;
  readonly block: number;
}

export interface Tile extends TileKey {
  /**
   * Rows x columns. Bits 0 to 15 the entry method that was busy longest + 1, 16 to 23 busy time and 24 to 31 idle time,
   * in 255ths of the column.
   */
  readonly cells: Uint32Array;
  /** Finer than what has been read so far: ask again. */
  readonly isCoarse: boolean;
}

export interface Overview {
  readonly begin: number;
  readonly end: number;
  /** Shares of the PEs' time, 0 to 1. */
  readonly busy: Float32Array;
  readonly idle: Float32Array;
}

/** Executions, one by one. */
export interface Blocks {
  readonly begin: number;
  readonly end: number;
  /** More than asked for: the arrays are empty. */
  readonly isTooMany: boolean;
  readonly pe: Int32Array;
  readonly row: Uint32Array;
  readonly from: Float64Array;
  readonly to: Float64Array;
  readonly entry: Int32Array;
  readonly element: Int32Array;
  /** 1 for those of the chare that was asked for, or of any. */
  readonly isOfChare: Uint8Array;
  readonly sends: { readonly pe: Int32Array; readonly time: Float64Array };
  readonly spans: {
    readonly pe: Int32Array;
    readonly from: Float64Array;
    readonly to: Float64Array;
    readonly kind: Uint8Array;
    readonly id: Int32Array;
  };
  readonly points: { readonly pe: Int32Array; readonly time: Float64Array; readonly id: Int32Array };
}

/** An execution is named by its PE and its row there. */
export interface ExecutionId {
  readonly pe: number;
  readonly row: number;
}

export interface SendDetails {
  readonly entry: number;
  readonly time: number;
  readonly bytes: number;
  readonly kind: string;
  readonly receivers: number;
  /** Where it was executed, as far as looked for. */
  readonly targets: readonly ArrowEnd[];
}

export interface ArrowEnd extends ExecutionId {
  readonly begin: number;
  readonly end: number;
  readonly entry: number;
  readonly element: string;
}

export interface ExecutionDetails extends ArrowEnd {
  readonly enqueued: number | null;
  readonly wake: string;
  readonly bytes: number;
  readonly priority: number;
  readonly source: number;
  readonly message: number;
  /** The execution that sent its message, and when. */
  readonly sender: (ArrowEnd & { readonly sent: number }) | null;
  /** The time of the send, if it is known, also of one outside of executions. */
  readonly sent: number | null;
  readonly sends: readonly SendDetails[];
  readonly sendCount: number;
  readonly notes: readonly string[];
}

/** A message between two executions. */
export interface Arrow {
  readonly from: ArrowEnd & { readonly sent: number };
  readonly to: ArrowEnd;
}

export interface Lanes {
  readonly begin: number;
  readonly end: number;
  readonly columns: number;
  readonly names: readonly string[];
  readonly busy: Float64Array;
  /** Lanes x columns, as the cells of tiles. */
  readonly cells: Uint32Array;
  readonly total: number;
}

/** Each question with its answer. Questions about a part of the trace extend `Selection`. */
export interface Questions {
  info: { ask: object; answer: ViewInfo };
  /** With `chare`, other chares count as overhead. */
  tiles: {
    ask: { readonly tiles: readonly TileKey[]; readonly chare?: string };
    answer: { readonly tiles: readonly Tile[] };
  };
  /** Of the whole run, whatever the window of the selection. */
  overview: { ask: Selection & { readonly columns: number }; answer: Overview };
  blocks: { ask: Window & { readonly max: number; readonly chare?: string }; answer: Blocks };
  /** The execution at a moment on a PE, or the next one within `tolerance`. */
  pick: {
    ask: { readonly pe: number; readonly time: number; readonly tolerance: number };
    answer: { readonly found: ExecutionId | null };
  };
  execution: { ask: ExecutionId; answer: { readonly details: ExecutionDetails | null } };
  /** Messages that led to an execution, and those that it led to, some steps far. */
  chain: {
    ask: ExecutionId & { readonly back: number; readonly forward: number };
    answer: { readonly back: readonly Arrow[]; readonly forward: readonly Arrow[] };
  };
  /** The next or previous execution of the same PE, entry method or element. */
  neighbour: {
    ask: ExecutionId & { readonly direction: 1 | -1; readonly same: 'pe' | 'entry' | 'element' };
    answer: { readonly found: ExecutionId | null };
  };
  profile: { ask: Selection; answer: EntryProfile };
  usage: { ask: Selection; answer: UsageProfile };
  timeProfile: { ask: Selection & { readonly columns: number }; answer: TimeProfile };
  heatMap: { ask: Selection & { readonly columns: number; readonly rowsMax: number }; answer: HeatMap };
  histogram: { ask: Selection & { readonly measure: Measure }; answer: Histogram };
  communication: { ask: Selection & { readonly ends: Ends }; answer: CommunicationMatrix };
  communicationOverTime: { ask: Selection & { readonly columns: number }; answer: CommunicationOverTime };
  callGraph: { ask: Selection; answer: CallGraph };
  criticalPath: { ask: Selection; answer: CriticalPath };
  loadBalance: { ask: Selection; answer: LoadBalance };
  outliers: { ask: Selection; answer: Outliers };
  userEvents: { ask: Selection; answer: UserEvents };
  search: { ask: SearchOptions; answer: Found };
  lanes: { ask: Selection & { readonly columns: number; readonly lanesMax: number }; answer: Lanes };
}

export interface Window {
  readonly begin: number;
  readonly end: number;
  readonly pes: readonly number[];
}

export type QuestionName = keyof Questions;
export type Ask<K extends QuestionName> = Questions[K]['ask'];
export type Answer<K extends QuestionName> = Questions[K]['answer'];

/** Where the page has its trace from. */
export interface TraceSource {
  ask<K extends QuestionName>(name: K, ask: Ask<K>, signal?: AbortSignal): Promise<Answer<K>>;
}
