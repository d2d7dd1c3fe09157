/**
 * The balancing steps of a job, on PE 0: one after the other, through the states of lb-step-life.ts.
 *
 * Invariants: there is at most one step at a time; who asks for a step while one is under way gets one that begins after.
 * A strategy that throws or says what cannot be done costs moves, and nothing else.
 */
import { UsageError } from '../base/errors.ts';
import { SeededRandom } from '../base/random.ts';
import type { Pe } from '../pe/pe.ts';
import type { Balancer, Balancing, LbStepLife, LbStepReport, LbStepState, LbTrigger } from './balancing.ts';
import { type CheckedStep, MoveCheck } from './checked-step.ts';
import { busySeconds, GlobalStatistics, imbalance } from './global-statistics.ts';
import type { LbManager, Order, Settled } from './lb-manager.ts';
import { keyColumn, type LocalReport } from './load-database.ts';
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
  readonly askers: readonly Asker[];
  readonly startedAt: number;
  readonly reports: LocalReport[];
  statistics: GlobalStatistics | undefined;
  checked: CheckedStep | undefined;
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
  readonly #balancing: Balancing;
  #random: SeededRandom | undefined = undefined;
  #life: LbStepLife | undefined = undefined;
  #askers: Asker[] = [];
  /** The last AtSync step to which all have come, and the last that is done. */
  #synchronised = 0;
  #done = 0;
  #due: number;
  #count = 0;
  #isRequested = false;
  #step: Step | undefined = undefined;

  constructor(pe: Pe, manager: LbManager, balancing: Balancing) {
    this.#pe = pe;
    this.#manager = manager;
    this.#balancing = balancing;
    this.#due = balancing.isOn ? 1 : Number.POSITIVE_INFINITY;
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
    const error = new UsageError('there is no load balancer; start the job with --balancer NAME');
    this.#pe.futures.settle(pe, id, false, error);
  }

  /** In a task of its own: elements may be running. */
  #requestSoon(): void {
    if (this.#isRequested || this.#step !== undefined || !this.#isWanted()) return;
    this.#isRequested = true;
    const pe = this.#pe;
    pe.post({ source: pe.id, target: this, run: () => this.#request() }, { expedited: true });
  }

  #isWanted(): boolean {
    return this.#askers.length > 0 || (this.#synchronised > this.#done && this.#synchronised >= this.#due);
  }

  #request(): void {
    this.#isRequested = false;
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
    const { balancers } = this.#balancing;
    const isSync = this.#synchronised > this.#done && this.#synchronised >= this.#due;
    this.#step = {
      trigger: isSync ? 'atSync' : 'manual',
      synchronised: isSync ? this.#synchronised : 0,
      balancer: balancers[Math.min(this.#count, balancers.length - 1)]!,
      askers: this.#askers.splice(0),
      startedAt: this.#pe.clock.now(),
      reports: [],
      statistics: undefined,
      checked: undefined,
      strategySeconds: 0,
      unsettled: 0,
      migrations: 0,
      refusals: [],
    };
    this.#manager.measureAll();
  }

  measured(report: LocalReport): void {
    const { reports } = this.#step!;
    reports.push(report);
    if (reports.length === this.#pe.pes) this.#life!.send('measured');
  }

  // ---- deciding ----

  #decide(): void {
    const step = this.#step!;
    step.reports.sort((a, b) => a.pe - b.pe);
    const global = new GlobalStatistics(step.reports, this.#pe.pesPerNode);
    step.statistics = global;
    const { statistics } = global;
    const check = new MoveCheck(statistics, (object) => this.#nameOf(object));
    const { clock } = this.#pe;
    const startedAt = clock.now();
    try {
      if (step.balancer.kind === 'central') check.take(step.balancer.strategy(statistics, this.#context()));
    } catch (thrown) {
      check.failed(thrown);
    }
    this.#balancing.charge?.(statistics);
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

  #nameOf(object: number, statistics = this.#step!.statistics!): string {
    const { set, key } = statistics.nameOf(object);
    return this.#pe.collections.numbered(set)?.labelOf(key) ?? `object ${object}`;
  }

  // ---- moving ----

  #move(): void {
    const step = this.#step!;
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
    const report = this.#reportOf(step);
    this.#count++;
    const { checked } = step;
    const { statistics } = step.statistics!;
    this.#balancing.onStep?.({
      report,
      statistics,
      moves: checked!.migrations,
      failure: checked!.failure,
      nameOf: (object) => this.#nameOf(object, step.statistics),
    });
    if (step.synchronised > this.#done) {
      this.#done = step.synchronised;
      this.#manager.sayDone(this.#done, this.#due);
    }
    for (const { pe, id } of step.askers) this.#pe.futures.settle(pe, id, true, report);
  }

  #reportOf(step: Step): LbStepReport {
    const { statistics, held } = step.statistics!;
    const { objects, edges } = statistics;
    const loadsBefore = busySeconds(statistics, objects.pe);
    const loadsAfter = busySeconds(statistics, step.checked!.placement);
    return {
      step: this.#count,
      strategy: step.balancer.name,
      trigger: step.trigger,
      objects: objects.count,
      edges: edges.count,
      before: imbalance(statistics, loadsBefore),
      after: imbalance(statistics, loadsAfter),
      loadsBefore,
      loadsAfter,
      migrations: step.migrations,
      held,
      refusals: step.refusals,
      seconds: (this.#pe.clock.now() - step.startedAt) / 1000,
      strategySeconds: step.strategySeconds,
    };
  }
}
