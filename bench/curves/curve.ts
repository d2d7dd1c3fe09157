/**
 * A curve of the literature, measured anew in the simulator: what was published, what to run, and what came of it.
 *
 * A curve is a few panels over the same experiment; a panel has series of points. Everything is a function of the seed,
 * but for what is said to be measured on this machine.
 */
export interface CurvePoint {
  readonly x: number;
  readonly y: number;
}

export interface Series {
  readonly name: string;
  readonly points: readonly CurvePoint[];
  /** Drawn dashed: what was published, or an ideal. */
  readonly isReference?: boolean;
}

export interface PanelAxis {
  readonly label: string;
  readonly isLog?: boolean;
}

export interface Panel {
  /** Of the file, with that of the curve: `speedup`. */
  readonly name: string;
  readonly title: string;
  readonly x: PanelAxis;
  readonly y: PanelAxis;
  readonly series: readonly Series[];
}

export interface CurveResult {
  readonly panels: readonly Panel[];
  /** Sentences that say what ours shows beside what was published, gaps included. */
  readonly findings: readonly string[];
}

export interface CurveContext {
  /** Few points: shows that everything works. */
  readonly isQuick: boolean;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Says what runs now. */
  readonly progress: (text: string) => void;
}

export interface Curve {
  readonly name: string;
  /** One line for `--list`. */
  readonly summary: string;
  /** What was published, and of what system. */
  readonly published: readonly string[];
  /** What the experiment here is, with every assumption. */
  readonly setting: readonly string[];
  run(context: CurveContext): Promise<CurveResult>;
}

/** The y of a series at x. @throws Error if it has no such point: a finding must not be made of nothing. */
export function at(series: Series, x: number): number {
  const point = series.points.find((candidate) => candidate.x === x);
  if (point === undefined) throw new Error(`${series.name} has no point at ${x}`);
  return point.y;
}
