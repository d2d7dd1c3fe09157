/**
 * The wave equation on a square drum, cut into blocks: an explicit scheme (leapfrog), one exchange of edges per step.
 *
 * No method waits here. An edge carries the number of its step, and the attribute `when` of the entry method lets it run
 * only when its block is in that step; the last of a step's edges moves the block on.
 *
 * The drum starts in one of its modes, sin(mπx) sin(nπy). The scheme keeps the shape of a mode and lets it swing with
 * a frequency that is known in closed form, so every point has an exact value at every step.
 */
import { type Callback, Chare, type Charm, type Entries, Reducer, readonly } from 'charm4ts';
import { settingsFrom } from './support/settings.ts';

const defaults = { blocks: 4, width: 16, steps: 200 };
/** Blocks along an axis, points of a block along an axis, and steps in time. */
export const settings = readonly<typeof defaults>();

/** The mode. */
const [m, n] = [2, 3];
/** Speed of the wave times time step over spacing, squared. Stable up to 1/2. */
const courantSquared = 0.4;

type Side = 'north' | 'south' | 'west' | 'east';
const opposite = { north: 'south', south: 'north', west: 'east', east: 'west' } as const;

export class Block extends Chare<[row: number, column: number]> {
  static readonly entries: Entries<Block> = { edge: { when: (self, step) => step === self.step } };

  /** The step that this block is in; a neighbour's edge can come before `start`. */
  step = -1;
  private readonly settings = this.charm.get(settings);
  private readonly neighbours: [Side, [number, number]][];
  private edgesMissing = 0;
  private done: Callback<number> | undefined = undefined;
  /** Displacements with a frame around them, which is 0 at the rim of the drum: a step ago, and now. */
  private before: Float64Array;
  private now: Float64Array;

  constructor() {
    super();
    const [row, column] = this.index;
    const around: [Side, [number, number]][] = [
      ['north', [row - 1, column]],
      ['south', [row + 1, column]],
      ['west', [row, column - 1]],
      ['east', [row, column + 1]],
    ];
    this.neighbours = around.filter(([, at]) => at.every((i) => i >= 0 && i < this.settings.blocks));
    this.before = this._modeAt(-1);
    this.now = this._modeAt(0);
  }

  /** Begins; `done` gets the largest error after the last step. */
  start(done: Callback<number>): void {
    this.done = done;
    this.step = 0;
    this._begin();
  }

  /** A neighbour's edge for step `step`. */
  edge(_step: number, side: Side, values: Float64Array): void {
    for (let i = 0; i < values.length; i++) this.now[this._place(side, i + 1, 0)] = values[i]!;
    this.edgesMissing--;
    if (this.edgesMissing === 0) this._finish();
  }

  _begin(): void {
    this.edgesMissing = this.neighbours.length;
    for (const [side, at] of this.neighbours) {
      const values = new Float64Array(this.settings.width);
      for (let i = 0; i < values.length; i++) values[i] = this.now[this._place(side, i + 1, 1)]!;
      this.array.at(at).edge(this.step, opposite[side], values);
    }
    if (this.edgesMissing === 0) this._finish();
  }

  _finish(): void {
    this._swing();
    this.step++;
    if (this.step === this.settings.steps) this.contribute(this._error(), Reducer.max, this.done!);
    else this._begin();
  }

  /** next = 2 now - before + c² (sum of the four neighbours - 4 now), written over `before`. */
  _swing(): void {
    const { before, now } = this;
    const { width } = this.settings;
    const row = width + 2;
    for (let y = 1; y <= width; y++) {
      for (let x = 1, p = y * row + 1; x <= width; x++, p++) {
        const bend = now[p - 1]! + now[p + 1]! + now[p - row]! + now[p + row]! - 4 * now[p]!;
        before[p] = 2 * now[p]! - before[p]! + courantSquared * bend;
      }
    }
    this.before = now;
    this.now = before;
  }

  _error(): number {
    const exact = this._modeAt(this.step);
    const row = this.settings.width + 2;
    let error = 0;
    for (let y = 1; y < row - 1; y++) {
      for (let x = 1; x < row - 1; x++) {
        const p = y * row + x;
        error = Math.max(error, Math.abs(this.now[p]! - exact[p]!));
      }
    }
    return error;
  }

  /**
   * The mode at a step: shape times cos(ωt), where the scheme swings with
   * sin²(ωΔt/2) = c² (sin²(mπh/2) + sin²(nπh/2)).
   */
  _modeAt(step: number): Float64Array {
    const { blocks, width } = this.settings;
    const h = 1 / (blocks * width + 1);
    const half = Math.sqrt(
      courantSquared * (Math.sin((m * Math.PI * h) / 2) ** 2 + Math.sin((n * Math.PI * h) / 2) ** 2),
    );
    const amplitude = Math.cos(2 * Math.asin(half) * step);
    const [row, column] = this.index;
    const values = new Float64Array((width + 2) ** 2);
    for (let y = 1; y <= width; y++) {
      for (let x = 1; x <= width; x++) {
        const shape = Math.sin(m * Math.PI * (column * width + x) * h) * Math.sin(n * Math.PI * (row * width + y) * h);
        values[y * (width + 2) + x] = amplitude * shape;
      }
    }
    return values;
  }

  /** Point i (from 1) of a side, `inwards` rows away from the frame. */
  _place(side: Side, i: number, inwards: number): number {
    const { width } = this.settings;
    const far = width + 1 - inwards;
    if (side === 'north') return inwards * (width + 2) + i;
    if (side === 'south') return far * (width + 2) + i;
    return i * (width + 2) + (side === 'west' ? inwards : far);
  }
}

export default async function main(charm: Charm): Promise<void> {
  const { blocks, width, steps } = settingsFrom(charm.args, defaults);
  charm.set(settings, { blocks, width, steps });
  const drum = await charm.array(Block, { size: [blocks, blocks] });
  const done = charm.future<number>();
  drum.all.start(done);
  const error = await done.get();
  console.log(`${steps} steps of a drum of ${blocks * width} x ${blocks * width} points`);
  console.log(`largest error against the mode (${m}, ${n}): ${error.toExponential(0)}`);
  if (!(error < 1e-9)) return charm.abort(`the error ${error} is too large`);
  charm.exit();
}
