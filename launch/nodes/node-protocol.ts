/** What the launcher of a job of several node runtimes and the nodes say to each other, over the channel of the child process. */
import type { ErrorWire } from '../../core/base/errors.ts';
import type { ClassDescription, MeshMessage, MeshStart, PeSettings } from '../worker-protocol.ts';
import type { NodeIdentity } from './node-identity.ts';

export interface NodeStart {
  readonly mesh: MeshStart;
  /** PEs of each node. */
  readonly pesPerNode: number;
  readonly settings: PeSettings;
  readonly heapMb: number | undefined;
}

/** To a node. */
export type NodeOrder =
  | { readonly kind: 'start'; readonly start: NodeStart }
  | { readonly kind: 'connect'; readonly addresses: readonly string[]; readonly pulses: readonly string[] }
  | { readonly kind: 'program'; readonly url: string }
  | { readonly kind: 'go' }
  | { readonly kind: 'stop' };

/** From a node. */
export type NodeMessage =
  | MeshMessage
  /** The first word. */
  | { readonly kind: 'hello'; readonly identity: NodeIdentity }
  | {
      readonly kind: 'loaded';
      readonly description: readonly string[];
      readonly classes: readonly ClassDescription[];
      /** Of the program; not of one for browsers. */
      readonly hash?: string;
    }
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'failed'; readonly error: ErrorWire }
  | { readonly kind: 'alive' }
  | { readonly kind: 'done' };
