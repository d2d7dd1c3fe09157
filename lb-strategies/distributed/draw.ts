/** Random choices of agents. */
import type { AgentHost } from '../../core/balance/agent.ts';

/**
 * All items, in random order: the heavier, the sooner. The first is drawn by weight, the next from the rest, and so on
 * (Efraimidis and Spirakis). Items without weight are left out. O(n log n).
 */
export function drawnByWeight<T>(items: Iterable<T>, weightOf: (item: T) => number, random: AgentHost['random']): T[] {
  const drawn: { item: T; key: number }[] = [];
  for (const item of items) {
    const weight = weightOf(item);
    if (weight > 0) drawn.push({ item, key: -Math.log(1 - random.next()) / weight });
  }
  return drawn.sort((a, b) => a.key - b.key).map(({ item }) => item);
}

/** A PE other than this one, of at least two. */
export function anotherPe({ pe, pes, random }: AgentHost): number {
  return (pe + 1 + Math.floor(random.next() * (pes - 1))) % pes;
}
