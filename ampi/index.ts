/** MPI programs on chares: `charm4ts/ampi`. */
export {
  BAND,
  BOR,
  BXOR,
  LAND,
  LOR,
  LXOR,
  MAX,
  MAXLOC,
  MIN,
  MINLOC,
  NO_OP,
  Op,
  PROD,
  REPLACE,
  SUM,
  type UserFunction,
} from './collectives/op.ts';
export { type CopyCallback, type DeleteCallback, dupFn, Key } from './comm/attributes.ts';
export type { BlocksOfTypes, Counts } from './comm/collective.ts';
export { type Comparison, Group, type RankRange } from './comm/group.ts';
export { Info } from './comm/info.ts';
export { Intercomm } from './comm/intercomm.ts';
export { Comm } from './comm/intracomm.ts';
export * from './constants.ts';
export * from './datatype/basic.ts';
export { type DarrayOptions, DISTRIBUTE_DFLT_DARG, type Distribution, darray } from './datatype/darray.ts';
export { Datatype, type NumberArray } from './datatype/datatype.ts';
export {
  type ArrayOrder,
  contiguous,
  duplicate,
  hindexed,
  hindexedBlock,
  hvector,
  indexed,
  indexedBlock,
  resized,
  struct,
  subarray,
  vector,
} from './datatype/derived.ts';
export type { Buf, BufferSpec } from './datatype/place.ts';
export { ERRORS_ARE_FATAL, ERRORS_RETURN, ErrorClass, type ErrorHandler, MpiError } from './errors.ts';
export type { File, Whence } from './files/file.ts';
export { Mode } from './files/mode.ts';
export type { Message } from './messages/probe.ts';
export type { GeneralizedMethods, GeneralizedRequest, Request } from './messages/request.ts';
export { Status } from './messages/status.ts';
export type { Completed } from './messages/wait-many.ts';
export type { MigrateHints, PupMethods } from './rank/extensions.ts';
export type { Mpi as MPI } from './rank/mpi.ts';
export { AmpiPe } from './rank/pe-table.ts';
export { type RankOptions, type RankProgram, rankProgram } from './rank/program.ts';
export { RankChare, type RankMain } from './rank/rank.ts';
export { BSEND_OVERHEAD } from './rank/send-buffer.ts';
export { dimsCreate } from './topology/dims.ts';
export type { DistGraph } from './topology/topology.ts';
export type { At, Window, WindowFlavor } from './window/window.ts';
