/**
 * Adaptive refinement: a ring-shaped wave runs outwards over the unit square, and the mesh is fine where the wave is.
 *
 * The mesh is a quadtree. Its leaves are the elements of a sparse array, with the level and the place in the level as index. In
 * each step every leaf integrates the wave over its square, with the same number of points, so that leaves cost about the
 * same, and there are many where the wave is. Then the tree follows the wave:
 *
 *   1. where the wave comes too near, a leaf inserts four children in its place, on its own PE, and ends;
 *   2. where it has gone, four children give way to their parent again, level by level: one of them inserts the parent, all
 *      send it what they have, and end. What is sent to the parent before it exists waits for it.
 *
 * New leaves are made where the old ones were. So without balancing the PEs under the wave get all the work.
 *
 *     charm4ts run examples/amr.ts --pes 2 --balancer RefineComm                              AtSync
 *     charm4ts run examples/amr.ts --pes 2 --balancer RefineComm --lb-period 0.1 -- sync=0    whenever time has passed
 *     charm4ts run examples/amr.ts --pes 2                                                    no balancing
 *
 * Checked in each step: the integral against the closed form; the number of leaves against the tree as it must be; and the
 * tokens that leaves hand to those who take their place, of which none may be lost.
 */
import {
  type ArrayProxy,
  type Callback,
  Chare,
  type Charm,
  type ElementProxy,
  placement,
  Reducer,
  readonly,
} from 'charm4ts';
import { closePhase, describeSavings, Ledger, noWork } from './support/ledger.ts';
import { settingsFrom } from './support/settings.ts';

export { Ledger } from './support/ledger.ts';

const defaults = { coarse: 3, fine: 6, points: 16, steps: 96, phase: 2, sync: 1, us: 0 };
/**
 * Level of the coarsest and of the finest leaves, points of a leaf along an axis, steps, steps of a phase; whether to use
 * AtSync; and microseconds of work that a leaf is declared to need in each step, beyond what it computes (for `charm4ts sim`).
 */
export const settings = readonly<typeof defaults>();

type Index = [level: number, row: number, column: number];

/** The coarse squares of some rows on each PE. */
export const byRows = placement<Index>('byRows', ([level, row], { pes }) => Math.floor((row * pes) / 2 ** level));

/** The wave: exp(-((r - radius) / waveWidth)²), at distance r from a corner of the square. */
const waveWidth = 0.02;
/** The tree is fine where the wave is nearer than this. */
const nearby = 4 * waveWidth;

/** The radius grows from 0.15 to 0.85. */
function radiusAt(step: number, steps: number): number {
  return 0.15 + (0.7 * step) / steps;
}

/** Is there a wave near the square of this node? Then it is no leaf, unless it is of the finest level. */
function isNearWave([level, row, column]: Index, radius: number): boolean {
  const size = 2 ** -level;
  const nearest = Math.hypot(row * size, column * size);
  const farthest = Math.hypot((row + 1) * size, (column + 1) * size);
  return nearest < radius + nearby && farthest > radius - nearby;
}

function childrenOf([level, row, column]: Index): Index[] {
  const [r, c] = [2 * row, 2 * column];
  return [
    [level + 1, r, c],
    [level + 1, r, c + 1],
    [level + 1, r + 1, c],
    [level + 1, r + 1, c + 1],
  ];
}

/** The leaves below a node. */
function leavesBelow(node: Index, radius: number, fine: number): Index[] {
  if (node[0] >= fine || !isNearWave(node, radius)) return [node];
  return childrenOf(node).flatMap((child) => leavesBelow(child, radius, fine));
}

export class Leaf extends Chare<Index> {
  private readonly settings = this.charm.get(settings);
  private readonly work;
  private tokens: number;
  private synced: Callback<unknown> | undefined = undefined;

  /** `madeOn` is where its coarse ancestor was made: without balancing it would still be there. */
  constructor(tokens: number, madeOn?: number) {
    super();
    this.tokens = tokens;
    this.work = noWork(this.charm, madeOn);
  }

  /** Contributes its integral, its area, 1, and its tokens. */
  integrate(step: number, sums: Callback<number[]>): void {
    const { points, steps, us } = this.settings;
    const start = this.charm.now();
    const integral = integrateWave(this.index, radiusAt(step, steps), points);
    if (us > 0) this.charm.work(us * 1e-6);
    this.work.seconds[this.charm.pe]! += this.charm.now() - start;
    this.contribute([integral, 4 ** -this.index[0], 1, this.tokens], Reducer.sum, sums);
  }

  refine(radius: number): void {
    if (this.index[0] >= this.settings.fine || !isNearWave(this.index, radius)) return;
    for (const child of childrenOf(this.index)) {
      this.array.insert(child, { args: [this.tokens / 4, this.work.madeOn], onPe: this.charm.pe });
      // It may have to be finer still.
      this.array.at(child).refine(radius);
    }
    this.destroy();
  }

  /** The leaves of one level that the wave has left. */
  coarsen(level: number, radius: number): void {
    const [own, row, column] = this.index;
    if (own !== level || own <= this.settings.coarse) return;
    const parent: Index = [own - 1, row >> 1, column >> 1];
    if (isNearWave(parent, radius)) return;
    const isFirst = row % 2 === 0 && column % 2 === 0;
    if (isFirst) this.array.insert(parent, { args: [0, this.work.madeOn], onPe: this.charm.pe });
    this.array.at(parent).take(this.tokens);
    this.destroy();
  }

  /** What a child had. */
  take(tokens: number): void {
    this.tokens += tokens;
  }

  /** The end of a phase. `synced` hears when all leaves have been there. */
  endPhase(ledger: ElementProxy<Ledger>, synced: Callback<unknown>): void {
    this.contribute(closePhase(this.work), Reducer.sum, ledger.callback.phase);
    this.synced = synced;
    if (this.settings.sync !== 0) this.atSync();
    else this.resumeFromSync();
  }

  resumeFromSync(): void {
    this.contribute(1, Reducer.nop, this.synced!);
  }
}

/** By the midpoint rule. */
function integrateWave([level, row, column]: Index, radius: number, points: number): number {
  const size = 2 ** -level;
  const spacing = size / points;
  let sum = 0;
  for (let i = 0; i < points; i++) {
    const y = row * size + (i + 0.5) * spacing;
    for (let j = 0; j < points; j++) {
      const x = column * size + (j + 0.5) * spacing;
      sum += Math.exp(-(((Math.hypot(x, y) - radius) / waveWidth) ** 2));
    }
  }
  return sum * spacing * spacing;
}

/** Over a quarter of the plane; the wave does not get near the far sides of the square. */
function exactIntegral(radius: number): number {
  return (Math.PI / 2) * radius * waveWidth * Math.sqrt(Math.PI);
}

/** The driver: one step after the other. */
class Steps {
  readonly #charm: Charm;
  readonly #leaves: ArrayProxy<Leaf, Index>;
  readonly #settings: typeof defaults;
  readonly #tokens: number;
  /** Largest relative error of the integral; fewest and most leaves. */
  error = 0;
  counts: readonly [number, number] = [Number.POSITIVE_INFINITY, 0];

  constructor(charm: Charm, leaves: ArrayProxy<Leaf, Index>, settings: typeof defaults, tokens: number) {
    this.#charm = charm;
    this.#leaves = leaves;
    this.#settings = settings;
    this.#tokens = tokens;
  }

  async run(step: number, ledger: ElementProxy<Ledger>): Promise<void> {
    const { steps, phase, fine } = this.#settings;
    const radius = radiusAt(step, steps);
    this.#leaves.all.refine(radius);
    await this.#charm.quiescence();
    for (let level = fine; level > 0; level--) {
      this.#leaves.all.coarsen(level, radius);
      await this.#charm.quiescence();
    }
    const sums = this.#charm.future<number[]>();
    this.#leaves.all.integrate(step, sums);
    this.#check((await sums.get()) as [number, number, number, number], radius);
    if ((step + 1) % phase !== 0) return;
    const synced = this.#charm.future<unknown>();
    this.#leaves.all.endPhase(ledger, synced);
    await synced.get();
  }

  #check([integral, area, count, tokens]: [number, number, number, number], radius: number): void {
    const expected = leavesOfTree(this.#settings, radius).length;
    if (count !== expected) throw new Error(`at radius ${radius} there are ${count} leaves, and not ${expected}`);
    if (area !== 1) throw new Error(`the leaves cover ${area} of the square`);
    if (tokens !== this.#tokens) throw new Error(`there are ${tokens} tokens, and not ${this.#tokens}`);
    this.error = Math.max(this.error, Math.abs(integral / exactIntegral(radius) - 1));
    this.counts = [Math.min(this.counts[0], count), Math.max(this.counts[1], count)];
  }
}

function leavesOfTree({ coarse, fine }: typeof defaults, radius: number): Index[] {
  return coarseSquares(coarse).flatMap((square) => leavesBelow(square, radius, fine));
}

function coarseSquares(coarse: number): Index[] {
  const side = 2 ** coarse;
  return Array.from({ length: side * side }, (_, i) => [coarse, Math.floor(i / side), i % side]);
}

export default async function main(charm: Charm): Promise<void> {
  const given = settingsFrom(charm.args, defaults);
  charm.set(settings, given);
  const { coarse, fine, steps } = given;
  const ledger = await charm.chare(Ledger);
  // Each coarse square begins with one token for each of the finest leaves that it could have.
  const tokensEach = 4 ** (fine - coarse);
  const squares = coarseSquares(coarse);
  const leaves = await charm.array(Leaf, {
    indices: squares,
    map: byRows,
    args: [tokensEach],
    usesAtSync: given.sync !== 0,
  });
  const driver = new Steps(charm, leaves, given, tokensEach * squares.length);
  const start = charm.now();
  for (let step = 0; step < steps; step++) await driver.run(step, ledger);
  const seconds = charm.now() - start;
  const { error, counts } = driver;
  console.log(`${steps} steps of ${counts[0]} to ${counts[1]} leaves in ${seconds.toFixed(2)} s`);
  console.log(`largest error of the integral: ${error.toExponential(0)}`);
  console.log(describeSavings(await ledger.ask.savings()));
  if (!(error < 1e-3)) return charm.abort('the integral is wrong');
  charm.exit();
}
