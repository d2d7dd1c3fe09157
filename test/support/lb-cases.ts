/** The balancing steps that Charm++ has answered. */
import { readdirSync, readFileSync } from 'node:fs';
import {
  checkedStep,
  type Dump,
  offlineContext,
  type Quality,
  qualityOf,
  readDump,
  type Strategy,
} from '../../lb-strategies/index.ts';

const folder = new URL('../lb-strategies/cases/', import.meta.url);

export const charmCases: readonly Dump[] = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .sort()
  .map((file) => readDump(readFileSync(new URL(file, folder), 'utf8')));

/** Quality of a strategy's answer, objects only. */
export function qualityAfter(strategy: Strategy, statistics: Dump['statistics']): Quality {
  return qualityOf(statistics, checkedStep(strategy, statistics, offlineContext()).placement);
}

/** As the answers of Charm++ are written: four digits. */
export function rounded(maxOverAvg: number): number {
  return Math.round(maxOverAvg * 1e4) / 1e4;
}

export function describeQuality({ maxOverAvg, externalBytes, migrations }: Quality): string {
  return `max/avg ${rounded(maxOverAvg)}, ${externalBytes} external bytes, ${migrations} migrations`;
}
