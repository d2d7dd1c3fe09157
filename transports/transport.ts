/**
 * What carries parcels between node runtimes. One implementation a folder; docs/transports.md says how to write one.
 *
 * Promise, for each pair of nodes: records arrive once, whole, and in the order sent, or the peer is reported lost.
 * A transport belongs to one thread, the communication thread.
 */

/** A piece of a parcel on its way: what a record of a ring holds, see outside/gateway-memory.ts. */
export interface ParcelRecord {
  /** RecordKind: a whole frame, the beginning of a large one, or a part of it. */
  readonly kind: number;
  readonly to: number;
  readonly from: number;
  /** Valid only until the call returns. */
  readonly bytes: Uint8Array;
}

export interface TransportEvents {
  /** A record has come. */
  received(kind: number, to: number, from: number, bytes: Uint8Array, start: number, length: number): void;
  /** The connection to a node is gone, or never came about. */
  lost(node: number, why: string): void;
}

export interface Transport {
  /** Adds a record to what goes to a node; `flush` sends it at the latest. */
  send(node: number, kind: number, to: number, from: number, bytes: Uint8Array, start: number, length: number): void;
  /** Everything added so far goes on its way. */
  flush(): void;
  /** True while a node takes less than it is sent: its records should wait. */
  isCongested(node: number): boolean;
  /** While true nothing more is received, since the PEs of this node can't take more. */
  setPaused(isPaused: boolean): void;
  /** Ends all connections without reporting them lost. */
  close(): void;
}

/** A transport that tells nothing by itself: its thread asks it. */
export interface PolledTransport extends Transport {
  /** Takes in what has come. Returns true if there was anything. */
  poll(): boolean;
}
