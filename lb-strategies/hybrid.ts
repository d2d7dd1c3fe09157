/**
 * Hybrid: balances in two levels, as HybridLB of the original does over its tree, here as one pure function.
 *
 * 1. PEs are grouped, by node where there are several, else in about √P groups of neighbours. Each group is one PE to
 *    RefineComm, which says which objects change groups.
 * 2. In each group, newcomers are put on the lightest PEs, the largest first, and RefineComm evens out the group. Objects
 *    of other groups are not looked at.
 *
 * Few objects cross nodes, and no step looks at more than one group or at all groups as wholes.
 */
import type { LbStatistics, Strategy, StrategyContext } from '../core/balance/strategy.ts';
import { IndexedHeap } from './indexed-heap.ts';
import { objectsByPe, Placement } from './placement.ts';
import { refineComm } from './refine-comm.ts';
import { migrationsTo, statisticsFrom } from './statistics.ts';

export const hybrid: Strategy = (statistics, context) => {
  const groupOf = groupsOf(statistics);
  const groupCount = groupOf.reduce((max, group) => Math.max(max, group), -1) + 1;
  if (groupCount < 2) return refineComm(statistics, context);
  const placement = new Placement(statistics);
  const groups = groupStatistics(placement, groupOf, groupCount);
  const group = groups.objects.pe.slice();
  for (const { object, to } of refineComm(groups, context)) group[object] = to;
  const members = objectsByPe(groupCount, group);
  const pes = objectsByPe(groupCount, groupOf);
  const edges = innerEdges(statistics, group, groupCount);
  const at = statistics.objects.pe.slice();
  for (let g = 0; g < groupCount; g++) {
    const part: Part = {
      pes: pes.object.subarray(pes.offset[g]!, pes.offset[g + 1]!),
      objects: members.object.subarray(members.offset[g]!, members.offset[g + 1]!),
      edges: edges.object.subarray(edges.offset[g]!, edges.offset[g + 1]!),
    };
    balanceGroup(placement, part, at, context);
  }
  return migrationsTo(statistics, at);
};

/** A group: which PEs it has, which objects it has now, and the edges between those. */
interface Part {
  readonly pes: Int32Array;
  readonly objects: Int32Array;
  readonly edges: Int32Array;
}

function groupsOf({ pes }: LbStatistics): Int32Array {
  const numbers = new Map<number, number>();
  for (let pe = 0; pe < pes.count; pe++) if (!numbers.has(pes.node[pe]!)) numbers.set(pes.node[pe]!, numbers.size);
  if (numbers.size > 1) return pes.node.map((node) => numbers.get(node)!);
  const size = Math.ceil(Math.sqrt(pes.count));
  return Int32Array.from({ length: pes.count }, (_, pe) => Math.floor(pe / size));
}

/** Each group as one PE, as fast as its available PEs together. */
function groupStatistics(placement: Placement, groupOf: Int32Array, groupCount: number): LbStatistics {
  const { statistics, work, home, isAvailable } = placement;
  const speed = new Float64Array(groupCount);
  const background = new Float64Array(groupCount);
  for (let pe = 0; pe < groupOf.length; pe++) {
    if (isAvailable[pe] === 0) continue;
    speed[groupOf[pe]!]! += placement.speed[pe]!;
    background[groupOf[pe]!]! += statistics.pes.background[pe]! * placement.speed[pe]!;
  }
  const available = speed.map((sum) => (sum > 0 ? 1 : 0));
  for (let g = 0; g < groupCount; g++) {
    if (speed[g] === 0) speed[g] = 1;
    background[g]! /= speed[g]!;
  }
  const pe = home.map((at) => groupOf[at]!);
  const load = work.map((amount, object) => amount / speed[pe[object]!]!);
  const { isMigratable } = statistics.objects;
  const pes = { count: groupCount, speed, background, isAvailable: available };
  return { ...statisticsFrom({ objects: { load, pe, isMigratable }, pes }), edges: statistics.edges };
}

/** Edges whose ends are in one group, by group. Others are put in a row of their own, at the end. */
function innerEdges({ edges }: LbStatistics, group: Int32Array, groupCount: number): ReturnType<typeof objectsByPe> {
  const rows = new Int32Array(edges.count);
  for (let edge = 0; edge < edges.count; edge++) {
    const from = group[edges.from[edge]!]!;
    rows[edge] = from === group[edges.to[edge]!] ? from : groupCount;
  }
  return objectsByPe(groupCount + 1, rows);
}

function balanceGroup(placement: Placement, part: Part, at: Int32Array, context: StrategyContext): void {
  const { statistics, work, speed } = placement;
  const start = withNewcomers(placement, part);
  const peNumber = new Map(Array.from(part.pes, (pe, number) => [pe, number]));
  const objectNumber = new Map(Array.from(part.objects, (object, number) => [object, number]));
  const { edges } = statistics;
  const inner = statisticsFrom({
    objects: {
      load: Array.from(part.objects, (object, number) => work[object]! / speed[start[number]!]!),
      pe: start.map((pe) => peNumber.get(pe)!),
      isMigratable: Array.from(part.objects, (object) => placement.isMigratable[object]!),
    },
    pes: {
      count: part.pes.length,
      background: Array.from(part.pes, (pe) => statistics.pes.background[pe]!),
      speed: Array.from(part.pes, (pe) => speed[pe]!),
      isAvailable: Array.from(part.pes, (pe) => placement.isAvailable[pe]!),
    },
    edges: {
      from: Array.from(part.edges, (edge) => objectNumber.get(edges.from[edge]!)!),
      to: Array.from(part.edges, (edge) => objectNumber.get(edges.to[edge]!)!),
      bytes: Array.from(part.edges, (edge) => edges.bytes[edge]!),
    },
  });
  for (let number = 0; number < part.objects.length; number++) at[part.objects[number]!] = start[number]!;
  for (const { object, to } of refineComm(inner, context)) at[part.objects[object]!] = part.pes[to]!;
}

/** The PE of each object of the group: its own, or for newcomers the lightest. */
function withNewcomers(placement: Placement, { pes, objects }: Part): Int32Array {
  const { home, work, speed, isAvailable } = placement;
  const lightest = new IndexedHeap(placement.peCount);
  const isHere = new Set(pes);
  for (let i = 0; i < pes.length; i++) {
    if (isAvailable[pes[i]!] === 1) lightest.set(pes[i]!, placement.statistics.pes.background[pes[i]!]!);
  }
  const start = objects.map((object) => home[object]!);
  const newcomers: number[] = [];
  for (let number = 0; number < objects.length; number++) {
    const pe = start[number]!;
    if (!isHere.has(pe)) newcomers.push(number);
    else if (lightest.has(pe)) lightest.set(pe, lightest.keyOf(pe) + placement.sizeOn(objects[number]!, pe));
  }
  newcomers.sort((a, b) => work[objects[b]!]! - work[objects[a]!]! || a - b);
  for (const number of newcomers) {
    const pe = lightest.peek();
    start[number] = pe;
    lightest.set(pe, lightest.keyOf(pe) + work[objects[number]!]! / speed[pe]!);
  }
  return start;
}
