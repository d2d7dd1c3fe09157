/**
 * MemoryUsher: Gossip (gossip.ts), but memory comes before load, as in the memory-ushering algorithm of MOSIX: paging
 * costs more than any imbalance.
 *
 * A PE with less than `bytesKept` free offers to the roomiest PE it has heard of, whatever the loads, and gives the
 * smallest object that ends the shortage, or else the largest ones. No PE takes what would leave it with less. PEs that are
 * not short balance loads as Gossip does, within the memory there is.
 *
 * Sizes are those of packed objects (`objects.bytes`); an object of unknown size frees nothing and is not ushered.
 */
import type { DistributedStrategy } from '../../core/balance/agent.ts';
import { GossipAgent } from './gossip.ts';

/** What a PE keeps free unless told otherwise: 64 MiB, enough for the garbage collector of a PE to work with. */
const bytesKeptDefault = 64 * 2 ** 20;

export function memoryUsher(bytesKept: number = bytesKeptDefault): DistributedStrategy {
  return { makeAgent: (host) => new GossipAgent(host, bytesKept) };
}
