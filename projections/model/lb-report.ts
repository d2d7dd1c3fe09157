/** What a balancer tells of a step besides loads and moves: JSON in the texts of the trace, of the point `lbReport`. */
export interface LbReport {
  readonly strategy: string;
  /** What caused the step: atSync, period, manual. */
  readonly trigger: string;
  readonly objects: number;
  readonly migrations: number;
  /** Objects that could not move, since something of theirs was under way. */
  readonly held: number;
  /** Moves that were not made, and the first reasons. */
  readonly refused: number;
  readonly reasons: readonly string[];
  /** Of the step, the strategy's. */
  readonly strategySeconds: number;
}

/** @returns undefined for what is none: files may hold anything. */
export function parseLbReport(text: string): LbReport | undefined {
  let value: Partial<Record<keyof LbReport, unknown>>;
  try {
    value = Object(JSON.parse(text));
  } catch {
    return undefined;
  }
  const { strategy, trigger, reasons } = value;
  if (typeof strategy !== 'string' || typeof trigger !== 'string') return undefined;
  const number = (one: unknown): number => (typeof one === 'number' ? one : 0);
  return {
    strategy,
    trigger,
    objects: number(value.objects),
    migrations: number(value.migrations),
    held: number(value.held),
    refused: number(value.refused),
    reasons: Array.isArray(reasons) ? reasons.map(String) : [],
    strategySeconds: number(value.strategySeconds),
  };
}
