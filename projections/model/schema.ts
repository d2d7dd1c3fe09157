/**
 * The tables of a trace, column by column. Everything else (recording, files, reading) goes by these lists, so a new
 * column is one line here.
 *
 * Units and conventions, in all tables:
 *  - Times are nanoseconds since the start of the run, as doubles: exact for 104 days.
 *  - `none` (-1) stands where a number is not known or does not apply; an unknown time is NaN.
 *  - `entry` is a row of the trace's entry table, `element` a row of its element table.
 *  - `message` is a number that the sender counts. Sender PE and number together name a message: that is how the
 *    execution of a message finds its send.
 */
export type ColumnType = 'u8' | 'i32' | 'u32' | 'f64';
export type Schema = Readonly<Record<string, ColumnType>>;

export const none = -1;

export const schemas = {
  /**
   * One run of an entry method, or of a part of an async one, between two trips to the scheduler. Executions of a PE
   * follow each other and never overlap. While it is open, `end` is NaN.
   */
  executions: {
    begin: 'f64',
    end: 'f64',
    /** When the message came into the PE's queue. */
    enqueued: 'f64',
    entry: 'i32',
    element: 'i32',
    /** Who sent the message that this is about, or that woke this part. */
    source: 'i32',
    message: 'i32',
    bytes: 'u32',
    priority: 'i32',
    /** Sends made meanwhile: rows `firstSend` up to `firstSend + sends` of the table of sends. */
    firstSend: 'u32',
    sends: 'u32',
    /** One of `wakes`. */
    wake: 'u8',
  },
  /** One send of a message, however many PEs get it. */
  sends: {
    time: 'f64',
    /** What the call cost, in nanoseconds; 0 if it was not measured. */
    duration: 'f64',
    entry: 'i32',
    /** The element it goes to; none for broadcasts and multicasts. */
    element: 'i32',
    /** PE; for a multicast the first of its rows in `destinations`; none if not known. */
    to: 'i32',
    message: 'i32',
    bytes: 'u32',
    priority: 'i32',
    /** PEs that get it. */
    receivers: 'u32',
    /** One of `sendKinds`. */
    kind: 'u8',
  },
  /** The scheduler had nothing to do. */
  idles: { begin: 'f64', end: 'f64' },
  /** Anything else that takes time. These may overlap each other and executions. */
  spans: {
    begin: 'f64',
    end: 'f64',
    /** By kind: bytes of a migration, migrations of an LB step, bytes that a GC freed, row of `texts` of a note. */
    value: 'f64',
    /** By kind: user event, LB step, reduction number. */
    id: 'i32',
    element: 'i32',
    /** The other PE of a migration; what tells user events of the same id apart. */
    peer: 'i32',
    /** One of `spanKinds`. */
    kind: 'u8',
  },
  /** What has a time and a value but no length. */
  points: {
    time: 'f64',
    /** By kind; row of `texts` of a note, and of what is told of an LB step (lb-report.ts). */
    value: 'f64',
    /** By kind: the user's own time of a statistic, in its own unit; the PE whose load it is, if not this one's. */
    extra: 'f64',
    /** By kind: user event, user statistic, phase, LB step. */
    id: 'i32',
    /** One of `pointKinds`. */
    kind: 'u8',
  },
  /** PEs of multicasts. */
  destinations: { pe: 'i32' },
  /** Elements of chares, by their number in the trace (in a file: on its PE). */
  elements: {
    collection: 'i32',
    /** How many of the coordinates count; 0 for a chare without an index. */
    dimensions: 'u8',
    x0: 'i32',
    x1: 'i32',
    x2: 'i32',
    x3: 'i32',
    x4: 'i32',
    x5: 'i32',
    /** Row of `texts` for an index that is not made of integers. */
    text: 'i32',
  },
  /**
   * When a message came into the queue of the PE, before it is known which execution it leads to. Only in what a runtime
   * records; the reader puts it where it belongs.
   */
  arrivals: { time: 'f64', source: 'i32', message: 'i32' },
} as const satisfies Record<string, Schema>;

export type Schemas = typeof schemas;
export type TableName = keyof Schemas;
export const tableNames: readonly TableName[] = [
  'executions',
  'sends',
  'idles',
  'spans',
  'points',
  'destinations',
  'elements',
  'arrivals',
];

/** Why an execution began. */
export const wakes = ['message', 'resumed', 'inline'] as const;
export type Wake = (typeof wakes)[number];

export const sendKinds = ['one', 'broadcast', 'multicast'] as const;
export type SendKind = (typeof sendKinds)[number];

export const spanKinds = [
  'pack',
  'unpack',
  'user',
  'note',
  'flush',
  'gc',
  'lbStep',
  'migrateOut',
  'migrateIn',
  'reduction',
  'quiescence',
  'checkpoint',
] as const;
export type SpanKind = (typeof spanKinds)[number];

export const pointKinds = [
  'userEvent',
  'userStat',
  'userValue',
  'note',
  'memory',
  'queueLength',
  'phase',
  'lbLoadBefore',
  'lbLoadAfter',
  'traceOn',
  'traceOff',
  'lbReport',
] as const;
export type PointKind = (typeof pointKinds)[number];

/** Kinds are stored as their place in the lists above. */
export function codeOf<K extends string>(kinds: readonly K[], kind: K): number {
  return kinds.indexOf(kind);
}
