/**
 * Applies what a strategy said, move by move. A move that cannot be made is refused, with a sentence that says why and
 * names it, and the step goes on without it: a faulty strategy costs balance, never the job.
 */
import { MemoryBudget } from './memory-budget.ts';
import type { LbStatistics, Migration, Strategy, StrategyContext } from './strategy.ts';

export interface CheckedStep {
  /** Where every object is after the step. */
  readonly placement: Int32Array;
  /** The moves that were accepted, one an object, those to the PE where it is left out. */
  readonly migrations: readonly Migration[];
  /** Why each of the other moves was refused. */
  readonly refusals: readonly string[];
  /** What the strategy threw, if it did; the moves named before that count. */
  readonly failure: unknown;
}

/** How refusals name an object. */
export type NameOf = (object: number) => string;

const byNumber: NameOf = (object) => `object ${object}`;

export function checkedStep(
  strategy: Strategy,
  statistics: LbStatistics,
  context: StrategyContext,
  nameOf: NameOf = byNumber,
): CheckedStep {
  const step = new MoveCheck(statistics, nameOf);
  try {
    step.take(strategy(statistics, context));
  } catch (thrown) {
    step.failed(thrown);
  }
  return step.result();
}

/** Takes in moves and refuses those that cannot be made. */
export class MoveCheck {
  readonly #statistics: LbStatistics;
  readonly #nameOf: NameOf;
  readonly #placement: Int32Array;
  readonly #memory: MemoryBudget;
  readonly #refusals: string[] = [];
  #failure: unknown = undefined;

  constructor(statistics: LbStatistics, nameOf: NameOf = byNumber) {
    this.#statistics = statistics;
    this.#nameOf = nameOf;
    this.#placement = statistics.objects.pe.slice();
    this.#memory = new MemoryBudget(statistics);
  }

  /** @throws what the iterable throws; the moves before that count. */
  take(migrations: Iterable<Migration>): void {
    for (const migration of migrations) {
      const refusal =
        reasonToRefuse(this.#statistics, migration, this.#nameOf) ??
        reasonToSpare(this.#statistics, this.#memory, migration, this.#nameOf);
      if (refusal === undefined) this.#placement[migration.object] = migration.to;
      else this.#refusals.push(refusal);
    }
  }

  failed(thrown: unknown): void {
    this.#failure = thrown ?? new Error('the strategy threw nothing');
  }

  result(): CheckedStep {
    const placement = this.#placement;
    const migrations = migrationsTo(this.#statistics, placement);
    return { placement, migrations, refusals: this.#refusals, failure: this.#failure };
  }
}

/** The migrations that turn the measured placement into this one. */
export function migrationsTo({ objects }: LbStatistics, placement: Int32Array): Migration[] {
  const migrations: Migration[] = [];
  for (let object = 0; object < objects.count; object++) {
    const to = placement[object]!;
    if (to !== objects.pe[object] && objects.isMigratable[object] === 1) migrations.push({ object, to });
  }
  return migrations;
}

function reasonToRefuse({ objects, pes }: LbStatistics, migration: unknown, nameOf: NameOf): string | undefined {
  if (typeof migration !== 'object' || migration === null) return `expected { object, to }, got ${String(migration)}`;
  const { object, to } = migration as Partial<Migration>;
  if (!isIndex(object, objects.count)) {
    return `there is no object ${String(object)}: objects are 0 to ${objects.count - 1}`;
  }
  if (!isIndex(to, pes.count)) {
    return `${nameOf(object)} cannot go to PE ${String(to)}: PEs are 0 to ${pes.count - 1}`;
  }
  if (to === objects.pe[object]) return undefined;
  if (objects.isMigratable[object] === 0)
    return `${nameOf(object)} is pinned to PE ${objects.pe[object]} and cannot go to PE ${to}`;
  if (pes.isAvailable[to] === 0) return `${nameOf(object)} cannot go to PE ${to}, which is not available`;
  return undefined;
}

/** What leaves a PE makes no room there: it may leave after this object has come. */
function reasonToSpare(
  { objects }: LbStatistics,
  memory: MemoryBudget,
  { object, to }: Migration,
  nameOf: NameOf,
): string | undefined {
  if (memory.move(object, to)) return undefined;
  return `${nameOf(object)} (${objects.bytes[object]} bytes) cannot go to PE ${to}, which has ${memory.free(to)} bytes free`;
}

function isIndex(value: unknown, count: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < count;
}
