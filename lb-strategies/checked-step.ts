/**
 * Applies what a strategy said, move by move. A move that cannot be made is refused, with a sentence that says why and
 * names it, and the step goes on without it: a faulty strategy costs balance, never the job.
 */
import type { LbStatistics, Migration, Strategy, StrategyContext } from '../core/balance/strategy.ts';
import { migrationsTo } from './statistics.ts';
import { MemoryBudget } from './within-memory.ts';

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

export function checkedStep(strategy: Strategy, statistics: LbStatistics, context: StrategyContext): CheckedStep {
  const placement = statistics.objects.pe.slice();
  const memory = new MemoryBudget(statistics);
  const refusals: string[] = [];
  let failure: unknown;
  try {
    for (const migration of strategy(statistics, context)) {
      const refusal = reasonToRefuse(statistics, migration) ?? reasonToSpare(statistics, memory, migration);
      if (refusal === undefined) placement[migration.object] = migration.to;
      else refusals.push(refusal);
    }
  } catch (thrown) {
    failure = thrown ?? new Error('the strategy threw nothing');
  }
  return { placement, migrations: migrationsTo(statistics, placement), refusals, failure };
}

function reasonToRefuse({ objects, pes }: LbStatistics, migration: unknown): string | undefined {
  if (typeof migration !== 'object' || migration === null) return `expected { object, to }, got ${String(migration)}`;
  const { object, to } = migration as Partial<Migration>;
  if (!isIndex(object, objects.count)) {
    return `there is no object ${String(object)}: objects are 0 to ${objects.count - 1}`;
  }
  if (!isIndex(to, pes.count)) {
    return `object ${object} cannot go to PE ${String(to)}: PEs are 0 to ${pes.count - 1}`;
  }
  if (to === objects.pe[object]) return undefined;
  if (objects.isMigratable[object] === 0)
    return `object ${object} is pinned to PE ${objects.pe[object]} and cannot go to PE ${to}`;
  if (pes.isAvailable[to] === 0) return `object ${object} cannot go to PE ${to}, which is not available`;
  return undefined;
}

/** What leaves a PE makes no room there: it may leave after this object has come. */
function reasonToSpare({ objects }: LbStatistics, memory: MemoryBudget, { object, to }: Migration): string | undefined {
  if (memory.move(object, to)) return undefined;
  return `object ${object} (${objects.bytes[object]} bytes) cannot go to PE ${to}, which has ${memory.free(to)} bytes free`;
}

function isIndex(value: unknown, count: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < count;
}
