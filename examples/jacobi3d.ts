/**
 * Jacobi iteration for the Laplace equation in a cube, cut into blocks along all three axes.
 *
 * Each block is a chare. In every step it sends its six faces to its neighbours, asks for theirs (`this.when`, all
 * of a step in one moment: `together`), and replaces each point by the mean of its six neighbours. Messages of a
 * neighbour that is a step ahead wait by themselves.
 *
 * The boundary is that of u = x² + y² - 2z². The seven-point stencil has no truncation error on it, so the iteration
 * must converge to u itself.
 */
import { type Callback, Chare, type Charm, type Entries, Reducer, readonly, together } from 'charm4ts';
import { settingsFrom } from './support/settings.ts';

const defaults = { blocks: 3, width: 8 };
/** Blocks along an axis, and points of a block along an axis. */
export const settings = readonly<typeof defaults>();

const changeMax = 1e-9;
const stepsBetweenChecks = 50;

type Point = [x: number, y: number, z: number];
/** A side of a block: the axis it is across, and whether it is at the low or the high end. */
type Side = readonly [axis: 0 | 1 | 2, isHigh: boolean];
const sides: readonly Side[] = ([0, 1, 2] as const).flatMap((axis): Side[] => [
  [axis, false],
  [axis, true],
]);

export class Block extends Chare<Point> {
  static readonly entries: Entries<Block> = { face: { awaited: true } };

  readonly #blocks = this.charm.get(settings).blocks;
  readonly #width = this.charm.get(settings).width;
  /** The points with a frame around them: neighbours' faces, or the boundary. */
  #now = new Float64Array((this.#width + 2) ** 3);
  #next = new Float64Array((this.#width + 2) ** 3);
  /** The sides that have a neighbour, with its index. */
  readonly #neighbours = sides
    .map((side): [Side, Point] => [side, this.#beyond(side)])
    .filter(([, at]) => at.every((i) => i >= 0 && i < this.#blocks));

  constructor() {
    super();
    for (const side of sides) {
      const isInside = this.#neighbours.some(([other]) => other === side);
      this.#forFace(side, true, (p, point) => {
        this.#now[p] = isInside ? 0 : this.#exact(point);
      });
    }
    this.#next.set(this.#now);
  }

  /** Iterates until nothing changes; `outcome` gets the number of steps and the largest error. */
  async solve(outcome: Callback<readonly [number, number]>): Promise<void> {
    for (let step = 1; ; step++) {
      for (const [[axis, isHigh], at] of this.#neighbours)
        this.array.at(at).face(step, axis, !isHigh, this.#face([axis, isHigh]));
      await together(...this.#neighbours.map(() => this.when.face(step)));
      const change = this.#sweep();
      if (step % stepsBetweenChecks !== 0) continue;
      if ((await this.allreduce(change, Reducer.max)) < changeMax)
        return this.contribute([step, this.#error()], Reducer.tuple(Reducer.max, Reducer.max), outcome);
    }
  }

  /** A neighbour's face. It runs when `solve` asks for its step. */
  face(_step: number, axis: 0 | 1 | 2, isHigh: boolean, values: Float64Array): void {
    let i = 0;
    this.#forFace([axis, isHigh], true, (p) => {
      this.#now[p] = values[i]!;
      i++;
    });
  }

  /** A new array: what was sent must not change, and the block goes on changing. */
  #face(side: Side): Float64Array {
    const values: number[] = [];
    this.#forFace(side, false, (p) => values.push(this.#now[p]!));
    return Float64Array.from(values);
  }

  /** One step. Returns the largest change. */
  #sweep(): number {
    const now = this.#now;
    const next = this.#next;
    const row = this.#width + 2;
    const layer = row * row;
    let change = 0;
    for (let x = 1; x <= this.#width; x++) {
      for (let y = 1; y <= this.#width; y++) {
        for (let z = 1, p = x * layer + y * row + 1; z <= this.#width; z++, p++) {
          const around = now[p - 1]! + now[p + 1]! + now[p - row]! + now[p + row]! + now[p - layer]! + now[p + layer]!;
          const value = around / 6;
          next[p] = value;
          change = Math.max(change, Math.abs(value - now[p]!));
        }
      }
    }
    for (const side of sides) {
      this.#forFace(side, true, (p) => {
        next[p] = now[p]!;
      });
    }
    this.#now = next;
    this.#next = now;
    return change;
  }

  /** Visits the points of a face: those of the frame, or the outermost of the block's own. */
  #forFace([axis, isHigh]: Side, isFrame: boolean, visit: (place: number, point: Point) => void): void {
    const width = this.#width;
    const level = (isHigh ? width : 1) + (isFrame ? (isHigh ? 1 : -1) : 0);
    for (let i = 1; i <= width; i++) {
      for (let j = 1; j <= width; j++) {
        const point: Point = axis === 0 ? [level, i, j] : axis === 1 ? [i, level, j] : [i, j, level];
        visit(this.#place(point), point);
      }
    }
  }

  #place([x, y, z]: Point): number {
    const row = this.#width + 2;
    return (x * row + y) * row + z;
  }

  #beyond([axis, isHigh]: Side): Point {
    const at: Point = [...this.index];
    at[axis] += isHigh ? 1 : -1;
    return at;
  }

  #error(): number {
    let error = 0;
    for (let x = 1; x <= this.#width; x++) {
      for (let y = 1; y <= this.#width; y++) {
        for (let z = 1; z <= this.#width; z++) {
          error = Math.max(error, Math.abs(this.#now[this.#place([x, y, z])]! - this.#exact([x, y, z])));
        }
      }
    }
    return error;
  }

  /** u at a point of this block. */
  #exact(point: Point): number {
    const spacing = 1 / (this.#blocks * this.#width + 1);
    const [x, y, z] = point.map((i, axis) => (this.index[axis]! * this.#width + i) * spacing) as Point;
    return x * x + y * y - 2 * z * z;
  }
}

export default async function main(charm: Charm): Promise<void> {
  const { blocks, width } = settingsFrom(charm.args, defaults);
  charm.set(settings, { blocks, width });
  const cube = await charm.array(Block, { size: [blocks, blocks, blocks] });
  const outcome = charm.future<readonly [number, number]>();
  cube.all.solve(outcome);
  const [steps, error] = await outcome.get();
  console.log(`${blocks ** 3} blocks of ${width ** 3} points converged after ${steps} steps`);
  console.log(`largest error against x² + y² - 2z²: ${error.toExponential(0)}`);
  if (!(error < 1e-5)) return charm.abort(`the error ${error} is too large`);
  charm.exit();
}
