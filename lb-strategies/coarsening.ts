/**
 * Makes a graph coarser by merging pairs of objects that exchange the most bytes (heavy-edge matching), level by level.
 * Pinned objects, and objects whose `group` differs, are not merged; nor does a merged object get heavier than
 * `workMax`, so that the coarse objects can still be balanced.
 */
import type { CommunicationGraph } from './communication-graph.ts';

export interface Level {
  readonly graph: CommunicationGraph;
  readonly work: Float64Array;
  readonly isFixed: Uint8Array;
  /** Where its objects were measured: of a mixed one, where the largest was. */
  readonly home: Int32Array;
  /** Which object of the next coarser level each became; empty at the coarsest. */
  coarse: Int32Array;
}

export interface CoarseningRules {
  readonly countMin: number;
  readonly workMax: number;
  /** Objects merge only with others of the same home. */
  readonly isHomeKept: boolean;
}

/** The finest level first. */
export function coarsened(finest: Level, rules: CoarseningRules): Level[] {
  const levels = [finest];
  for (let level = finest; level.graph.count > rules.countMin; ) {
    const match = heavyEdgeMatching(level, rules);
    const next = contracted(level, match);
    if (next.graph.count > 0.95 * level.graph.count) break;
    levels.push(next);
    level = next;
  }
  return levels;
}

/** Objects of low degree choose first: they have the fewest choices. */
function heavyEdgeMatching({ graph, work, isFixed, home }: Level, rules: CoarseningRules): Int32Array {
  const { offset, neighbour, bytes } = graph;
  const match = new Int32Array(graph.count).fill(-1);
  for (const object of byDegree(graph)) {
    if (match[object] !== -1) continue;
    match[object] = object;
    if (isFixed[object] === 1) continue;
    let best = -1;
    let bestBytes = 0;
    for (let i = offset[object]!; i < offset[object + 1]!; i++) {
      const other = neighbour[i]!;
      if (match[other] !== -1 || isFixed[other] === 1 || work[object]! + work[other]! > rules.workMax) continue;
      if (rules.isHomeKept && home[other] !== home[object]) continue;
      // Of equal edges the lighter partner, which keeps the sizes even.
      if (bytes[i]! > bestBytes || (bytes[i] === bestBytes && work[other]! < work[best]!))
        [best, bestBytes] = [other, bytes[i]!];
    }
    if (best === -1) continue;
    match[object] = best;
    match[best] = object;
  }
  return match;
}

function byDegree({ count, offset }: CommunicationGraph): Int32Array {
  const degreeMax = 64;
  const start = new Int32Array(degreeMax + 2);
  const degree = (object: number): number => Math.min(degreeMax, offset[object + 1]! - offset[object]!);
  for (let object = 0; object < count; object++) start[degree(object) + 1]!++;
  for (let d = 0; d <= degreeMax; d++) start[d + 1]! += start[d]!;
  const order = new Int32Array(count);
  for (let object = 0; object < count; object++) order[start[degree(object)]!++] = object;
  return order;
}

function contracted(level: Level, match: Int32Array): Level {
  const { graph, home } = level;
  const coarse = new Int32Array(graph.count).fill(-1);
  const first: number[] = [];
  for (let object = 0; object < graph.count; object++) {
    if (coarse[object] !== -1) continue;
    coarse[object] = coarse[match[object]!] = first.length;
    first.push(object);
  }
  level.coarse = coarse;
  const count = first.length;
  const work = new Float64Array(count);
  const isFixed = new Uint8Array(count);
  const homes = new Int32Array(count);
  for (let c = 0; c < count; c++) {
    const a = first[c]!;
    const b = match[a]!;
    work[c] = level.work[a]! + (a === b ? 0 : level.work[b]!);
    isFixed[c] = level.isFixed[a]!;
    homes[c] = level.work[b]! > level.work[a]! ? home[b]! : home[a]!;
  }
  return { graph: contractedGraph(level, match, first), work, isFixed, home: homes, coarse: new Int32Array(0) };
}

function contractedGraph({ graph, coarse }: Level, match: Int32Array, first: readonly number[]): CommunicationGraph {
  const count = first.length;
  const offset = new Int32Array(count + 1);
  const neighbour = new Int32Array(graph.neighbour.length);
  const bytes = new Float64Array(graph.bytes.length);
  const seenAt = new Int32Array(count).fill(-1);
  let write = 0;
  for (let c = 0; c < count; c++) {
    const start = write;
    const a = first[c]!;
    const b = match[a]!;
    for (let object = a; ; object = b) {
      for (let i = graph.offset[object]!; i < graph.offset[object + 1]!; i++) {
        const other = coarse[graph.neighbour[i]!]!;
        if (other === c) continue;
        const seen = seenAt[other]!;
        if (seen >= start) {
          bytes[seen]! += graph.bytes[i]!;
        } else {
          seenAt[other] = write;
          neighbour[write] = other;
          bytes[write++] = graph.bytes[i]!;
        }
      }
      if (object === b) break;
    }
    offset[c + 1] = write;
  }
  return { count, offset, neighbour: neighbour.slice(0, write), bytes: bytes.slice(0, write) };
}
