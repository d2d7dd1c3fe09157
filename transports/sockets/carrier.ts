/**
 * How streams of bytes between node runtimes come about: what differs between TCP, local sockets and WebSockets. All else,
 * who may connect and what goes over a stream, is the mesh's (socket-mesh.ts). A carrier of one's own is one file:
 * docs/transports.md.
 */
import type { Duplex } from 'node:stream';

export interface CarriedStream {
  /** Bytes in order, both ways; `close` or `error` when it has ended. It is not flowing yet. */
  readonly stream: Duplex;
  /** It does not keep the event loop going. */
  unref(): void;
  /** For carriers that know who is there: resolves once they do. Nothing is written before. @throws Error */
  readonly secured?: Promise<Secured>;
}

/** What is known of the other side of a stream before it has said anything. */
export interface Secured {
  /** The node that it is, if that is known. */
  readonly node: number | undefined;
  /** A secret that only the two ends of this stream share, so that proofs can't be passed on. */
  readonly binding: Uint8Array;
}

/** PEM texts. */
export interface TlsIdentity {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface Carrier {
  /** Hands every stream that others open to `onStream`. Resolves with an address that `connect` takes. @throws Error of the system */
  listen(onStream: (carried: CarriedStream) => void): Promise<string>;
  /** Opens a stream; that it can't be opened is an `error` of the stream. */
  connect(address: string): CarriedStream;
  /** Listening does not keep the event loop going. */
  unref(): void;
  /** Listens no more. Streams that are there are not touched. */
  close(): void;
}

/** What a carrier is told about the job. */
export interface CarrierOptions {
  readonly node: number;
  /** What all nodes of the job know, and nobody else. The mesh proves it on every stream; carriers need it only for more. */
  readonly secret: Uint8Array;
  /** A folder that only this user can enter. */
  readonly folder: string;
  /** The interface to listen on, for those that have any. */
  readonly host: string;
  /** For carriers that know TLS: use it, with this. */
  readonly tls?: TlsIdentity | undefined;
  /** URL of an HTTP proxy, for carriers that can go through one. */
  readonly proxy?: string | undefined;
}

export type MakeCarrier = (options: CarrierOptions) => Carrier;
