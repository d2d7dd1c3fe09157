/**
 * What balancing steps did. A step lies between two phases of the run; it is seen in three ways:
 *
 *  1. What the balancer said: the loads that it measured and expected (points `lbLoadBefore` and `lbLoadAfter`), and the
 *     moves (spans `migrateOut`, the element and the PE it went to).
 *  2. What came of it: the busy time of each PE in the phase before and in the phase after, measured from executions.
 *  3. Moves that nobody recorded: elements that were executed on one PE before and on another after.
 *
 * Steps are spans `lbStep`; in traces without them, the ends of phases that AtSync left there.
 */
import { type LbReport, parseLbReport } from '../model/lb-report.ts';
import { codeOf, none, pointKinds, spanKinds } from '../model/schema.ts';
import { elementName, type Trace } from '../model/trace.ts';
import { choose, eachExecution, type Selection } from './selection.ts';

export interface LoadBalance {
  readonly pe: Int32Array;
  readonly steps: readonly LbStep[];
}

export interface LbStep {
  readonly step: number;
  readonly begin: number;
  readonly end: number;
  /** As the balancer saw it, ns by PE; empty if it was not recorded. */
  readonly saidBefore: Float64Array;
  readonly saidAfter: Float64Array;
  /** Busy time by PE in the phase before and after, ns. The phases: from `phaseBegin` to `begin`, from `end` to `phaseEnd`. */
  readonly before: Float64Array;
  readonly after: Float64Array;
  readonly phaseBegin: number;
  readonly phaseEnd: number;
  /** Bytes that came from other PEs in the two phases. */
  readonly trafficBefore: number;
  readonly trafficAfter: number;
  readonly moves: Moves;
  /** What the balancer told of the step; null if nothing was recorded. */
  readonly report: LbReport | null;
}

export interface Moves {
  readonly element: Int32Array;
  readonly names: readonly string[];
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** Busy time of the element in the phase before, ns: why it was worth moving. */
  readonly load: Float64Array;
  readonly bytes: Float64Array;
}

const [lbStep, migrateOut] = [codeOf(spanKinds, 'lbStep'), codeOf(spanKinds, 'migrateOut')];
const phase = codeOf(pointKinds, 'phase');
const [loadBefore, loadAfter] = [codeOf(pointKinds, 'lbLoadBefore'), codeOf(pointKinds, 'lbLoadAfter')];
const lbReport = codeOf(pointKinds, 'lbReport');
const stepsMax = 2000;
const movesMax = 5000;

interface Boundary {
  readonly step: number;
  begin: number;
  end: number;
}

export function loadBalance(trace: Trace, selection: Selection = {}): LoadBalance {
  const { begin, end, pes, elements } = choose(trace, selection);
  const boundaries = boundariesOf(trace)
    .filter((one) => one.end >= begin && one.begin <= end)
    .slice(0, stepsMax);
  const edges = [begin, ...boundaries.map((one) => one.begin), end];
  const phases = edges.slice(0, -1).map((_, i) => {
    const from = i === 0 ? begin : boundaries[i - 1]!.end;
    return phaseOf(trace, { ...selection, begin: from, end: Math.max(from, edges[i + 1]!) });
  });
  return {
    pe: Int32Array.from(pes, ({ pe }) => pe),
    steps: boundaries.map((boundary, i) => ({
      ...boundary,
      saidBefore: said(pes, boundary, loadBefore),
      saidAfter: said(pes, boundary, loadAfter),
      before: phases[i]!.busy,
      after: phases[i + 1]!.busy,
      phaseBegin: phases[i]!.begin,
      phaseEnd: phases[i + 1]!.end,
      trafficBefore: phases[i]!.traffic,
      trafficAfter: phases[i + 1]!.traffic,
      report: reportOf(trace, boundary.step),
      moves: movesOf(trace, elements, boundary, phases[i]!, phases[i + 1]!),
    })),
  };
}

/** A step on all PEs, from the first that began it to the last that ended it. */
function boundariesOf(trace: Trace): Boundary[] {
  const steps = new Map<number, Boundary>();
  const add = (step: number, begin: number, end: number): void => {
    const known = steps.get(step);
    if (known === undefined) steps.set(step, { step, begin, end });
    else {
      known.begin = Math.min(known.begin, begin);
      known.end = Math.max(known.end, end);
    }
  };
  for (const { spans } of trace.pes)
    for (let row = 0; row < spans.kind.length; row++)
      if (spans.kind[row] === lbStep) add(spans.id[row]!, spans.begin[row]!, spans.end[row]!);
  if (steps.size === 0)
    for (const { points } of trace.pes)
      for (let row = 0; row < points.kind.length; row++)
        if (points.kind[row] === phase) add(points.id[row]!, points.time[row]!, points.time[row]!);
  return [...steps.values()].sort((a, b) => a.begin - b.begin);
}

interface Phase {
  readonly begin: number;
  readonly end: number;
  /** By PE of the selection. */
  readonly busy: Float64Array;
  readonly traffic: number;
  /** By element: busy time, and the PE where it was executed last. */
  readonly load: Map<number, number>;
  readonly place: Map<number, number>;
}

function phaseOf(trace: Trace, selection: Selection): Phase {
  const chosen = choose(trace, selection);
  const rowOf = new Map(chosen.pes.map(({ pe }, row) => [pe, row]));
  const busy = new Float64Array(chosen.pes.length);
  const load = new Map<number, number>();
  const place = new Map<number, number>();
  const last = new Map<number, number>();
  let traffic = 0;
  eachExecution(chosen, ({ pe, executions }, row, from, to) => {
    busy[rowOf.get(pe)!]! += to - from;
    const source = executions.source[row]!;
    if (source !== none && source !== pe) traffic += executions.bytes[row]!;
    const element = executions.element[row]!;
    if (element === none) return;
    load.set(element, (load.get(element) ?? 0) + to - from);
    if (from < (last.get(element) ?? Number.NEGATIVE_INFINITY)) return;
    last.set(element, from);
    place.set(element, pe);
  });
  return { begin: chosen.begin, end: chosen.end, busy, traffic, load, place };
}

function said(pes: Trace['pes'], { step }: Boundary, kind: number): Float64Array {
  const loads = new Float64Array(pes.length);
  let found = 0;
  const placeOf = new Map(pes.map(({ pe }, at) => [pe, at]));
  for (const [own, { points }] of pes.entries())
    for (let row = 0; row < points.kind.length; row++) {
      if (points.kind[row] !== kind || points.id[row] !== step) continue;
      // One PE may speak for others.
      const at = Number.isNaN(points.extra[row]!) ? own : placeOf.get(points.extra[row]!);
      if (at === undefined) continue;
      loads[at] = points.value[row]!;
      found++;
    }
  return found === 0 ? new Float64Array(0) : loads;
}

function reportOf(trace: Trace, step: number): LbReport | null {
  for (const { points, texts } of trace.pes)
    for (let row = 0; row < points.kind.length; row++)
      if (points.kind[row] === lbReport && points.id[row] === step)
        return parseLbReport(texts[points.value[row]!] ?? '') ?? null;
  return null;
}

/** @param elements Those that count, by row + 1; all if absent. */
function movesOf(
  trace: Trace,
  elements: Uint8Array | undefined,
  { begin, end }: Boundary,
  before: Phase,
  after: Phase,
): Moves {
  const isWanted = (element: number): boolean => elements === undefined || elements[element + 1] === 1;
  const moves: { element: number; from: number; to: number; bytes: number }[] = [];
  let recorded = 0;
  for (const { pe, spans } of trace.pes)
    for (let row = 0; row < spans.kind.length; row++) {
      if (spans.kind[row] !== migrateOut || spans.begin[row]! < begin || spans.begin[row]! > Math.max(end, after.end))
        continue;
      recorded++;
      if (!isWanted(spans.element[row]!)) continue;
      moves.push({ element: spans.element[row]!, from: pe, to: spans.peer[row]!, bytes: spans.value[row]! });
    }
  if (recorded === 0) {
    // Only elements of arrays move; others are on many PEs at once.
    for (const [element, from] of before.place) {
      const to = after.place.get(element);
      const isArray = trace.elements.dimensions[element]! > 0 || trace.elements.text[element]! >= 0;
      if (isArray && to !== undefined && to !== from) moves.push({ element, from, to, bytes: Number.NaN });
    }
  }
  const loadOf = (element: number): number => before.load.get(element) ?? 0;
  moves.sort((a, b) => loadOf(b.element) - loadOf(a.element) || a.element - b.element).splice(movesMax);
  return {
    element: Int32Array.from(moves, ({ element }) => element),
    names: moves.map(({ element }) => elementName(trace, element).slice(0, 200)),
    from: Int32Array.from(moves, ({ from }) => from),
    to: Int32Array.from(moves, ({ to }) => to),
    load: Float64Array.from(moves, ({ element }) => loadOf(element)),
    bytes: Float64Array.from(moves, ({ bytes }) => bytes),
  };
}

/** Largest load over the mean: 1 is perfect. */
export function imbalance(loads: Float64Array): number {
  const sum = loads.reduce((total, load) => total + load, 0);
  return sum === 0 ? 1 : (Math.max(...loads) * loads.length) / sum;
}
