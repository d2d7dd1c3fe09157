/**
 * Starts a node runtime for a launcher that is elsewhere, and stands between them: orders go in, messages and output come out.
 *
 *  1. The first word says which program. It is compiled here, from the same path as there.
 *  2. The node listens on `host`, the address by which the launcher has reached this machine.
 *  3. When the launcher is gone (the connection is closed, or nothing has come for `silentMs`) the node is killed at once.
 *
 * Invariant: no node outlives its agent, and no agent its launcher for more than `silentMs`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { toWire } from '../../core/base/errors.ts';
import { prepareJob } from '../rank-program.ts';
import { AgentChannel, type AgentMessage, type AgentOrder } from './agent-channel.ts';
import { NodeChild } from './node-child.ts';
import type { NodeOrder } from './node-protocol.ts';

export const pingEveryMs = 1000;
const silentMs = 10_000;
/** This process itself was stopped for so long: nobody could be heard. */
const ownGapMs = 2000;

export interface AgentEnds {
  readonly input: Readable;
  readonly output: Writable;
  /** Where the node listens. */
  readonly host: string;
  /** What the node prints goes to this process's output, and not to the launcher. */
  readonly isPrinting: boolean;
}

/** Resolves when the node has ended and all has been told. */
export async function runAgent({ input, output, host, isPrinting }: AgentEnds): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'charm4ts-'));
  let child: NodeChild | undefined;
  let url: Promise<string> | undefined;
  let heardAt = performance.now();
  let finish!: () => void;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const give = (order: NodeOrder): void => {
    if (order.kind === 'start')
      child!.tell({ kind: 'start', start: { ...order.start, mesh: { ...order.start.mesh, folder, host } } });
    else if (order.kind !== 'program') child!.tell(order);
    else
      url!.then(
        (here) => child!.tell({ kind: 'program', url: here }),
        (error: unknown) => channel.say({ kind: 'message', message: { kind: 'failed', error: toWire(error) } }),
      );
  };
  const begin = ({ node, program, ranks }: AgentOrder & { readonly kind: 'agent' }): void => {
    url = prepareJob(program, ranks);
    url.catch(() => undefined);
    const pass = (stream: 'stdout' | 'stderr', text: string): void => channel.say({ kind: 'output', stream, text });
    let end = { code: null as number | null, signal: null as NodeJS.Signals | null };
    const started: NodeChild = new NodeChild(
      node,
      { isCaptured: false, prefix: '', ...(isPrinting ? {} : { pass }) },
      (message) => channel.say({ kind: 'message', message }),
      (how) => {
        end = how;
      },
    );
    child = started;
    void started.ended.then(() => {
      channel.say({ kind: 'end', ...end });
      finish();
    });
  };
  const channel = new AgentChannel<AgentMessage, AgentOrder>(
    input,
    output,
    (word) => {
      heardAt = performance.now();
      if (word.kind === 'agent') begin(word);
      else if (word.kind === 'order') give(word.order);
    },
    finish,
  );
  const watch = watchSilence(() => heardAt, finish);
  await finished;
  clearInterval(watch);
  child?.kill();
  await rm(folder, { recursive: true, force: true });
}

function watchSilence(heardAt: () => number, onSilence: () => void): NodeJS.Timeout {
  let lookedAt = performance.now();
  let excusedMs = 0;
  return setInterval(() => {
    const now = performance.now();
    const gap = now - lookedAt - pingEveryMs;
    lookedAt = now;
    if (gap > ownGapMs) excusedMs = now + silentMs;
    if (now > excusedMs && now - heardAt() > silentMs) onSilence();
  }, pingEveryMs);
}
