/** What the launcher of a job of several node runtimes and the nodes say to each other, over the channel of the child process. */
import type { ErrorWire } from '../../core/base/errors.ts';
import type { Address } from '../../transports/sockets/socket-mesh.ts';
import type { ClassDescription, PeSettings } from '../worker-protocol.ts';

export interface NodeStart {
  readonly node: number;
  readonly nodes: number;
  /** PEs of each node. */
  readonly pesPerNode: number;
  readonly settings: PeSettings;
  readonly heapMb: number | undefined;
  /** Hexadecimal; never in arguments, which other users can read. */
  readonly secret: string;
  readonly listen: { readonly path: string } | { readonly host: string };
}

/** To a node. */
export type NodeOrder =
  | { readonly kind: 'start'; readonly start: NodeStart }
  | { readonly kind: 'connect'; readonly addresses: readonly Address[] }
  | { readonly kind: 'program'; readonly url: string }
  | { readonly kind: 'go' }
  | { readonly kind: 'stop' };

/** From a node. */
export type NodeMessage =
  | { readonly kind: 'listening'; readonly address: Address }
  | { readonly kind: 'connected' }
  | { readonly kind: 'loaded'; readonly description: readonly string[]; readonly classes: readonly ClassDescription[] }
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'failed'; readonly error: ErrorWire }
  | { readonly kind: 'alive' }
  | { readonly kind: 'done' };
