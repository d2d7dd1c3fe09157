/**
 * Runs a distributed strategy on central statistics: an agent for every PE, in this thread.
 *
 *  1. The statistics are split: each agent `begin`s with what its own PE would have measured.
 *  2. Messages are delivered in random order (mail.ts), drawn from the seed of the context, until none is left.
 *  3. Every agent's `quiet` is called. If one answered true or something was sent: back to 2.
 *
 * So a distributed strategy is a central one too, for `lb-sim`, for tests, and for jobs that gather statistics anyway.
 *
 * Time of a step is taken to be that of the busiest PE, since all wait for it: who was less busy was idle.
 *
 * @throws Error where an agent moves what it may not, or does not come to an end.
 */
import type { Agent, AgentHost, DistributedStrategy, LocalStatistics } from '../../core/balance/agent.ts';
import type { LbStatistics, Migration, Strategy, StrategyContext } from '../../core/balance/strategy.ts';
import { objectsByPe } from '../placement.ts';
import { offlineContext } from '../statistics.ts';
import { Mail } from './mail.ts';

export interface DriveReport {
  /** Messages between agents. */
  messages: number;
  /** How often all of them were quiet. */
  rounds: number;
}

/** Strategies that make sense take a few hundred at most. */
const roundsMax = 10_000;

/** The same strategy, run by one PE for all. */
export function centralStrategy(strategy: DistributedStrategy): Strategy {
  return (statistics, context) => drive(strategy, statistics, context).migrations;
}

export function drive(
  strategy: DistributedStrategy,
  statistics: LbStatistics,
  context: StrategyContext,
): DriveReport & { readonly migrations: Migration[] } {
  const mail = new Mail(statistics.pes.count, context.random);
  const migrations: Migration[] = [];
  const move = (migration: Migration): void => void migrations.push(migration);
  const parts = split(statistics);
  const agents = parts.map((part, pe) => strategy.makeAgent(new DrivenHost(pe, part, statistics, context, mail, move)));
  for (let pe = 0; pe < parts.length; pe++) agents[pe]!.begin(parts[pe]!.local);
  for (let rounds = 1; rounds < roundsMax; rounds++) {
    for (let letter = mail.take(); letter !== undefined; letter = mail.take()) {
      agents[letter.to]!.receive(letter.from, letter.message);
    }
    if (!areAnyLeft(agents, mail)) return { migrations, messages: mail.sent, rounds };
  }
  throw new Error(`the agents were quiet ${roundsMax} times and always had more to do`);
}

function areAnyLeft(agents: readonly Agent[], mail: Mail): boolean {
  const before = mail.sent;
  let isLeft = false;
  for (const agent of agents) if (agent.quiet?.() === true) isLeft = true;
  return isLeft || mail.sent > before;
}

/** What one PE sees, and which objects of all these are. */
export interface LocalPart {
  readonly local: LocalStatistics;
  readonly objects: Int32Array;
}

class DrivenHost implements AgentHost {
  readonly pe: number;
  readonly pes: number;
  readonly node: Int32Array;
  readonly random: { next(): number };
  readonly secondsPerMessage: number;
  readonly secondsPerByte: number;
  readonly #part: LocalPart;
  readonly #mail: Mail;
  readonly #move: (migration: Migration) => void;
  readonly #isMoved: Uint8Array;

  constructor(
    pe: number,
    part: LocalPart,
    { pes }: LbStatistics,
    context: StrategyContext,
    mail: Mail,
    move: (migration: Migration) => void,
  ) {
    this.pe = pe;
    this.pes = pes.count;
    this.node = pes.node;
    this.random = offlineContext(Math.floor(context.random.next() * 2 ** 31)).random;
    this.secondsPerMessage = context.secondsPerMessage;
    this.secondsPerByte = context.secondsPerByte;
    this.#part = part;
    this.#mail = mail;
    this.#move = move;
    this.#isMoved = new Uint8Array(part.objects.length);
  }

  send(to: number, message: unknown): void {
    if (!Number.isInteger(to) || to < 0 || to >= this.pes) {
      throw new Error(`the agent of PE ${this.pe} sends to PE ${to}: PEs are 0 to ${this.pes - 1}`);
    }
    this.#mail.send({ from: this.pe, to, message });
  }

  move(object: number, to: number): void {
    const global = this.#part.objects[object];
    if (global === undefined) {
      const count = this.#part.objects.length;
      throw new Error(`the agent of PE ${this.pe} moves object ${object} of ${count} that it was given`);
    }
    if (this.#isMoved[object] === 1) throw new Error(`the agent of PE ${this.pe} moves object ${object} twice`);
    this.#isMoved[object] = 1;
    this.#move({ object: global, to });
  }
}

/** What each PE would have measured of this step. O(N + E). */
export function split(statistics: LbStatistics): LocalPart[] {
  const { objects, pes, edges } = statistics;
  const { offset, object: grouped } = objectsByPe(pes.count, objects.pe);
  const position = new Int32Array(objects.count);
  for (let pe = 0; pe < pes.count; pe++) {
    for (let i = offset[pe]!; i < offset[pe + 1]!; i++) position[grouped[i]!] = i - offset[pe]!;
  }
  const sent = objectsByPe(
    pes.count,
    edges.from.map((from) => objects.pe[from]!),
  );
  const wall = stepTime(statistics);
  return Array.from({ length: pes.count }, (_, pe) => {
    const here = grouped.subarray(offset[pe]!, offset[pe + 1]!);
    const edgesHere = sent.object.subarray(sent.offset[pe]!, sent.offset[pe + 1]!);
    const load = gathered(objects.load, here);
    const busy = load.reduce((sum, seconds) => sum + seconds, pes.background[pe]!);
    const local: LocalStatistics = {
      wall,
      background: pes.background[pe]!,
      idle: Math.max(0, wall - busy),
      speed: pes.speed[pe]!,
      isAvailable: pes.isAvailable[pe] === 1,
      memoryFree: pes.memoryFree[pe]!,
      objects: {
        count: here.length,
        load,
        pe: new Int32Array(here.length).fill(pe),
        isMigratable: Uint8Array.from(here, (object) => objects.isMigratable[object]!),
        bytes: gathered(objects.bytes, here),
        collection: Int32Array.from(here, (object) => objects.collection[object]!),
        position: positionsOf(objects.position, here),
      },
      edges: {
        count: edgesHere.length,
        from: Int32Array.from(edgesHere, (edge) => position[edges.from[edge]!]!),
        to: Int32Array.from(edgesHere, (edge) => {
          const to = edges.to[edge]!;
          return objects.pe[to] === pe ? position[to]! : -1;
        }),
        toPe: Int32Array.from(edgesHere, (edge) => objects.pe[edges.to[edge]!]!),
        messages: gathered(edges.messages, edgesHere),
        bytes: gathered(edges.bytes, edgesHere),
      },
    };
    return { local, objects: here };
  });
}

function stepTime({ objects, pes }: LbStatistics): number {
  const busy = pes.background.slice();
  for (let object = 0; object < objects.count; object++) busy[objects.pe[object]!]! += objects.load[object]!;
  return busy.reduce((max, seconds) => Math.max(max, seconds), 0);
}

function gathered(column: Float64Array, rows: Int32Array): Float64Array {
  return Float64Array.from(rows, (row) => column[row]!);
}

function positionsOf(position: Float64Array, objects: Int32Array): Float64Array {
  if (position.length === 0) return position;
  return Float64Array.from(
    { length: 3 * objects.length },
    (_, i) => position[3 * objects[Math.trunc(i / 3)]! + (i % 3)]!,
  );
}
