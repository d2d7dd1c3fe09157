/**
 * What stands at the start of every frame between PEs, 16 bytes, little endian:
 *
 *     0  u8   kind            FrameKind
 *     1  u8   flags           depends on the kind
 *     2  u16  small           entry id or another small number
 *     4  u32  head bytes      everything before the first attachment
 *     8  u32  collection      0 is the collection of singleton chares
 *     12 u32  source PE
 *
 * The body follows; its layout stands beside the code that writes and reads it.
 */
export const headerBytes = 16;

/** Of all that stands in frames. To be raised when any of it changes: nodes of different versions do not connect. */
export const wireVersion = 1;

/** Frame kinds. Values are the wire. */
export const FrameKind = {
  /** A message to one element: chare/collection.ts. */
  entry: 1,
  /** A request to the root of a collection to number and spread a broadcast; and the broadcast itself. */
  broadcastRequest: 2,
  broadcast: 3,
  /** A subtree has run all broadcasts up to a number: collective/broadcast.ts. */
  broadcastsRun: 4,
  /** Creation of a collection, its acknowledgement, and of one element. */
  createCollection: 5,
  created: 6,
  insert: 7,
  doneInserting: 8,
  insertingDone: 9,
  /** An element moves: location/migration.ts. */
  migrate: 10,
  /** It has come. */
  migrated: 11,
  /** Where an element is, and changes of route: location/location-manager.ts. */
  location: 12,
  fence: 13,
  fenceAnswer: 14,
  /** Reductions: a subtree's part, the word to begin, one late contribution, the result for everyone. */
  reductionPart: 15,
  reductionStart: 16,
  reductionLate: 17,
  reductionResult: 18,
  /** A value or an error for a future. */
  future: 19,
  /** Readonly values, before anything else. */
  readonlies: 20,
  /** Sections: their plans, multicasts and reductions, and messages to single members: section/section-table.ts. */
  section: 21,
  sectionMember: 22,
  /** Many small messages in one: aggregation/aggregator.ts. */
  aggregate: 26,
  /** Completion detection: collective/completion.ts. */
  completion: 27,
  /** A seed: balance/seed-pool.ts. */
  seed: 24,
  /** Load balancing: balance/lb-manager.ts. */
  balance: 25,
  /** A piece of work for a PE: pool/task-pool.ts; a share of a loop: pool/parallel-loop.ts. */
  poolTask: 28,
  loop: 29,
  /** Quiescence detection, which does not count its own frames. */
  quiescenceRequest: 32,
  quiescenceAsk: 33,
  quiescenceAnswer: 34,
  quiescenceReached: 35,
  /** What seed balancers tell each other. Not counted: it moves only what is counted itself. */
  seedWord: 36,
  /** Agents that balance continuously: balance/continuous-balancing.ts. Not counted, for the same reason. */
  agents: 37,
} as const;

export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

/** By kind, 1 for frames that follow elements that move, or balance: they show no life of the program. */
export const isHousekeeping = new Uint8Array(FrameKind.quiescenceRequest);
for (const kind of [10, 11, 12, 13, 14, FrameKind.balance]) isHousekeeping[kind] = 1;

/** True for frames that quiescence detection counts. */
export function isCounted(kind: number): boolean {
  return kind < FrameKind.quiescenceRequest;
}

/**
 * Flags of frames that go to one element. `sentOn`: some PE on the way has passed it on. `joins`: an insertion that goes
 * where the companions of its element are. `createHome`, `createHere`: the message demands its element. `livingOnly`: it is
 * not for whoever will have the key one day, and is dropped where it would have to wait for that.
 */
export const ElementFlag = {
  textKey: 1,
  reply: 2,
  options: 4,
  sentOn: 8,
  joins: 16,
  createHome: 32,
  createHere: 64,
  livingOnly: 128,
} as const;

/**
 * Frames that go to one element begin with the epoch by which they were sent (see location-manager.ts), the message's
 * number for traces (trace-sink.ts; 0 if nobody watches), and the key: 8 bytes, or text if flagged.
 */
const epochOffset = headerBytes;

export function frameEpoch(view: DataView, start: number): number {
  return view.getInt32(start + epochOffset, true);
}

export function setFrameEpoch(view: DataView, start: number, epoch: number): void {
  view.setInt32(start + epochOffset, epoch, true);
}

export function frameEvent(view: DataView, start: number): number {
  return view.getUint32(start + epochOffset + 4, true);
}
