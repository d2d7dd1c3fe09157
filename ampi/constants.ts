/** Values that MPI gives names. The numbers are those of common implementations, and no program should depend on them. */

/** A receive from whoever sends. */
export const ANY_SOURCE = -1;
/** A receive of any tag. */
export const ANY_TAG = -1;
/** A rank that is nobody: messages to and from it are done at once, and empty. */
export const PROC_NULL = -2;
/** In collectives of an inter-communicator: this rank is the root. */
export const ROOT = -3;
/** No colour, no index, no count. */
export const UNDEFINED = -32766;
/** The largest tag: an attribute of communicators in MPI. */
export const TAG_UB = 0x7fffffff;

/** In place of a send buffer (or, where the standard says so, a receive buffer): the data are in the other one. */
export const IN_PLACE: unique symbol = Symbol('MPI_IN_PLACE');
export type InPlace = typeof IN_PLACE;
