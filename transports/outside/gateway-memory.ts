/**
 * Memory between the PEs of a node runtime and its communication thread: for each PE a ring out and a ring in.
 *
 * What passes through are parcels: frames between PEs of different nodes, with the PEs they are for and from before them.
 *
 *     0  u32  PE it is for
 *     4  u32  PE it is from
 *     8  the frame; or of a begin record the frame's length (u32); or of a part record some of the frame's bytes
 *
 * A parcel that is too large for a record goes as a begin record and parts, which one PE sends without anything in
 * between; those of different PEs may be mixed on the way, and are told apart by the PE they are from.
 */
import { ringControlWords, type SharedRing } from '../threads/ring.ts';

/** More than this of what a PE has sent to other nodes waits in its memory: it should send no more. */
export const congestedBytes = 8 << 20;

export const parcelHeadBytes = 8;

export interface GatewayMemory {
  /** PEs of this node runtime. */
  readonly pes: number;
  /** `parked`: 1 while the communication thread sleeps; what PEs notify. */
  readonly words: Int32Array;
  readonly controls: Int32Array;
  readonly data: Uint8Array;
}

export const parkedWord = 0;
const ringBytes = 1 << 20;

export function makeGatewayMemory(pes: number): GatewayMemory {
  return {
    pes,
    words: new Int32Array(new SharedArrayBuffer(64)),
    controls: new Int32Array(new SharedArrayBuffer(2 * pes * ringControlWords * 4)),
    data: new Uint8Array(new SharedArrayBuffer(2 * pes * ringBytes)),
  };
}

/** The ring from a PE of this node to the communication thread. */
export function ringFrom(memory: GatewayMemory, pe: number): SharedRing {
  return ringNumbered(memory, 2 * pe);
}

/** The ring from the communication thread to a PE of this node. */
export function ringTo(memory: GatewayMemory, pe: number): SharedRing {
  return ringNumbered(memory, 2 * pe + 1);
}

function ringNumbered({ controls, data }: GatewayMemory, i: number): SharedRing {
  return {
    control: controls.subarray(i * ringControlWords, (i + 1) * ringControlWords),
    data: data.subarray(i * ringBytes, (i + 1) * ringBytes),
  };
}
