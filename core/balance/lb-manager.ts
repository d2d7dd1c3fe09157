/**
 * Load balancing on one PE: AtSync, measuring, and moving what PE 0 says.
 *
 * A step, here called s, of AtSync:
 *  1. An element calls atSync(). It waits, unless nothing is due: then it goes on at once, and only counts as having
 *     come (sync-ledger.ts).
 *  2. When all have come, PE 0 (lb-coordinator.ts) asks every PE what it has measured.
 *  3. PE 0 tells each PE that has to do with moves which of its objects go where, and how many will come. It sends them off,
 *     and a word instead of each that cannot go: it is gone, or an async method of its has begun.
 *  4. A PE from which all have gone and to which all have come tells PE 0.
 *  5. PE 0 tells all that step s is done, and from which step on elements shall wait: here they are released.
 *
 * A step that was not caused by AtSync has steps 2 to 4 only.
 */
import type { ElementRecord } from '../chare/element.ts';
import type { Key } from '../chare/index-space.ts';
import { treePlace } from '../collective/spanning-tree.ts';
import { canGoNow, Mover, sendOff } from '../location/migration.ts';
import { FrameKind } from '../message/envelope.ts';
import { Pending } from '../message/future.ts';
import type { Pe } from '../pe/pe.ts';
import { decodeValue } from '../pup/decode.ts';
import { encodeValue } from '../pup/encode.ts';
import type { Reader } from '../pup/reader.ts';
import { type AgentAnswer, AgentRunner, type AgentWord, type Question, type RunnerHost } from './agent-runner.ts';
import { AgentWaves } from './agent-waves.ts';
import { AtSync } from './at-sync.ts';
import type { Balancing, LbStepReport } from './balancing.ts';
import { ContinuousBalancing, type ContinuousHost } from './continuous-balancing.ts';
import { LbCoordinator } from './lb-coordinator.ts';
import { firstDue } from './lb-schedule.ts';
import { LoadDatabase, type LocalReport } from './load-database.ts';
import { MulticastEdges, type MulticastNote } from './multicast-edges.ts';

/** What frames of load balancing say. Values are the wire. */
const Word = {
  syncReport: 1,
  syncBegin: 2,
  syncLate: 3,
  measure: 4,
  measured: 5,
  order: 6,
  missed: 7,
  settled: 8,
  done: 9,
  request: 10,
  sleep: 11,
  wake: 12,
  availability: 13,
  setBalancer: 14,
  adopt: 15,
  adopted: 16,
  agent: 17,
  ask: 18,
  answer: 19,
  multicast: 20,
} as const;

/** What one PE has to do in a step. */
export interface Order {
  /** Names of the objects that leave, and where they go. */
  readonly sets: Int32Array;
  readonly keys: Float64Array | readonly Key[];
  readonly to: Int32Array;
  /** How many come. */
  readonly coming: number;
}

export interface Settled {
  readonly migrations: number;
  readonly refusals: readonly string[];
}

const refusalsMax = 20;

export class LbManager {
  readonly sync: AtSync;
  readonly database: LoadDatabase;
  readonly multicasts: MulticastEdges;
  /** On PE 0: of the last step. */
  lastReport: LbStepReport | undefined = undefined;
  readonly #pe: Pe;
  readonly #parent: number;
  readonly #children: readonly number[];
  readonly #coordinator: LbCoordinator | undefined;
  readonly agents: AgentRunner;
  readonly waves: AgentWaves;
  readonly continuous: ContinuousBalancing;
  #balancing: Balancing;
  readonly #unavailable = new Set<number>();
  /** PEs that have yet to adopt strategies of agents, and who waits for that. */
  #adopting = 0;
  #adopted: (() => void)[] = [];
  #othersAtMeasure = 0;
  /** PE 0 makes no steps until somebody has something to do. */
  isAsleep = false;
  #othersAtSleep = 0;
  // The step under way.
  #reports: LocalReport[] = [];
  #unreported = 0;
  #isLeaving = true;
  #coming = 0;
  #came = 0;
  #migrations = 0;
  #refusals: string[] = [];

  constructor(pe: Pe, balancing: Balancing) {
    this.#pe = pe;
    const { parent, children } = treePlace(pe.id, 0, pe);
    this.#parent = parent;
    this.#children = children;
    this.#balancing = balancing;
    this.#coordinator = pe.id === 0 ? new LbCoordinator(pe, this, balancing) : undefined;
    const link = {
      parent,
      children,
      report: (step: number, reached: number, births: number): void =>
        this.#tell(parent, Word.syncReport, step, reached, births),
      begin: (child: number, step: number): void => this.#tell(child, Word.syncBegin, step, 0, 0),
      late: (step: number, reached: number, births: number): void =>
        this.#tell(0, Word.syncLate, step, reached, births),
      completed: (step: number): void => this.#coordinator!.synchronised(step),
    };
    this.sync = new AtSync(pe, link, firstDue(balancing));
    this.database = new LoadDatabase(pe);
    this.multicasts = new MulticastEdges(pe, this.database, balancing.isOn, (root, note) =>
      this.#send(root, Word.multicast, note),
    );
    this.agents = new AgentRunner(pe, this.#hostOfAgents(), balancing);
    this.waves = new AgentWaves(this.agents, {
      parent,
      children,
      ask: (child, question, step, balancer) => this.#tell(child, Word.ask, question, step, balancer),
      answer: (to, answer) => this.#send(to, Word.answer, answer),
      answered: (question, answer) => this.#coordinator!.answered(question, answer),
    });
    this.continuous = new ContinuousBalancing(pe, this.#hostOfContinuous(), balancing);
    pe.handle(FrameKind.balance, (frame) => this.#onFrame(frame));
  }

  #hostOfAgents(): RunnerHost {
    return {
      tellAgent: (to, word) => {
        if (to === this.#pe.id) this.agents.receive(to, word);
        else this.#send(to, Word.agent, word);
      },
      report: () => this.#report(),
      isAvailable: (pe) => !this.#unavailable.has(pe),
      dispatch: (set, key, to) => this.#dispatch(set, key, to, Mover.agents),
    };
  }

  #hostOfContinuous(): ContinuousHost {
    return {
      parent: this.#parent,
      children: this.#children,
      report: (periodSeconds) => this.#report(periodSeconds),
      isAvailable: (pe) => !this.#unavailable.has(pe),
      dispatch: (set, key, to) => this.#dispatch(set, key, to, Mover.continuous),
      others: () => this.#others(),
      awake: () => {
        this.isAsleep = false;
      },
      watched: (outcome) => this.#coordinator!.watched(outcome),
    };
  }

  /** An element goes to another PE. */
  left(element: ElementRecord): void {
    this.database.leaves(element);
    this.sync.left(element);
  }

  // ---- steps ----

  /** Asks PE 0 for a step. */
  balance(): Promise<LbStepReport> {
    const pe = this.#pe;
    const pending = new Pending(pe, () => 'a load-balancing step');
    const { id } = pending.address();
    if (this.#coordinator !== undefined) this.#coordinator.asked(pe.id, id);
    else this.#tell(0, Word.request, id, 0, 0);
    return pending.wait() as Promise<LbStepReport>;
  }

  /** Names of strategies for PE 0; resolves when they are in force there. */
  setBalancer(names: readonly string[]): Promise<void> {
    if (this.#coordinator !== undefined) return this.#coordinator.setBalancer(names);
    const pending = new Pending(this.#pe, () => `the load balancer ${names.join()}`);
    this.#send(0, Word.setBalancer, { names, id: pending.address().id });
    return pending.wait() as Promise<void>;
  }

  #onSetBalancer(from: number, { names, id }: { readonly names: readonly string[]; readonly id: number }): void {
    const { futures } = this.#pe;
    this.#coordinator!.setBalancer(names).then(
      () => futures.settle(from, id, true, undefined),
      (error: unknown) => futures.settle(from, id, false, error),
    );
  }

  /** Whether objects may be on a PE, from the next step on. */
  setAvailable(pe: number, isAvailable: boolean): void {
    for (let to = 0; to < this.#pe.pes; to++) this.#tell(to, Word.availability, pe, isAvailable ? 1 : 0, 0);
  }

  #onAvailability(pe: number, isAvailable: boolean): void {
    if (isAvailable) this.#unavailable.delete(pe);
    else this.#unavailable.add(pe);
    if (pe === this.#pe.id) this.database.isAvailable = isAvailable;
  }

  /** PE 0: strategies of agents are needed on every PE. Resolves when all have them. */
  adoptEverywhere(names: readonly string[], balancing: Balancing): Promise<void> {
    this.#adopt(balancing);
    this.#adopting += this.#pe.pes - 1;
    for (let to = 1; to < this.#pe.pes; to++) this.#send(to, Word.adopt, names);
    return new Promise((resolve) => {
      this.#adopted.push(resolve);
      this.#adoptionEnds();
    });
  }

  #onAdopt(names: readonly string[]): void {
    const pe = this.#pe;
    void pe.charm.track(
      this.#balancing.changed(names).then(
        (balancing) => {
          this.#adopt(balancing);
          this.#tell(0, Word.adopted, 0, 0, 0);
        },
        (error: unknown) => pe.fail(error),
      ),
    );
  }

  #adopt(balancing: Balancing): void {
    this.#balancing = balancing;
    this.agents.adopt(balancing);
    this.continuous.adopt(balancing);
  }

  #adoptionEnds(): void {
    if (this.#adopting > 0) return;
    for (const resolve of this.#adopted.splice(0)) resolve();
  }

  /** An array is set up here. */
  arrayCreated(): void {
    this.#coordinator?.startTimer();
  }

  /**
   * Nobody has anything to do: each PE tells when it has.
   * @param isInTask it is said within a task, which has not been counted yet.
   */
  sleepAll(isInTask: boolean): void {
    for (const child of this.#children) this.#tell(child, Word.sleep, 0, 0, 0);
    this.continuous.rest();
    this.isAsleep = true;
    this.#othersAtSleep = isInTask ? Number.NaN : this.#others();
  }

  /** Tasks are about to run here, or have run. */
  mayWake(): void {
    const others = this.#others();
    // Not known before.
    if (Number.isNaN(this.#othersAtSleep)) this.#othersAtSleep = others;
    if (others === this.#othersAtSleep) return;
    this.isAsleep = false;
    this.#tell(0, Word.wake, 0, 0, 0);
  }

  /** PE 0 begins a step: every PE reports. */
  measureAll(): void {
    const pe = this.#pe;
    pe.writer.begin(FrameKind.balance, Word.measure, 0, 0, pe.id);
    pe.writer.end();
    for (const child of this.#children) pe.send(child);
    this.#collect();
  }

  #onMeasure(frame: Reader): void {
    for (const child of this.#children) this.#pe.forward(child, frame);
    this.#collect();
  }

  /** The reports of this subtree go up together. */
  #collect(): void {
    this.#unreported = this.#children.length;
    this.#reports = [this.#report()];
    this.#passReports();
  }

  #onMeasured(reports: readonly LocalReport[]): void {
    this.#unreported--;
    for (const report of reports) this.#reports.push(report);
    this.#passReports();
  }

  #passReports(): void {
    if (this.#unreported > 0) return;
    const reports = this.#reports;
    this.#reports = [];
    if (this.#coordinator !== undefined) this.#coordinator.measured(reports);
    else this.#send(this.#parent, Word.measured, reports);
  }

  #report(periodSeconds?: number): LocalReport {
    const others = this.#others();
    const isIdle = others === this.#othersAtMeasure;
    this.#othersAtMeasure = others;
    this.multicasts.isOn = true;
    return this.database.report(isIdle, periodSeconds);
  }

  /** Messages processed here that show some life of the program. */
  #others(): number {
    return this.#pe.processed - this.#pe.housekeeping;
  }

  /** PE 0 says what a PE has to do. */
  order(pe: number, order: Order): void {
    if (pe === this.#pe.id) this.#obey(order);
    else this.#send(pe, Word.order, order);
  }

  #obey({ sets, keys, to, coming }: Order): void {
    this.#isLeaving = true;
    this.#coming = coming;
    for (let i = 0; i < to.length; i++) {
      const refusal = this.#dispatch(sets[i]!, keys[i]!, to[i]!, Mover.step);
      if (refusal === undefined) this.#migrations++;
      else {
        if (this.#refusals.length < refusalsMax) this.#refusals.push(refusal);
        this.#tell(to[i]!, Word.missed, 0, 0, 0);
      }
    }
    this.#isLeaving = false;
    this.#settle();
  }

  /** Sends an object off. Returns why not, if it can't go. */
  #dispatch(set: number, key: Key, to: number, mover: Mover): string | undefined {
    const collection = this.#pe.collections.numbered(set);
    const [first] = collection?.boundSet.companions(key) ?? [];
    if (first === undefined) {
      const name = collection?.labelOf(key) ?? 'an object';
      return `${name} is no longer on PE ${this.#pe.id}, and so does not go to PE ${to}`;
    }
    const obstacle = canGoNow(first);
    if (obstacle !== undefined) return `${first.label} cannot go to PE ${to}: ${obstacle}`;
    sendOff(first, to, mover);
    return undefined;
  }

  /** An object that this step has sent here has come, or will not. */
  came(mover: Mover, from: number): void {
    if (mover === Mover.agents) return this.agents.came(from);
    if (mover === Mover.continuous) return;
    this.#came++;
    this.#settle();
  }

  #settle(): void {
    if (this.#isLeaving || this.#came < this.#coming) return;
    const settled: Settled = { migrations: this.#migrations, refusals: this.#refusals };
    this.#isLeaving = true;
    this.#coming = 0;
    this.#came = 0;
    this.#migrations = 0;
    this.#refusals = [];
    if (this.#coordinator !== undefined) this.#coordinator.settled(settled);
    else this.#send(0, Word.settled, settled);
  }

  /** PE 0 says which AtSync step is done, and from which on elements shall wait. */
  sayDone(done: number, due: number): void {
    for (const child of this.#children) this.#tell(child, Word.done, done, due, 0);
    this.sync.done(done, due);
  }

  // ---- frames ----

  #onFrame(frame: Reader): void {
    switch (frame.flags) {
      case Word.adopt:
        return this.#onAdopt(decodeValue(frame, this.#pe.context) as string[]);
      case Word.agent:
        return this.agents.receive(frame.source, decodeValue(frame, this.#pe.context) as AgentWord);
      case Word.answer:
        return this.waves.onAnswer(decodeValue(frame, this.#pe.context) as AgentAnswer);
      case Word.multicast:
        return this.multicasts.add(decodeValue(frame, this.#pe.context) as MulticastNote);
      case Word.setBalancer:
        return this.#onSetBalancer(
          frame.source,
          decodeValue(frame, this.#pe.context) as { names: string[]; id: number },
        );
      case Word.measure:
        return this.#onMeasure(frame);
      case Word.measured:
        return this.#onMeasured(decodeValue(frame, this.#pe.context) as LocalReport[]);
      case Word.order:
        return this.#obey(decodeValue(frame, this.#pe.context) as Order);
      case Word.settled:
        return this.#coordinator!.settled(decodeValue(frame, this.#pe.context) as Settled);
      default:
        return this.#onWord(frame.flags, frame.source, frame.f64(), frame.f64(), frame.f64());
    }
  }

  #onWord(word: number, from: number, a: number, b: number, c: number): void {
    switch (word) {
      case Word.syncReport:
        return this.sync.ledger.onReport(from, a, b, c);
      case Word.syncBegin:
        return this.sync.ledger.onBegin(a);
      case Word.syncLate:
        return this.sync.ledger.onLate(a, b, c);
      case Word.missed:
        return this.came(Mover.step, from);
      case Word.done:
        return this.sayDone(a, b);
      case Word.request:
        return this.#coordinator!.asked(from, a);
      case Word.sleep:
        return this.sleepAll(false);
      case Word.wake:
        return this.#coordinator!.startTimer();
      case Word.availability:
        return this.#onAvailability(a, b === 1);
      case Word.adopted:
        this.#adopting--;
        return this.#adoptionEnds();
      case Word.ask:
        return this.waves.ask(a as Question, b, c);
    }
  }

  #tell(to: number, word: number, a: number, b: number, c: number): void {
    const pe = this.#pe;
    pe.writer.begin(FrameKind.balance, word, 0, 0, pe.id);
    pe.writer.f64(a);
    pe.writer.f64(b);
    pe.writer.f64(c);
    pe.writer.end();
    if (to === pe.id) pe.replaySealedFrame();
    else pe.send(to);
  }

  #send(to: number, word: number, value: unknown): void {
    const pe = this.#pe;
    pe.writer.begin(FrameKind.balance, word, 0, 0, pe.id);
    encodeValue(pe.writer, value, 'load balancing');
    pe.writer.end();
    pe.send(to);
  }
}
