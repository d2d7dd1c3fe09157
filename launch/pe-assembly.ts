/** A PE put together from what its thread was told when it started; the same in Node.js and in browsers. */
import type { Balancing } from '../core/balance/balancing.ts';
import type { Clock } from '../core/base/clock.ts';
import { SeededRandom } from '../core/base/random.ts';
import type { Registry } from '../core/message/registry.ts';
import { Pe, type PeHost } from '../core/pe/pe.ts';
import type { TraceSink } from '../core/pe/trace-sink.ts';
import type { SharedHeap } from '../core/pup/shared-heap.ts';
import { PeWord, peWordsPerPe } from '../transports/threads/threads-link.ts';
import { makeQueue } from './make-queue.ts';
import { seedStrategyNamed } from './seed-strategy.ts';
import type { HostedLink } from './thread-host.ts';
import type { ClassDescription, WorkerStart } from './worker-protocol.ts';

export interface PeSurroundings {
  readonly host: PeHost;
  readonly link: HostedLink;
  readonly clock: Clock;
}

export interface Handed {
  readonly trace?: TraceSink;
  readonly balancing: Balancing;
  readonly heap: SharedHeap;
}

export function assemblePe(
  start: WorkerStart,
  registry: Registry,
  { host, link, clock }: PeSurroundings,
  { heap, ...handed }: Handed,
): Pe {
  const { pe: id, firstPe, jobPes, pesPerNode, machine } = start;
  const { args, seed, shuffle, checkMessages, seedBalancer } = start.settings;
  const word = (id - firstPe) * peWordsPerPe + PeWord.progress;
  return new Pe({
    ...handed,
    id,
    pes: jobPes,
    pesPerNode,
    args,
    clock,
    random: new SeededRandom(seed, id + 1),
    link,
    host,
    queue: makeQueue(shuffle ? new SeededRandom(seed, jobPes + id + 1) : undefined, checkMessages),
    registry,
    heap: () => heap,
    seedBalancer: seedStrategyNamed(seedBalancer),
    progress: machine.peWords.subarray(word, word + 2),
  });
}

export function describeClasses(registry: Registry): ClassDescription[] {
  return registry.types.map(({ name, table }) => ({ name, entries: table.entries.map((entry) => entry.name) }));
}
