/**
 * Jacobi iteration for the Laplace equation on a square, cut into blocks.
 *
 * Each block is a chare. In every step it sends its edges to its neighbours, waits for theirs, and replaces each
 * point by the mean of its four neighbours. Now and then all blocks agree on the largest change: `allreduce`.
 *
 * The boundary is that of u = x² - y². The five-point stencil has no truncation error on it, so the iteration must
 * converge to u itself.
 */
import { type Callback, Chare, type Charm, type Future, Reducer } from 'charm4ts';

const blocks = 4;
/** Points of a block along each axis. */
const width = 8;
const spacing = 1 / (blocks * width + 1);
const changeMax = 1e-9;
const stepsBetweenChecks = 50;

type Side = 'north' | 'south' | 'west' | 'east';
const opposite = { north: 'south', south: 'north', west: 'east', east: 'west' } as const;

/** Edges of the neighbours for one step. A neighbour can be one step ahead of us, never two. */
interface Inbox {
  missing: number;
  readonly edges: Map<Side, Float64Array>;
  readonly isComplete: Future;
}

export class Block extends Chare<[row: number, column: number]> {
  /** The points with a frame around them, row by row: neighbours' edges, or the boundary. */
  #now = new Float64Array((width + 2) ** 2);
  #next = new Float64Array((width + 2) ** 2);
  readonly #neighbours: readonly [Side, [number, number]][];
  readonly #inboxes = new Map<number, Inbox>();

  constructor() {
    super();
    const [row, column] = this.index;
    const around: [Side, [number, number]][] = [
      ['north', [row - 1, column]],
      ['south', [row + 1, column]],
      ['west', [row, column - 1]],
      ['east', [row, column + 1]],
    ];
    this.#neighbours = around.filter(([, at]) => at.every((i) => i >= 0 && i < blocks));
    for (let i = 0; i < width + 2; i++) {
      for (const [side] of around) this.#setFrame(side, i, this.#exact(...framePoint(side, i)));
    }
    this.#next.set(this.#now);
    for (const [side] of this.#neighbours) this.#receive(side, new Float64Array(width));
  }

  /** Iterates until nothing changes; `outcome` gets the number of steps and the largest error. */
  async solve(outcome: Callback<readonly [number, number]>): Promise<void> {
    for (let step = 1; ; step++) {
      for (const [side, at] of this.#neighbours) this.array.at(at).edge(step, opposite[side], this.#edge(side));
      await this.#edgesOf(step);
      const change = this.#sweep();
      if (step % stepsBetweenChecks !== 0) continue;
      if ((await this.allreduce(change, Reducer.max)) < changeMax) {
        return this.contribute([step, this.#error()], Reducer.tuple(Reducer.max, Reducer.max), outcome);
      }
    }
  }

  /** A neighbour's edge: entry methods run while `solve` waits. */
  edge(step: number, side: Side, values: Float64Array): void {
    const inbox = this.#inboxOf(step);
    inbox.edges.set(side, values);
    inbox.missing--;
    if (inbox.missing === 0) inbox.isComplete.set();
  }

  #inboxOf(step: number): Inbox {
    let inbox = this.#inboxes.get(step);
    if (inbox === undefined) {
      inbox = { missing: this.#neighbours.length, edges: new Map(), isComplete: this.charm.future() };
      this.#inboxes.set(step, inbox);
    }
    return inbox;
  }

  async #edgesOf(step: number): Promise<void> {
    const inbox = this.#inboxOf(step);
    await inbox.isComplete.get();
    this.#inboxes.delete(step);
    for (const [side, values] of inbox.edges) this.#receive(side, values);
  }

  /** One step. Returns the largest change. */
  #sweep(): number {
    const now = this.#now;
    const next = this.#next;
    let change = 0;
    for (let row = 1; row <= width; row++) {
      for (let column = 1; column <= width; column++) {
        const p = place(row, column);
        next[p] = (now[p - 1]! + now[p + 1]! + now[p - width - 2]! + now[p + width + 2]!) / 4;
        change = Math.max(change, Math.abs(next[p] - now[p]!));
      }
    }
    this.#now = next;
    this.#next = now;
    return change;
  }

  /** A copy: what was sent must not change, and the block goes on changing. */
  #edge(side: Side): Float64Array {
    const values = new Float64Array(width);
    for (let i = 0; i < width; i++) values[i] = this.#now[place(...edgePoint(side, i + 1))]!;
    return values;
  }

  #receive(side: Side, values: Float64Array): void {
    for (let i = 0; i < width; i++) this.#setFrame(side, i + 1, values[i]!);
  }

  /** Both copies have the frame, since the boundary never changes. */
  #setFrame(side: Side, i: number, value: number): void {
    const p = place(...framePoint(side, i));
    this.#now[p] = value;
    this.#next[p] = value;
  }

  #error(): number {
    let error = 0;
    for (let row = 1; row <= width; row++) {
      for (let column = 1; column <= width; column++) {
        error = Math.max(error, Math.abs(this.#now[place(row, column)]! - this.#exact(row, column)));
      }
    }
    return error;
  }

  /** u at a point of this block. */
  #exact(row: number, column: number): number {
    const y = (this.index[0] * width + row) * spacing;
    const x = (this.index[1] * width + column) * spacing;
    return x * x - y * y;
  }
}

function place(row: number, column: number): number {
  return row * (width + 2) + column;
}

/** Point i (1 to width) of a side's outermost row or column of points. */
function edgePoint(side: Side, i: number): [number, number] {
  if (side === 'north') return [1, i];
  if (side === 'south') return [width, i];
  return side === 'west' ? [i, 1] : [i, width];
}

/** The same in the frame around the points. */
function framePoint(side: Side, i: number): [number, number] {
  if (side === 'north') return [0, i];
  if (side === 'south') return [width + 1, i];
  return side === 'west' ? [i, 0] : [i, width + 1];
}

export default async function main(charm: Charm): Promise<void> {
  const grid = await charm.array(Block, { size: [blocks, blocks] });
  const outcome = charm.future<readonly [number, number]>();
  grid.all.solve(outcome);
  const [steps, error] = await outcome.get();
  console.log(`converged after ${steps} steps`);
  console.log(`largest error against x² - y²: ${error.toExponential(0)}`);
  if (!(error < 1e-6)) charm.abort(`the error ${error} is too large`);
  charm.exit();
}
