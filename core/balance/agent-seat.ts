/**
 * The seat of an agent on its PE: what it is handed, and what becomes of its words and wishes. What cannot be done is
 * refused with a sentence that names it; an agent that throws costs moves, and nothing else.
 */
import { SeededRandom } from '../base/random.ts';
import type { Pe } from '../pe/pe.ts';
import type { Agent, AgentHost, DistributedStrategy, LocalStatistics } from './agent.ts';
import type { Balancing } from './balancing.ts';
import type { LocalReport } from './load-database.ts';

/** What whoever drives the agent does for it. */
export interface SeatDuties {
  tell(to: number, message: unknown): void;
  /** It wants this object of the last statistics to go there, for the first time, and the object may. */
  wished(object: number, to: number): void;
  isAvailable(pe: number): boolean;
}

const refusalsMax = 20;

export class AgentSeat {
  /** What the agent was last handed; undefined before its first `begin`. */
  local: LocalReport | undefined = undefined;
  readonly #pe: Pe;
  readonly #duties: SeatDuties;
  readonly #agent: Agent;
  #isMoved = new Uint8Array(0);
  #refusals: string[] = [];

  constructor(pe: Pe, strategy: DistributedStrategy, balancing: Balancing, duties: SeatDuties) {
    this.#pe = pe;
    this.#duties = duties;
    this.#agent = strategy.makeAgent(this.#host(balancing));
  }

  begin(local: LocalReport): void {
    this.local = local;
    this.#isMoved = new Uint8Array(local.load.length);
    this.#attempt(() => this.#agent.begin(localStatistics(this.#pe, local)));
  }

  receive(from: number, message: unknown): void {
    this.#attempt(() => this.#agent.receive(from, message));
  }

  /** Whether it has more to do. */
  quiet(): boolean {
    let hasMore = false;
    this.#attempt(() => {
      hasMore = this.#agent.quiet?.() === true;
    });
    return hasMore;
  }

  refuse(refusal: string): void {
    if (this.#refusals.length < refusalsMax) this.#refusals.push(refusal);
  }

  /** What has been refused since they were last taken. */
  takeRefusals(): string[] {
    return this.#refusals.splice(0);
  }

  #host({ secondsPerMessage, secondsPerByte }: Balancing): AgentHost {
    const pe = this.#pe;
    return {
      pe: pe.id,
      pes: pe.pes,
      node: Int32Array.from({ length: pe.pes }, (_, other) => Math.floor(other / pe.pesPerNode)),
      random: new SeededRandom(Math.floor(pe.random.next() * 2 ** 32), pe.id),
      secondsPerMessage,
      secondsPerByte,
      send: (to, message) => {
        if (this.#isPe(to)) this.#duties.tell(to, message);
        else this.refuse(`the agent of PE ${pe.id} sends to PE ${to}, which there is not`);
      },
      move: (object, to) => this.#wish(object, to),
    };
  }

  #wish(object: number, to: number): void {
    const { id, pes } = this.#pe;
    const { isMigratable } = this.local!;
    const name = `object ${object} of PE ${id}`;
    if (!Number.isInteger(object) || this.#isMoved[object] === undefined)
      return this.refuse(`there is no ${name}: its objects are 0 to ${this.#isMoved.length - 1}`);
    if (!this.#isPe(to)) return this.refuse(`${name} cannot go to PE ${to}: PEs are 0 to ${pes - 1}`);
    if (this.#isMoved[object] === 1) return this.refuse(`${name} is moved twice`);
    if (to === id) return;
    if (isMigratable[object] === 0) return this.refuse(`${name} is pinned and cannot go to PE ${to}`);
    if (!this.#duties.isAvailable(to)) return this.refuse(`${name} cannot go to PE ${to}, which is not available`);
    this.#isMoved[object] = 1;
    this.#duties.wished(object, to);
  }

  #isPe(to: number): boolean {
    return Number.isInteger(to) && to >= 0 && to < this.#pe.pes;
  }

  #attempt(action: () => void): void {
    try {
      action();
    } catch (thrown) {
      this.refuse(
        `the agent of PE ${this.#pe.id} failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
      );
    }
  }
}

/** A report as agents see it: edges to objects elsewhere end at the PE where this PE takes them to be. */
function localStatistics(pe: Pe, report: LocalReport): LocalStatistics {
  const { sets, keys, load } = report;
  const index = new Map<string, number>();
  for (let object = 0; object < load.length; object++) index.set(`${sets[object]} ${String(keys[object])}`, object);
  const columns = { from: [] as number[], to: [] as number[], toPe: [] as number[], edge: [] as number[] };
  for (let edge = 0; edge < report.from.length; edge++) {
    const from = report.from[edge]!;
    const set = report.toSet[edge]!;
    const key = report.toKeys[edge]!;
    const to = index.get(`${set} ${String(key)}`) ?? -1;
    // What was sent by objects that have left since.
    if (from >= load.length || from === to) continue;
    columns.from.push(from);
    columns.to.push(to);
    columns.toPe.push(to === -1 ? (pe.collections.numbered(set)?.location.whereIs(key) ?? pe.id) : pe.id);
    columns.edge.push(edge);
  }
  const { wall, background, idle, speed, isAvailable, memoryFree, isMigratable, bytes, position } = report;
  return {
    wall,
    background,
    idle,
    speed,
    isAvailable,
    memoryFree,
    objects: {
      count: load.length,
      load,
      pe: new Int32Array(load.length).fill(pe.id),
      isMigratable,
      bytes,
      collection: sets.subarray(0, load.length),
      position,
    },
    edges: {
      count: columns.from.length,
      from: Int32Array.from(columns.from),
      to: Int32Array.from(columns.to),
      toPe: Int32Array.from(columns.toPe),
      messages: Float64Array.from(columns.edge, (edge) => report.messages[edge]!),
      bytes: Float64Array.from(columns.edge, (edge) => report.edgeBytes[edge]!),
    },
  };
}
