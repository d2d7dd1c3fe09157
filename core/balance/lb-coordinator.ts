/**
 * The balancing steps of a job, on PE 0: one after the other, through the states of lb-step-life.ts.
 *
 * Invariants: there is at most one step at a time; who asks for a step while one is under way gets one that begins after.
 * A strategy that throws or says what cannot be done costs moves, and nothing else.
 */
import { UsageError } from '../base/errors.ts';
import { SeededRandom } from '../base/random.ts';
import type { Pe } from '../pe/pe.ts';
import type { AgentAnswer, AgentOutcome, Question } from './agent-runner.ts';
import { AgentStep } from './agent-step.ts';
import type { Balancer, Balancing, LbStepLife, LbStepReport, LbStepState, LbTrigger } from './balancing.ts';
import { type CheckedStep, MoveCheck } from './checked-step.ts';
import { isContinuous } from './continuous-balancing.ts';
import { busySeconds, GlobalStatistics, imbalance, loadsOfAgents } from './global-statistics.ts';
import type { LbManager, Order, Settled } from './lb-manager.ts';
import { LbSchedule } from './lb-schedule.ts';
import { keyColumn, type LocalReport } from './load-database.ts';
import { LoadPredictor } from './load-predictor.ts';
import type { Migration, StrategyContext } from './strategy.ts';

/** Who wants to hear of a step: PE and number of the promise there. */
interface Asker {
  readonly pe: number;
  readonly id: number;
}

/** The step under way. */
interface Step {
  readonly trigger: LbTrigger;
  /** The AtSync step that ends with it; 0: none. */
  readonly synchronised: number;
  readonly balancer: Balancer;
  /** Of a distributed strategy. */
  readonly agents: AgentStep | undefined;
  outcome: AgentOutcome | undefined;
  readonly askers: readonly Asker[];
  readonly startedAt: number;
  reports: LocalReport[];
  statistics: GlobalStatistics | undefined;
  checked: CheckedStep | undefined;
  /** Nobody has had anything to do since the last. */
  isIdle: boolean;
  strategySeconds: number;
  /** PEs that have not said yet that all have gone and come. */
  unsettled: number;
  migrations: number;
  readonly refusals: string[];
}

const refusalsMax = 100;

export class LbCoordinator {
  readonly #pe: Pe;
  readonly #manager: LbManager;
  #balancing: Balancing;
  #schedule: LbSchedule;
  readonly #predictor = new LoadPredictor();
  #random: SeededRandom | undefined = undefined;
  #life: LbStepLife | undefined = undefined;
  #askers: Asker[] = [];
  /** The last AtSync step to which all have come, and the last that is done. */
  #synchronised = 0;
  #done = 0;
  #due: number;
  /** Steps so far, and how many of them were there when the strategies were given. */
  #count = 0;
  #first = 0;
  #isRequested = false;
  /** The period: the timer runs, or has run out; or all sleep. */
  #cancelTimer: (() => void) | undefined = undefined;
  #isTimeUp = false;
  #step: Step | undefined = undefined;

  constructor(pe: Pe, manager: LbManager, balancing: Balancing) {
    this.#pe = pe;
    this.#manager = manager;
    this.#balancing = balancing;
    this.#schedule = new LbSchedule(balancing);
    this.#due = this.#schedule.dueAfter(0);
  }

  /** All elements have come to this AtSync step. */
  synchronised(step: number): void {
    this.#synchronised = step;
    this.#requestSoon();
  }

  /** Somebody wants a step, and to hear of it. */
  asked(pe: number, id: number): void {
    if (this.#balancing.balancers.length > 0) {
      this.#askers.push({ pe, id });
      return this.#requestSoon();
    }
    this.#refuse({ pe, id });
  }

  #refuse({ pe, id }: Asker): void {
    const error = new UsageError('there is no load balancer; start the job with --balancer NAME');
    this.#pe.futures.settle(pe, id, false, error);
  }

  /** Steps by other strategies from now on, the first of them first; without names no more. */
  async setBalancer(names: readonly string[]): Promise<void> {
    const balancing = await this.#pe.charm.track(this.#balancing.changed(names));
    if (balancing.balancers.some(({ kind }) => kind === 'distributed'))
      await this.#pe.charm.track(this.#manager.adoptEverywhere(names, balancing));
    this.#manager.continuous.stop();
    this.#balancing = balancing;
    this.#schedule = new LbSchedule(balancing);
    this.#first = this.#count;
    if (balancing.balancers.length === 0) for (const asker of this.#askers.splice(0)) this.#refuse(asker);
    this.#due = this.#schedule.dueAfter(this.#done);
    this.#isTimeUp = false;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#manager.sayDone(this.#done, this.#due);
    this.startTimer();
    this.#requestSoon();
  }

  /** There may be something to balance from now on. */
  startTimer(): void {
    const { periodSeconds } = this.#schedule;
    if (periodSeconds === undefined || this.#cancelTimer !== undefined || this.#isTimeUp) return;
    const next = this.#nextBalancer();
    if (this.#isLast(next) && isContinuous(this.#balancing, this.#balancing.balancers[next]))
      return this.#manager.continuous.lead(next);
    this.#cancelTimer = this.#pe.host.after(periodSeconds * 1000, () => {
      this.#cancelTimer = undefined;
      this.#isTimeUp = true;
      this.#requestSoon();
    });
  }

  /** Number in the list of the strategy for the next step. */
  #nextBalancer(): number {
    return Math.min(this.#count - this.#first, this.#balancing.balancers.length - 1);
  }

  #isLast(balancer: number): boolean {
    return balancer === this.#balancing.balancers.length - 1;
  }

  /** A period of continuous balancing is over. */
  watched(outcome: AgentOutcome): void {
    if (outcome.isIdle && outcome.migrations === 0) return this.#manager.sleepAll(false);
    const { objects, edges, held, migrations, refusals } = outcome;
    const report: LbStepReport = {
      step: this.#count++,
      strategy: this.#balancing.balancers.at(-1)!.name,
      trigger: 'continuous',
      ...loadsOfAgents(this.#pe.pes, outcome),
      objects,
      edges,
      held,
      migrations,
      refusals,
      seconds: 0,
      strategySeconds: 0,
    };
    this.#tell(report);
  }

  /** Whoever wants to know hears of a step. */
  #tell(report: LbStepReport, step?: Step): void {
    this.#manager.lastReport = report;
    this.#pe.trace?.balanced?.(report);
    this.#balancing.onStep?.({
      report,
      statistics: step?.statistics?.statistics,
      moves: step?.checked?.migrations ?? [],
      failure: step?.checked?.failure,
      nameOf: (object) => this.#nameOf(object, step?.statistics),
    });
  }

  /** In a task of its own: elements may be running. */
  #requestSoon(): void {
    if (this.#isRequested || this.#step !== undefined || !this.#isWanted()) return;
    this.#isRequested = true;
    const pe = this.#pe;
    pe.post({ source: pe.id, target: this, run: () => this.#request() }, { expedited: true });
  }

  #isWanted(): boolean {
    return this.#askers.length > 0 || this.#isTimeUp || this.#isSyncDue();
  }

  #isSyncDue(): boolean {
    return this.#synchronised > this.#done && this.#synchronised >= this.#due;
  }

  #request(): void {
    this.#isRequested = false;
    this.#pe.housekeeping++;
    // A change of strategies may have come between.
    if (!this.#isWanted()) return;
    this.#life ??= this.#balancing.makeLife((state) => this.#enter(state));
    this.#life.send('requested');
  }

  #enter(state: LbStepState): void {
    if (state === 'measuring') this.#begin();
    else if (state === 'deciding') this.#decide();
    else if (state === 'moving') this.#move();
    else {
      this.#finish();
      this.#requestSoon();
    }
  }

  // ---- measuring ----

  #begin(): void {
    const isSync = this.#isSyncDue();
    const isPeriod = this.#isTimeUp;
    this.#isTimeUp = false;
    const number = this.#nextBalancer();
    const balancer = this.#balancing.balancers[number]!;
    this.#step = {
      agents: balancer.kind === 'distributed' ? this.#agentStep(number) : undefined,
      outcome: undefined,
      trigger: isSync ? 'atSync' : isPeriod ? 'period' : 'manual',
      synchronised: isSync ? this.#synchronised : 0,
      balancer,
      askers: this.#askers.splice(0),
      startedAt: this.#pe.clock.now(),
      reports: [],
      statistics: undefined,
      checked: undefined,
      isIdle: false,
      strategySeconds: 0,
      unsettled: 0,
      migrations: 0,
      refusals: [],
    };
    if (this.#step.agents === undefined) this.#manager.measureAll();
    else this.#step.agents.begin();
  }

  #agentStep(balancer: number): AgentStep {
    const step = this.#count;
    let measuredAt = 0;
    return new AgentStep(this.#pe, (question) => this.#manager.waves.ask(question, step, balancer), {
      measured: () => {
        measuredAt = this.#pe.clock.now();
        this.#life!.send('measured');
      },
      decided: () => {
        this.#step!.strategySeconds = (this.#pe.clock.now() - measuredAt) / 1000;
        this.#life!.send('decided');
      },
      arrived: (outcome) => {
        this.#step!.outcome = outcome;
        this.#life!.send('arrived');
      },
    });
  }

  /** All agents have answered a question. */
  answered(question: Question, answer: AgentAnswer): void {
    this.#step!.agents!.answered(question, answer);
  }

  /** All PEs have reported. */
  measured(reports: LocalReport[]): void {
    this.#step!.reports = reports;
    this.#life!.send('measured');
  }

  // ---- deciding ----

  #decide(): void {
    const step = this.#step!;
    if (step.agents !== undefined) {
      if (this.#balancing.isAsync === true) this.#release(step);
      return step.agents.decide();
    }
    step.reports.sort((a, b) => a.pe - b.pe);
    const global = new GlobalStatistics(step.reports, this.#pe.pesPerNode);
    step.statistics = global;
    const isIdle = step.trigger === 'period' && step.reports.every(({ isIdle }) => isIdle);
    step.isIdle = isIdle;
    if (this.#balancing.isAsync === true) this.#release(step);
    const statistics = this.#balancing.isPredicted === true ? this.#predictor.predict(global) : global.statistics;
    const check = new MoveCheck(statistics, (object) => this.#nameOf(object));
    const { clock } = this.#pe;
    const startedAt = clock.now();
    try {
      const { balancer } = step;
      if (balancer.kind === 'central' && !isIdle) check.take(balancer.strategy(statistics, this.#context()));
    } catch (thrown) {
      check.failed(thrown);
    }
    if (!isIdle) this.#balancing.charge?.(statistics);
    step.strategySeconds = (clock.now() - startedAt) / 1000;
    step.checked = check.result();
    this.#life!.send('decided');
  }

  #context(): StrategyContext {
    const { secondsPerMessage, secondsPerByte } = this.#balancing;
    // Drawn when first needed, so that jobs without balancing draw what they always did.
    this.#random ??= new SeededRandom(Math.floor(this.#pe.random.next() * 2 ** 32));
    return { step: this.#count, random: this.#random, secondsPerMessage, secondsPerByte };
  }

  #nameOf(object: number, statistics = this.#step?.statistics): string {
    if (statistics === undefined) return `object ${object}`;
    const { set, key } = statistics.nameOf(object);
    return this.#pe.collections.numbered(set)?.labelOf(key) ?? `object ${object}`;
  }

  // ---- moving ----

  #move(): void {
    const step = this.#step!;
    if (step.agents !== undefined) return step.agents.move();
    const { objects } = step.statistics!.statistics;
    const { migrations } = step.checked!;
    step.refusals.push(...step.checked!.refusals.slice(0, refusalsMax));
    const coming = new Map<number, number>();
    const leaving = new Map<number, Migration[]>();
    for (const migration of migrations) {
      const from = objects.pe[migration.object]!;
      const list = leaving.get(from);
      if (list === undefined) leaving.set(from, [migration]);
      else list.push(migration);
      coming.set(migration.to, (coming.get(migration.to) ?? 0) + 1);
    }
    const concerned = new Set([...leaving.keys(), ...coming.keys()]);
    step.unsettled = concerned.size;
    if (concerned.size === 0) return this.#life!.send('arrived');
    const orders = [...concerned].map((pe) => ({
      pe,
      order: this.#orderOf(leaving.get(pe) ?? [], coming.get(pe) ?? 0),
    }));
    // PE 0 last: what it does may end the step.
    orders.sort((a, b) => b.pe - a.pe);
    for (const { pe, order } of orders) this.#manager.order(pe, order);
  }

  #orderOf(migrations: readonly Migration[], coming: number): Order {
    const names = migrations.map(({ object }) => this.#step!.statistics!.nameOf(object));
    return {
      sets: Int32Array.from(names, ({ set }) => set),
      keys: keyColumn(names.map(({ key }) => key)),
      to: Int32Array.from(migrations, ({ to }) => to),
      coming,
    };
  }

  settled({ migrations, refusals }: Settled): void {
    const step = this.#step!;
    step.migrations += migrations;
    step.refusals.push(...refusals.slice(0, refusalsMax - step.refusals.length));
    if (--step.unsettled === 0) this.#life!.send('arrived');
  }

  // ---- the end ----

  #finish(): void {
    const step = this.#step!;
    this.#step = undefined;
    const report = step.outcome === undefined ? this.#reportOf(step) : this.#reportOfAgents(step, step.outcome);
    step.isIdle ||= step.trigger === 'period' && step.outcome?.isIdle === true && step.outcome.migrations === 0;
    this.#count++;
    const { before, loadsBefore } = report;
    const busiest = loadsBefore.reduce((most, seconds) => Math.max(most, seconds), 0);
    this.#schedule.stepped(busiest - busiest / before, report.seconds);
    this.#tell(report, step);
    this.#release(step);
    if (step.isIdle) this.#manager.sleepAll(true);
    else this.startTimer();
    for (const { pe, id } of step.askers) this.#pe.futures.settle(pe, id, true, report);
  }

  /** Elements go on that have waited for this step. */
  #release(step: Step): void {
    if (step.synchronised <= this.#done) return;
    this.#done = step.synchronised;
    this.#due = this.#schedule.dueAfter(this.#done);
    this.#manager.sayDone(this.#done, this.#due);
  }

  #reportOfAgents(step: Step, outcome: AgentOutcome): LbStepReport {
    const { objects, edges, held, migrations, refusals } = outcome;
    return {
      ...this.#frameOf(step),
      ...loadsOfAgents(this.#pe.pes, outcome),
      objects,
      edges,
      held,
      migrations,
      refusals,
    };
  }

  #frameOf(step: Step): Pick<LbStepReport, 'step' | 'strategy' | 'trigger' | 'seconds' | 'strategySeconds'> {
    return {
      step: this.#count,
      strategy: step.balancer.name,
      trigger: step.trigger,
      seconds: (this.#pe.clock.now() - step.startedAt) / 1000,
      strategySeconds: step.strategySeconds,
    };
  }

  #reportOf(step: Step): LbStepReport {
    const { statistics, held } = step.statistics!;
    const { objects, edges } = statistics;
    const loadsBefore = busySeconds(statistics, objects.pe);
    const loadsAfter = busySeconds(statistics, step.checked!.placement);
    return {
      ...this.#frameOf(step),
      objects: objects.count,
      edges: edges.count,
      before: imbalance(statistics.pes, loadsBefore),
      after: imbalance(statistics.pes, loadsAfter),
      loadsBefore,
      loadsAfter,
      migrations: step.migrations,
      held,
      refusals: step.refusals,
    };
  }
}
