/** The public API of charm4ts: what a program imports. */

export type { Aggregation } from './aggregation/aggregator.ts';
export type { LbStepReport, LbTrigger } from './balance/balancing.ts';
export {
  CharmError,
  EntryError,
  type ErrorCode,
  PeLostError,
  type Place,
  StuckError,
  UsageError,
} from './base/errors.ts';
export { type Channel, type ChannelOptions, type ChannelPeer, iwait, type Selected, select } from './chare/channel.ts';
export { type Among, Chare, type ChareBase } from './chare/chare.ts';
export type {
  ArrayExtent,
  ArrayOptions,
  ArrayPlacement,
  ChareOptions,
  Charm,
  Constructor,
  ConstructorArgs,
  IndexOf,
} from './chare/charm.ts';
export type { Completion, CompletionOptions } from './chare/completion.ts';
export type { IndexCodec } from './chare/index-space.ts';
export { LibraryWait } from './chare/library-wait.ts';
export { type Placement, type PlacementContext, placement } from './chare/placement.ts';
export type {
  AnySection,
  ArrayProxy,
  BroadcastProxy,
  ElementProxy,
  GroupProxy,
  SectionProxy,
  SendOptions,
} from './chare/proxy-types.ts';
export { type Readonly, readonly } from './chare/readonly.ts';
export type { Timer, TimerMethods } from './chare/timer.ts';
export {
  type ElementwiseReducer,
  type NumberArray,
  Reducer,
  type ReducerSteps,
  reducer,
  type Statistics,
} from './collective/reducers.ts';
export type { Callback } from './message/callback.ts';
export type { Entries, EntryAttributes } from './message/entry-attributes.ts';
export type { Future } from './message/future.ts';
export { together } from './message/request.ts';
export type { FileAccess, OpenFile } from './pe/file-access.ts';
export { BitVector, type Priority } from './pe/priority.ts';
export type { TaskContext, TaskFunction } from './pool/functions.ts';
export type { LoopBody, LoopOptions } from './pool/parallel-loop.ts';
export { type PoolOptions, TaskError, type TaskPool } from './pool/task-pool.ts';
export type { SharableArray, SharableConstructor, SharedArray } from './pup/shared-array.ts';
export type { SectionIndices, Slice } from './section/section-indices.ts';
