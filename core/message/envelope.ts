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

/** Frame kinds. Values are the wire; only append. */
export const FrameKind = {
  /** A message to one element: collection/collection.ts. */
  entry: 1,
  /** A request to the root of a collection to number and spread a broadcast; and the broadcast itself. */
  broadcastRequest: 2,
  broadcast: 3,
  /** Creation of a collection, its acknowledgement, and of one element. */
  createCollection: 4,
  created: 5,
  insert: 6,
  doneInserting: 7,
  insertingDone: 8,
  /** The home PE learns where an element is. */
  location: 9,
  /** Reductions: a subtree's part, the word to begin, one late contribution, the result for everyone. */
  reductionPart: 10,
  reductionStart: 11,
  reductionLate: 12,
  reductionResult: 13,
  /** A value or an error for a future. */
  future: 14,
  /** Readonly values, before anything else. */
  readonlies: 15,
  /** Quiescence detection; the only frames that it does not count. */
  quiescenceRequest: 16,
  quiescenceAsk: 17,
  quiescenceAnswer: 18,
  quiescenceReached: 19,
} as const;

export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

/** True for frames that quiescence detection counts. */
export function isCounted(kind: number): boolean {
  return kind < FrameKind.quiescenceRequest;
}

/** Flags of an entry frame. */
export const EntryFlag = { textKey: 1, reply: 2, options: 4 } as const;
