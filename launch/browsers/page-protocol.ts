/**
 * What the launcher and a page that is a node say to each other over a WebSocket. Text messages are these, as JSON; binary ones
 * are records of the transport (transports/page/record-batch.ts).
 */
import type { NodeMessage, NodeOrder } from '../nodes/node-protocol.ts';
import type { MeshMessage, PeSettings } from '../worker-protocol.ts';

export interface PageStart {
  readonly node: number;
  readonly nodes: number;
  readonly pesPerNode: number;
  readonly settings: PeSettings;
}

/** Addresses of the program, and of strategies by the file names that `--balancer` was given. */
export interface PageScripts {
  readonly url: string;
  readonly strategies: Readonly<Record<string, string>>;
}

export type PageOrder =
  | Exclude<NodeOrder, { readonly kind: 'start' | 'connect' | 'program' }>
  | ({ readonly kind: 'program' } & PageScripts)
  | { readonly kind: 'start'; readonly start: PageStart }
  /** Wants an answer: an open connection says nothing about whether the page still runs. */
  | { readonly kind: 'ping' };

export type PageMessage =
  | Exclude<NodeMessage, MeshMessage | { readonly kind: 'hello' }>
  | { readonly kind: 'output'; readonly stream: 'stdout' | 'stderr'; readonly text: string }
  /** The PEs of the page can't take more for now, or can again. */
  | { readonly kind: 'paused'; readonly isPaused: boolean };

export const joinPath = '/join';
/** Of the files of the runtime. */
export const runtimePath = '/runtime/';

/** Codes with which the launcher closes the connection of a page. */
export const closeCode = { ended: 4000, full: 4001, broken: 4002 } as const;

const kinds: ReadonlySet<string> = new Set<PageMessage['kind']>([
  'loaded',
  'exit',
  'failed',
  'alive',
  'done',
  'output',
  'paused',
]);

/** The message in a text, or undefined if it is none. What follows the kind is believed: who has the token is trusted. */
export function parsePageMessage(text: string): PageMessage | undefined {
  try {
    const message = JSON.parse(text) as PageMessage;
    return kinds.has(message?.kind) ? message : undefined;
  } catch {
    return undefined;
  }
}
