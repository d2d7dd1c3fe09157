/**
 * Continuous balancing without a job: agents that live long, messages that take their time, statistics that are old.
 *
 * Time goes in rounds. In a round every PE begins once, in random order. After each `begin` a random number of messages is
 * delivered; the others wait, perhaps for rounds. An object that moves is on its way for a while, in nobody's
 * statistics, and at its first `begin` on the new PE it is measured for a part of the time only.
 */
import type { Agent, AgentHost, DistributedStrategy, LocalStatistics } from '../../core/balance/agent.ts';
import type { LbStatistics } from '../../core/balance/strategy.ts';
import { Mail } from '../../lb-strategies/distributed/mail.ts';
import { peLoads, qualityOf } from '../../lb-strategies/quality.ts';
import { offlineContext } from '../../lb-strategies/statistics.ts';

/** What has come of it by the end of a round. */
export interface Round {
  readonly maxOverAvg: number;
  readonly migrations: number;
}

const onTheWay = -1;

export class ContinuousBalancing {
  readonly #statistics: LbStatistics;
  readonly #random: { next(): number };
  readonly #mail: Mail;
  readonly #agents: readonly Agent[];
  readonly #wall: number;
  /** Where each object is, or that it is on its way. */
  readonly #at: Int32Array;
  /** Where each object is or goes. */
  readonly #destination: Int32Array;
  readonly #isNew: Uint8Array;
  /** The objects that each PE was last given, by position. */
  readonly #given: number[][];
  #migrations = 0;

  constructor(strategy: DistributedStrategy, statistics: LbStatistics, seed: number) {
    const { pes, objects } = statistics;
    this.#statistics = statistics;
    this.#random = offlineContext(seed).random;
    this.#mail = new Mail(pes.count, this.#random);
    this.#wall = peLoads(statistics, objects.pe, true).reduce((max, load) => Math.max(max, load), 0);
    this.#at = objects.pe.slice();
    this.#destination = objects.pe.slice();
    this.#isNew = new Uint8Array(objects.count);
    this.#given = Array.from({ length: pes.count }, () => []);
    this.#agents = Array.from({ length: pes.count }, (_, pe) => strategy.makeAgent(this.#host(pe, seed)));
    for (let pe = 0; pe < pes.count; pe++) this.#begin(pe);
  }

  round(): Round {
    const { pes } = this.#statistics;
    this.#migrations = 0;
    const order = Array.from({ length: pes.count }, (_, pe) => ({ pe, key: this.#random.next() }));
    for (const { pe } of order.sort((a, b) => a.key - b.key)) {
      this.#begin(pe);
      // Fewer messages are delivered than are sent while many are: then they pile up and get old.
      for (let left = Math.floor(this.#random.next() * 24); left > 0; left--) this.#deliver();
      this.#arrive();
    }
    return { maxOverAvg: qualityOf(this.#statistics, this.#destination).maxOverAvg, migrations: this.#migrations };
  }

  /** Those that can move, wherever they were told to be. */
  objectsOn(pe: number): number {
    const { isMigratable } = this.#statistics.objects;
    return this.#destination.filter((at, object) => at === pe && isMigratable[object] === 1).length;
  }

  #begin(pe: number): void {
    this.#agents[pe]!.begin(this.#measured(pe));
  }

  #deliver(): void {
    const letter = this.#mail.take();
    if (letter !== undefined) this.#agents[letter.to]!.receive(letter.from, letter.message);
  }

  #arrive(): void {
    for (let object = 0; object < this.#at.length; object++) {
      if (this.#at[object] !== onTheWay || this.#random.next() < 0.5) continue;
      this.#at[object] = this.#destination[object]!;
      this.#isNew[object] = 1;
    }
  }

  #host(pe: number, seed: number): AgentHost {
    const { pes } = this.#statistics;
    return {
      pe,
      pes: pes.count,
      node: pes.node,
      random: offlineContext(1000 * seed + pe).random,
      secondsPerMessage: 0,
      secondsPerByte: 0,
      send: (to, message) => this.#mail.send({ from: pe, to, message }),
      move: (position, to) => this.#move(pe, position, to),
    };
  }

  #move(pe: number, position: number, to: number): void {
    const { objects, pes } = this.#statistics;
    const object = this.#given[pe]![position];
    if (object === undefined || this.#at[object] !== pe) throw new Error(`PE ${pe} has no object ${position} to move`);
    if (objects.isMigratable[object] === 0) throw new Error(`object ${object} is pinned`);
    if (pes.isAvailable[to] !== 1) throw new Error(`PE ${to} is not available`);
    this.#at[object] = onTheWay;
    this.#destination[object] = to;
    this.#migrations++;
  }

  #measured(pe: number): LocalStatistics {
    const { objects, pes } = this.#statistics;
    const here: number[] = [];
    for (let object = 0; object < objects.count; object++) if (this.#at[object] === pe) here.push(object);
    this.#given[pe] = here;
    const load = Float64Array.from(here, (object) => {
      const seconds = (objects.load[object]! * pes.speed[objects.pe[object]!]!) / pes.speed[pe]!;
      const share = this.#isNew[object] === 1 ? this.#random.next() : 1;
      this.#isNew[object] = 0;
      return seconds * share;
    });
    return {
      wall: this.#wall,
      background: pes.background[pe]!,
      idle: Math.max(
        0,
        load.reduce((left, seconds) => left - seconds, this.#wall - pes.background[pe]!),
      ),
      speed: pes.speed[pe]!,
      isAvailable: pes.isAvailable[pe] === 1,
      memoryFree: Number.POSITIVE_INFINITY,
      objects: {
        count: here.length,
        load,
        pe: new Int32Array(here.length).fill(pe),
        isMigratable: Uint8Array.from(here, (object) => objects.isMigratable[object]!),
        bytes: new Float64Array(here.length),
        collection: new Int32Array(here.length),
        position: new Float64Array(0),
      },
      edges: {
        count: 0,
        from: new Int32Array(0),
        to: new Int32Array(0),
        toPe: new Int32Array(0),
        messages: new Float64Array(0),
        bytes: new Float64Array(0),
      },
    };
  }
}
