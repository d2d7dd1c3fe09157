/** What a job's supervisor and its PE threads say to each other. */
import type { ErrorWire } from '../core/base/errors.ts';
import type { MessageCheckKind } from '../core/pe/message-check-kinds.ts';
import type { GatewayMemory } from '../transports/outside/gateway-memory.ts';
import type { TlsIdentity } from '../transports/sockets/carrier.ts';
import type { SharedMachine } from '../transports/threads/threads-link.ts';
import type { BalancingOptions } from './balancing-options.ts';
import type { PeView, ViewDetail } from './live/pe-view.ts';
import type { TraceStart } from './trace/trace-files.ts';

/** What all PEs of a job have in common. */
export interface PeSettings {
  readonly args: readonly string[];
  readonly seed: number;
  /** How long an idle PE spins before it sleeps. */
  readonly spinMs: number;
  readonly shuffle: boolean;
  readonly checkMessages: MessageCheckKind | undefined;
  /** Its name. */
  readonly seedBalancer: string;
  /** How to balance loads. */
  readonly balancing: BalancingOptions;
  /** Where to record the run. */
  readonly trace: TraceStart | undefined;
  /** Where to record the order of what PEs do, or where to find it. */
  readonly record: RecordStart | undefined;
  /** What runs, if the job can be looked at while it does: see docs/live.md. */
  readonly live: string | undefined;
}

export interface RecordStart {
  readonly directory: string;
  readonly isReplay: boolean;
}

/** What connects a node runtime to the others. */
export interface MeshStart {
  readonly node: number;
  readonly nodes: number;
  /** Hexadecimal; never in arguments, which other users can read. */
  readonly secret: string;
  /** Name of a carrier. */
  readonly transport: string;
  /** A folder that only this user can enter. */
  readonly folder: string;
  readonly host: string;
  readonly tls: TlsIdentity | undefined;
  readonly proxy: string | undefined;
}

/** What a process that mpirun has started knows of itself before it asks MPI. */
export interface MpiStart {
  readonly node: number;
  readonly nodes: number;
  /** More threads than cores on this machine. */
  readonly isCrowded: boolean;
}

/** Given to a worker when it starts. */
export interface WorkerStart {
  /** Its number in the job. */
  readonly pe: number;
  /** Number of the first PE of this process. */
  readonly firstPe: number;
  readonly jobPes: number;
  readonly pesPerNode: number;
  readonly machine: SharedMachine;
  /** To other node runtimes; undefined if there are none. */
  readonly gateway: GatewayMemory | undefined;
  /** Connections that this PE has itself, being alone in its node runtime. */
  readonly direct: MeshStart | undefined;
  /** It calls the MPI library itself, being alone in a node runtime that mpirun has started. */
  readonly mpi: MpiStart | undefined;
  readonly settings: PeSettings;
}

/**
 * To a worker: the program's address, once it has been compiled; to PE 0 the word to run `main`, once all PEs have
 * loaded the same program; and to those that have not begun to run, the word to leave (the others see their stop word).
 */
export type WorkerOrder =
  | { readonly kind: 'program'; readonly url: string }
  | { readonly kind: 'go' }
  /** Addresses of all nodes, for a PE that connects itself. */
  | { readonly kind: 'connect'; readonly addresses: readonly string[] }
  /** Somebody looks at the running job; wants other strategies of load balancing. Answers carry the number. */
  | { readonly kind: 'look'; readonly id: number; readonly detail: ViewDetail }
  | { readonly kind: 'balancer'; readonly id: number; readonly names: readonly string[] }
  /** To be passed on to the process of another node. */
  | { readonly kind: 'control'; readonly node: number; readonly text: string }
  | { readonly kind: 'stop' };

export interface ClassDescription {
  readonly name: string;
  readonly entries: readonly string[];
}

/** How the connections of a node come about. */
export type MeshMessage =
  /** With the address for heartbeats, if there are any. */
  { readonly kind: 'listening'; readonly address: string; readonly pulse?: string } | { readonly kind: 'connected' };

/** From a worker. */
export type WorkerMessage =
  | { readonly kind: 'loaded'; readonly description: readonly string[]; readonly classes: readonly ClassDescription[] }
  | MeshMessage
  /** From the process of another node. */
  | { readonly kind: 'control'; readonly node: number; readonly text: string }
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'failed'; readonly error: ErrorWire }
  | { readonly kind: 'seen'; readonly id: number; readonly view: PeView }
  | { readonly kind: 'balancerSet'; readonly id: number; readonly error?: string }
  /** It runs no more of the program; only its output is still on the way. */
  | { readonly kind: 'left' }
  | { readonly kind: 'done' };
