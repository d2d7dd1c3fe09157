/**
 * Task graphs in the manner of Task Bench (Slaughter et al., SC 2020): a grid of tasks, `width` columns by any number of
 * steps. A task takes the outputs of some tasks of the step before; which ones is the pattern.
 *
 * What a task depends on repeats with a period, so that columns can keep it in tables. Differences to the original: where
 * that draws at random, the draw here is another hash; everything else is the same.
 */

export interface Shape {
  /** Columns. */
  readonly width: number;
  /** Inputs of a task in `nearest`, `spread` and `random_nearest`. */
  readonly radix: number;
}

export interface Pattern {
  readonly name: string;
  /** Steps after which the inputs repeat. */
  period(shape: Shape): number;
  /** Columns whose task of the step before is an input of column `point`; `phase` is the step, modulo the period. */
  inputs(shape: Shape, phase: number, point: number): readonly number[];
  /** Columns that have a task in a step; all, if absent. */
  width?(shape: Shape, step: number): number;
}

const always = (): number => 1;

/** Those of `points` that exist. */
function within({ width }: Shape, points: readonly number[]): number[] {
  return points.filter((point) => point >= 0 && point < width);
}

/** The columns around `point` that `nearest` takes. */
function window(shape: Shape, point: number): number[] {
  const first = point - Math.floor(shape.radix / 2);
  return within(
    shape,
    Array.from({ length: shape.radix }, (_, i) => first + i),
  );
}

function log2(width: number): number {
  return Math.max(1, Math.ceil(Math.log2(width)));
}

/** Of an edge: drawn once for each triple. */
function isDrawn(phase: number, from: number, to: number, chance: number): boolean {
  let hash = Math.imul(phase + 1, 0x9e3779b9) ^ Math.imul(from + 1, 0x85ebca6b) ^ Math.imul(to + 1, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32 < chance;
}

const randomChance = 0.65;
const randomPeriod = 7;

export const patterns: readonly Pattern[] = [
  { name: 'trivial', period: always, inputs: () => [] },
  { name: 'no_comm', period: always, inputs: (_shape, _phase, point) => [point] },
  {
    name: 'stencil_1d',
    period: always,
    inputs: (shape, _phase, point) => within(shape, [point - 1, point, point + 1]),
  },
  { name: 'dom', period: always, inputs: (shape, _phase, point) => within(shape, [point - 1, point]) },
  {
    name: 'tree',
    period: always,
    inputs: (_shape, _phase, point) => [point >> 1],
    width: ({ width }, step) => (step < 30 ? Math.min(width, 1 << step) : width),
  },
  {
    name: 'fft',
    period: ({ width }) => log2(width),
    inputs: (shape, phase, point) => within(shape, [point - (1 << phase), point, point + (1 << phase)]),
  },
  { name: 'nearest', period: always, inputs: (shape, _phase, point) => window(shape, point) },
  {
    name: 'spread',
    period: ({ width }) => width,
    inputs: ({ width, radix }, phase, point) => [
      ...new Set(
        Array.from(
          { length: Math.min(radix, width) },
          (_, i) => (point + Math.floor((i * width) / radix) + (i > 0 ? phase : 0)) % width,
        ),
      ),
    ],
  },
  {
    name: 'random_nearest',
    period: () => randomPeriod,
    inputs: (shape, phase, point) => window(shape, point).filter((from) => isDrawn(phase, from, point, randomChance)),
  },
  { name: 'all_to_all', period: always, inputs: ({ width }) => Array.from({ length: width }, (_, i) => i) },
];

export function patternNamed(name: string): Pattern {
  const found = patterns.find((pattern) => pattern.name === name);
  if (found === undefined)
    throw new Error(`there is no pattern ${name}; there are ${patterns.map((pattern) => pattern.name).join(', ')}`);
  return found;
}

/** Number of tasks of the first `steps` steps. */
export function countTasks(pattern: Pattern, shape: Shape, steps: number): number {
  let tasks = 0;
  for (let step = 0; step < steps; step++) tasks += pattern.width?.(shape, step) ?? shape.width;
  return tasks;
}
