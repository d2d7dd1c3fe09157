/**
 * An iterative stencil with a hot region: a flame that creeps over a plate.
 *
 * Heat spreads from point to point; where it is hot the plate burns, and the hotter it is, the more small steps of
 * chemistry a point needs. So nearly all work is where the flame is, and the flame moves. Blocks of points are chares;
 * left where they are, some PEs burn while the others watch.
 *
 *     charm4ts run examples/hotspot.ts --pes 2 --balancer RefineComm                              AtSync
 *     charm4ts run examples/hotspot.ts --pes 2 --balancer RefineComm --lb-period 0.1 -- sync=0    whenever time has passed
 *     charm4ts run examples/hotspot.ts --pes 2                                                    no balancing
 *
 * With AtSync all blocks meet after each phase of some steps, at a moment of their choice, and go on where the balancer has
 * put them (`resumeFromSync`). With a period nobody waits; blocks move between two of their messages.
 *
 * Checked against one large block that computes alone: every temperature must be the same, bit by bit.
 */
import { type Callback, Chare, type Charm, type ElementProxy, type Entries, Reducer, readonly } from 'charm4ts';
import { closePhase, describeSavings, Ledger, noWork } from './support/ledger.ts';
import { settingsFrom } from './support/settings.ts';

export { Ledger } from './support/ledger.ts';

const defaults = { blocks: 8, width: 16, steps: 400, phase: 20, sync: 1, us: 0 };
/**
 * Blocks along an axis, points of a block along an axis, steps, steps of a phase; whether to use AtSync; and microseconds of
 * work that each small step of chemistry is declared to need, beyond what it computes (for `charm4ts sim`).
 */
export const settings = readonly<typeof defaults>();

type Side = 'north' | 'south' | 'west' | 'east';
const opposite = { north: 'south', south: 'north', west: 'east', east: 'west' } as const;

/** A rectangle of points with a frame around it: temperatures now and in the next step, and what is left to burn. */
interface Plate {
  readonly rows: number;
  readonly columns: number;
  now: Float64Array;
  next: Float64Array;
  readonly fuel: Float64Array;
}

export class Block extends Chare<[row: number, column: number]> {
  static readonly entries: Entries<Block> = { edge: { when: (self, step) => step === self.step } };

  /** The step that this block is in; it begins with -1, since a neighbour's edge can come before `start`. */
  step = -1;
  private readonly settings = this.charm.get(settings);
  private readonly plate: Plate;
  private readonly work = noWork(this.charm);
  private readonly neighbours: [Side, [number, number]][];
  private edgesMissing = 0;
  private ledger: ElementProxy<Ledger> | undefined = undefined;
  private done: Callback<Float64Array[]> | undefined = undefined;

  constructor() {
    super();
    const { blocks, width } = this.settings;
    const [row, column] = this.index;
    this.plate = ignite(width, width, row * width, column * width);
    const around: [Side, [number, number]][] = [
      ['north', [row - 1, column]],
      ['south', [row + 1, column]],
      ['west', [row, column - 1]],
      ['east', [row, column + 1]],
    ];
    this.neighbours = around.filter(([, at]) => at.every((i) => i >= 0 && i < blocks));
  }

  /** `done` gets the temperatures of all blocks at the end. */
  start(ledger: ElementProxy<Ledger>, done: Callback<Float64Array[]>): void {
    this.ledger = ledger;
    this.done = done;
    this._begin();
  }

  /** A neighbour's edge of step `step`. */
  edge(_step: number, side: Side, values: Float64Array): void {
    for (let i = 0; i < values.length; i++) this.plate.now[place(this.plate, side, i + 1, 0)] = values[i]!;
    this.edgesMissing--;
    if (this.edgesMissing === 0) this._finish();
  }

  _begin(): void {
    this.step++;
    const { plate } = this;
    this.edgesMissing = this.neighbours.length;
    for (const [side, at] of this.neighbours) {
      const values = Float64Array.from({ length: plate.rows }, (_, i) => plate.now[place(plate, side, i + 1, 1)]!);
      this.array.at(at).edge(this.step, opposite[side], values);
    }
    if (this.edgesMissing === 0) this._finish();
  }

  _finish(): void {
    const start = this.charm.now();
    const small = advance(this.plate);
    const { us } = this.settings;
    if (us > 0) this.charm.work(us * 1e-6 * small);
    this.work.seconds[this.charm.pe]! += this.charm.now() - start;
    const { steps, phase, sync } = this.settings;
    const done = this.step + 1;
    if (done % phase === 0) this.contribute(closePhase(this.work), Reducer.sum, this.ledger!.callback.phase);
    if (done === steps) this.contribute(this.plate.now, Reducer.gather<Float64Array>(), this.done!);
    else if (sync !== 0 && done % phase === 0) this.atSync();
    else this._begin();
  }

  /** Called after the balancing step, on the PE where the block then is. */
  resumeFromSync(): void {
    this._begin();
  }
}

/** A cold plate that burns in one corner of the whole. */
function ignite(rows: number, columns: number, firstRow: number, firstColumn: number): Plate {
  const points = (rows + 2) * (columns + 2);
  const plate = {
    rows,
    columns,
    now: new Float64Array(points),
    next: new Float64Array(points),
    fuel: new Float64Array(points).fill(1),
  };
  for (let row = 1; row <= rows; row++) {
    for (let column = 1; column <= columns; column++) {
      const distance = Math.hypot(firstRow + row, firstColumn + column);
      plate.now[row * (columns + 2) + column] = distance < 12 ? 1 : 0;
    }
  }
  return plate;
}

/**
 * One step of all points: heat spreads, then it burns. The frame is at temperature 0, or a neighbour's. Returns the number of
 * small steps of chemistry.
 */
function advance(plate: Plate): number {
  const { rows, columns, now, next, fuel } = plate;
  const row = columns + 2;
  let small = 0;
  for (let y = 1; y <= rows; y++) {
    for (let x = 1, p = y * row + 1; x <= columns; x++, p++) {
      const spread = now[p]! + 0.05 * (now[p - 1]! + now[p + 1]! + now[p - row]! + now[p + row]! - 4 * now[p]!);
      const parts = 1 + Math.floor(60 * Math.max(0, spread));
      next[p] = burn(spread, fuel, p, parts);
      small += parts;
    }
  }
  plate.now = next;
  plate.next = now;
  return small;
}

/** Temperature after one step of chemistry, in `parts` small ones: the hotter, the faster. */
function burn(temperature: number, fuel: Float64Array, p: number, parts: number): number {
  let hot = temperature;
  let left = fuel[p]!;
  for (let i = 0; i < parts; i++) {
    const burnt = (left * 5 * Math.exp(-1.6 / (0.1 + hot))) / parts;
    left -= burnt;
    hot += burnt - (0.04 * hot) / parts;
  }
  fuel[p] = left;
  return hot;
}

/** Point i (from 1) of a side, `inwards` rows away from the frame. */
function place({ rows, columns }: Plate, side: Side, i: number, inwards: number): number {
  const row = columns + 2;
  if (side === 'north') return inwards * row + i;
  if (side === 'south') return (rows + 1 - inwards) * row + i;
  return i * row + (side === 'west' ? inwards : columns + 1 - inwards);
}

/** Compares the blocks, in order, with a plate that has not been cut. */
function wrongPoints(found: readonly Float64Array[], whole: Plate, blocks: number, width: number): number {
  let wrong = 0;
  for (const [block, temperatures] of found.entries()) {
    const [row, column] = [Math.floor(block / blocks), block % blocks];
    for (let y = 1; y <= width; y++) {
      for (let x = 1; x <= width; x++) {
        const expected = whole.now[(row * width + y) * (whole.columns + 2) + column * width + x];
        if (temperatures[y * (width + 2) + x] !== expected) wrong++;
      }
    }
  }
  return wrong;
}

export default async function main(charm: Charm): Promise<void> {
  const given = settingsFrom(charm.args, defaults);
  charm.set(settings, given);
  const { blocks, width, steps } = given;
  const ledger = await charm.chare(Ledger);
  const plate = await charm.array(Block, { size: [blocks, blocks], usesAtSync: given.sync !== 0 });
  const done = charm.future<Float64Array[]>();
  const start = charm.now();
  plate.all.start(ledger, done);
  const found = await done.get();
  const seconds = charm.now() - start;
  const whole = ignite(blocks * width, blocks * width, 0, 0);
  for (let step = 0; step < steps; step++) advance(whole);
  const wrong = wrongPoints(found, whole, blocks, width);
  const hottest = whole.now.reduce((a, b) => Math.max(a, b), 0);
  console.log(
    `${steps} steps of ${blocks ** 2} blocks in ${seconds.toFixed(2)} s, ${wrong} points wrong, at most ${hottest.toFixed(2)}`,
  );
  console.log(describeSavings(await ledger.ask.savings()));
  if (wrong > 0) return charm.abort('the temperatures are not those of the plate in one piece');
  charm.exit();
}
