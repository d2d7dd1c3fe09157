/**
 * What goes wrong with traces: `TraceError` ends the reading, a `TraceProblem` is noted beside what could be read.
 * Both name the file and, where there is one, the line or the byte.
 */

/** A place in a file of a trace. */
export interface TracePlace {
  readonly file: string;
  /** From 1; of text files. */
  readonly line?: number;
  /** In bytes; of binary files. */
  readonly offset?: number;
}

/** Something that is wrong with a file although the trace could be read. */
export interface TraceProblem extends TracePlace {
  readonly problem: string;
}

/** A trace that cannot be read at all, or that cannot be written in the wanted format. */
export class TraceError extends Error {
  readonly place: TracePlace;

  constructor(place: TracePlace, problem: string, options?: ErrorOptions) {
    super(describeProblem({ ...place, problem }), options);
    this.name = 'TraceError';
    this.place = place;
  }
}

/** `run.3.log.gz, line 17: expected a number, got "x"`. */
export function describeProblem({ file, line, offset, problem }: TraceProblem): string {
  if (line !== undefined) return `${file}, line ${line}: ${problem}`;
  return offset === undefined ? `${file}: ${problem}` : `${file}, byte ${offset}: ${problem}`;
}

/** A list of problems that a hostile file cannot make endless. */
export class ProblemList {
  readonly problems: TraceProblem[] = [];
  readonly #max: number;
  #count = 0;

  constructor(max = 100) {
    this.#max = max;
  }

  add(problem: TraceProblem): void {
    if (++this.#count <= this.#max) this.problems.push(problem);
  }

  /** All that were found, also those not kept. */
  get count(): number {
    return this.#count;
  }
}

/** A text of a file in a message: short, and on one line. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);
}
