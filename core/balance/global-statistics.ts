/** The statistics of all PEs put together, and which objects these are. O(objects + edges). */
import type { Key } from '../chare/index-space.ts';
import type { AgentOutcome } from './agent-runner.ts';
import type { LbStepReport } from './balancing.ts';
import type { LocalReport } from './load-database.ts';
import type { EdgeStatistics, LbStatistics, ObjectStatistics, PeStatistics } from './strategy.ts';

/** Name of an object; see load-database.ts. */
export interface ObjectName {
  readonly set: number;
  readonly key: Key;
}

/** Finds objects by their names. */
class Index {
  readonly #sets = new Map<number, Map<Key, number>>();

  set(set: number, key: Key, object: number): void {
    let keys = this.#sets.get(set);
    if (keys === undefined) {
      keys = new Map();
      this.#sets.set(set, keys);
    }
    keys.set(key, object);
  }

  get(set: number, key: Key): number | undefined {
    return this.#sets.get(set)?.get(key);
  }
}

export class GlobalStatistics {
  readonly statistics: LbStatistics;
  /** Objects that only an async entry method holds where they are. */
  readonly held: number;
  readonly #sets: Int32Array;
  readonly #keys: Key[];

  /** @param reports one of every PE, in the order of PEs. */
  constructor(reports: readonly LocalReport[], pesPerNode: number) {
    const count = reports.reduce((sum, { load }) => sum + load.length, 0);
    this.#sets = new Int32Array(count);
    this.#keys = new Array<Key>(count);
    const index = new Index();
    const offsets: number[] = [];
    let object = 0;
    for (const { load, sets, keys } of reports) {
      offsets.push(object);
      for (let i = 0; i < load.length; i++, object++) {
        this.#sets[object] = sets[i]!;
        this.#keys[object] = keys[i]!;
        index.set(sets[i]!, keys[i]!, object);
      }
    }
    this.held = reports.reduce((sum, { held }) => sum + held, 0);
    this.statistics = {
      objects: objectsOf(reports, this.#sets),
      pes: pesOf(reports, pesPerNode),
      edges: edgesOf(reports, offsets, index),
    };
  }

  nameOf(object: number): ObjectName {
    return { set: this.#sets[object]!, key: this.#keys[object]! };
  }
}

function objectsOf(reports: readonly LocalReport[], sets: Int32Array): ObjectStatistics {
  const count = sets.length;
  const objects = {
    count,
    load: new Float64Array(count),
    pe: new Int32Array(count),
    isMigratable: new Uint8Array(count),
    bytes: new Float64Array(count),
    collection: sets,
    position: new Float64Array(reports.some(({ position }) => position.length > 0) ? 3 * count : 0),
  };
  let at = 0;
  for (const { pe, load, isMigratable, bytes, position } of reports) {
    objects.load.set(load, at);
    objects.pe.fill(pe, at, at + load.length);
    objects.isMigratable.set(isMigratable, at);
    objects.bytes.set(bytes, at);
    objects.position.set(position, 3 * at);
    at += load.length;
  }
  return objects;
}

function pesOf(reports: readonly LocalReport[], pesPerNode: number): PeStatistics {
  // If nobody is available, everybody is: there is nowhere to go.
  const isAnyAvailable = reports.some(({ isAvailable }) => isAvailable);
  return {
    count: reports.length,
    background: Float64Array.from(reports, ({ background }) => background),
    idle: Float64Array.from(reports, ({ idle }) => idle),
    speed: Float64Array.from(reports, ({ speed }) => speed),
    isAvailable: Uint8Array.from(reports, ({ isAvailable }) => (isAvailable || !isAnyAvailable ? 1 : 0)),
    node: Int32Array.from(reports, ({ pe }) => Math.floor(pe / pesPerNode)),
    memoryFree: Float64Array.from(reports, ({ memoryFree }) => memoryFree),
  };
}

/** Edges whose ends both exist still. Two objects may have several: what companions have sent, and what was sent before a move. */
function edgesOf(reports: readonly LocalReport[], offsets: readonly number[], index: Index): EdgeStatistics {
  const from: number[] = [];
  const to: number[] = [];
  const messages: number[] = [];
  const bytes: number[] = [];
  for (const [pe, report] of reports.entries()) {
    const here = report.load.length;
    for (let edge = 0; edge < report.from.length; edge++) {
      const local = report.from[edge]!;
      const sender = local < here ? offsets[pe]! + local : index.get(report.sets[local]!, report.keys[local]!);
      const receiver = index.get(report.toSet[edge]!, report.toKeys[edge]!);
      if (sender === undefined || receiver === undefined || sender === receiver) continue;
      from.push(sender);
      to.push(receiver);
      messages.push(report.messages[edge]!);
      bytes.push(report.edgeBytes[edge]!);
    }
  }
  return {
    count: from.length,
    from: Int32Array.from(from),
    to: Int32Array.from(to),
    messages: Float64Array.from(messages),
    bytes: Float64Array.from(bytes),
  };
}

/** Seconds that each PE would have been busy with its objects where `placement` has them. */
export function busySeconds({ objects, pes }: LbStatistics, placement: Int32Array): Float64Array {
  const seconds = pes.background.slice();
  for (let object = 0; object < objects.count; object++) {
    const pe = placement[object]!;
    seconds[pe]! += (objects.load[object]! * pes.speed[objects.pe[object]!]!) / pes.speed[pe]!;
  }
  return seconds;
}

/** Time of the busiest PE over what it would be if work were spread over the available ones by their speed; 1 is perfect. */
export function imbalance(pes: Pick<PeStatistics, 'count' | 'speed' | 'isAvailable'>, seconds: Float64Array): number {
  let max = 0;
  let work = 0;
  let speed = 0;
  for (let pe = 0; pe < pes.count; pe++) {
    max = Math.max(max, seconds[pe]!);
    work += seconds[pe]! * pes.speed[pe]!;
    speed += pes.isAvailable[pe]! * pes.speed[pe]!;
  }
  return work === 0 ? 1 : (max * speed) / work;
}

/** The same numbers from what the agents of a distributed strategy have told. */
export function loadsOfAgents(
  count: number,
  { pes, moves }: Pick<AgentOutcome, 'pes' | 'moves'>,
): Pick<LbStepReport, 'before' | 'after' | 'loadsBefore' | 'loadsAfter'> {
  const loadsBefore = new Float64Array(count);
  const speed = new Float64Array(count);
  const isAvailable = new Uint8Array(count);
  for (let i = 0; i < pes.length; i += 4) {
    const pe = pes[i]!;
    loadsBefore[pe] = pes[i + 1]!;
    speed[pe] = pes[i + 2]!;
    isAvailable[pe] = pes[i + 3]!;
  }
  const loadsAfter = loadsBefore.slice();
  for (let i = 0; i < moves.length; i += 3) {
    const from = moves[i]!;
    const to = moves[i + 1]!;
    loadsAfter[from]! -= moves[i + 2]! / speed[from]!;
    loadsAfter[to]! += moves[i + 2]! / speed[to]!;
  }
  if (!isAvailable.includes(1)) isAvailable.fill(1);
  const machine = { count, speed, isAvailable };
  return { before: imbalance(machine, loadsBefore), after: imbalance(machine, loadsAfter), loadsBefore, loadsAfter };
}
