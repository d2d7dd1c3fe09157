/** A node as the launcher's job sees it, whether it is a process or a page in a browser. */
import type { NodeOrder } from './node-protocol.ts';

/** Where output goes: to streams, or nowhere but into `output`. */
export interface NodeOutput {
  readonly isCaptured: boolean;
  /** Before each line: `[node 1] `. */
  readonly prefix: string;
  /** Takes it all instead. */
  readonly pass?: (stream: 'stdout' | 'stderr', text: string) => void;
}

export interface NodeHandle {
  readonly node: number;
  /** Resolves when nothing of it is left, and all it has written has been passed on. */
  readonly ended: Promise<void>;
  /** What was kept of it. */
  readonly output: { readonly stdout: string; readonly stderr: string };
  /** It has said that it is done. */
  isDone: boolean;
  /** When it was last heard of, by the launcher's clock. */
  heardAt: number;
  tell(order: NodeOrder): void;
  kill(): void;
  dropOutput(): void;
}
