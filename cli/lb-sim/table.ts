/** The results of one case for people: one aligned line a strategy. */
import type { Dump } from '../../lb-strategies/index.ts';
import type { Row } from './simulate.ts';

const titles = ['strategy', 'max/avg', 'external bytes', 'messages', 'migrations', 'seconds'];

export function table({ name, statistics }: Dump, rows: readonly Row[]): string {
  const { objects, pes, edges } = statistics;
  const lines = [titles, ...rows.map(cells)];
  const widths = titles.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const text = lines.map((line) =>
    line
      .map((cell, column) => pad(cell, widths[column]!, column))
      .join('  ')
      .trimEnd(),
  );
  text.splice(1, 0, '-'.repeat(widths.reduce((sum, width) => sum + width + 2, -2)));
  return `${name}: ${objects.count} objects on ${pes.count} PEs, ${edges.count} edges\n${text.join('\n')}\n`;
}

function cells(row: Row): string[] {
  return [
    row.strategy,
    row.maxOverAvg.toFixed(4),
    count(row.externalBytes),
    count(row.externalMessages),
    count(row.migrations),
    row.seconds === null ? '' : row.seconds.toFixed(row.seconds < 0.1 ? 5 : 3),
  ];
}

/** Names to the left, numbers to the right. */
function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function count(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ' ');
}
