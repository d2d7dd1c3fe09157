/** The kinds of records in logs of Charm++, by their number. */
export const recordTypes = {
  creation: 1,
  beginProcessing: 2,
  endProcessing: 3,
  enqueue: 4,
  dequeue: 5,
  beginComputation: 6,
  endComputation: 7,
  beginInterrupt: 8,
  endInterrupt: 9,
  messageReceived: 10,
  beginTrace: 11,
  endTrace: 12,
  userEvent: 13,
  beginIdle: 14,
  endIdle: 15,
  beginPack: 16,
  endPack: 17,
  beginUnpack: 18,
  endUnpack: 19,
  creationBroadcast: 20,
  creationMulticast: 21,
  userSupplied: 26,
  memoryUsage: 27,
  note: 28,
  bracketedNote: 29,
  endPhase: 30,
  userStat: 32,
  beginUserEventPair: 98,
  endUserEventPair: 99,
  userEventPair: 100,
} as const;

/** Numbers of records are counted up to here; larger ones are not records. */
export const recordTypesMax = 101;

/** The version of the format that we write. Newer ones are refused. */
export const formatVersion = 11;
