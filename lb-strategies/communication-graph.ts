/**
 * Who talks to whom, as an undirected graph in compressed rows: the neighbours of `object` are
 * `neighbour[offset[object]] ... neighbour[offset[object + 1] - 1]`. An edge a -> b stands in both rows, with its bytes;
 * a -> b and b -> a, or several edges of one pair, are merged. O(E), no sorting.
 */
import type { EdgeStatistics } from '../core/balance/strategy.ts';

export interface CommunicationGraph {
  readonly count: number;
  readonly offset: Int32Array;
  readonly neighbour: Int32Array;
  /** Bytes both ways. */
  readonly bytes: Float64Array;
}

/**
 * Whether an object has so many neighbours (a sink that all send to) that looking at it anew after each move of one of
 * them would make searches quadratic. What is known of it may be stale until its turn comes.
 */
export function isHub({ offset }: CommunicationGraph, object: number): boolean {
  return offset[object + 1]! - offset[object]! > hubDegree;
}

const hubDegree = 256;

/** @param weight of each edge; bytes unless given. */
export function communicationGraph(
  count: number,
  edges: Omit<EdgeStatistics, 'messages'>,
  weight: Float64Array = edges.bytes,
): CommunicationGraph {
  const { from, to } = edges;
  const end = new Int32Array(count + 1);
  for (let edge = 0; edge < edges.count; edge++) {
    end[from[edge]! + 1]!++;
    end[to[edge]! + 1]!++;
  }
  for (let object = 0; object < count; object++) end[object + 1]! += end[object]!;
  const neighbour = new Int32Array(2 * edges.count);
  const bytes = new Float64Array(2 * edges.count);
  // After this loop `end[object]` is where the row of `object` ends, so the next one's begin.
  for (let edge = 0; edge < edges.count; edge++) {
    const a = from[edge]!;
    const b = to[edge]!;
    neighbour[end[a]!] = b;
    bytes[end[a]!++] = weight[edge]!;
    neighbour[end[b]!] = a;
    bytes[end[b]!++] = weight[edge]!;
  }
  return mergedRows(count, end, neighbour, bytes);
}

/** Adds up entries of a row that name the same neighbour, in place. */
function mergedRows(count: number, end: Int32Array, neighbour: Int32Array, bytes: Float64Array): CommunicationGraph {
  const offset = new Int32Array(count + 1);
  const seenAt = new Int32Array(count).fill(-1);
  let write = 0;
  let read = 0;
  for (let object = 0; object < count; object++) {
    const start = write;
    for (; read < end[object]!; read++) {
      const other = neighbour[read]!;
      if (other === object) continue;
      const seen = seenAt[other]!;
      if (seen >= start) {
        bytes[seen]! += bytes[read]!;
      } else {
        seenAt[other] = write;
        neighbour[write] = other;
        bytes[write++] = bytes[read]!;
      }
    }
    offset[object + 1] = write;
  }
  return { count, offset, neighbour: neighbour.subarray(0, write), bytes: bytes.subarray(0, write) };
}
